"""Reading Pabulib files, and the method of equal shares in its plainest form: slow, and right."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from feedback.domain.counting import Election, Project

ASSEN = Path(__file__).parents[3] / "shared/data/pabulib/Netherlands_Assen_2024.pb"


def sections(text: str) -> dict[str, list[dict[str, str]]]:
    """The three sections of a file, each as rows by the names in its head."""
    found: dict[str, list[dict[str, str]]] = {}
    head: list[str] = []
    rows: list[dict[str, str]] = []
    for line in text.splitlines():
        if line in {"META", "PROJECTS", "VOTES"}:
            rows = found.setdefault(line, [])
            head = []
        elif not head:
            head = line.split(";")
        else:
            rows.append(dict(zip(head, line.split(";"), strict=False)))
    return found


def meta(text: str) -> dict[str, str]:
    """The head of a file by key."""
    return {row["key"]: row["value"] for row in sections(text)["META"]}


def read(text: str) -> tuple[Election, set[str]]:
    """The election of a file, projects by number, and who won by the file."""
    parts = sections(text)
    rows = sorted(parts["PROJECTS"], key=lambda row: int(row["project_id"]))
    projects = [Project(row["project_id"], int(row["cost"])) for row in rows]
    ballots = [row["vote"].split(",") for row in parts["VOTES"]]
    winners = {row["project_id"] for row in rows if row["selected"] == "1"}
    return Election.of(projects, ballots, int(meta(text)["budget"])), winners


def plainly_bought(election: Election, share: Fraction) -> list[tuple[int, Fraction]]:
    """One run with a ratio for each voter: which projects at which price."""
    voters = [
        set(b) for b, w in zip(election.ballots, election.weights, strict=True) for _ in range(w)
    ]
    left = [share] * len(voters)
    bought: list[tuple[int, Fraction]] = []
    while offers := list(_offers(election, voters, left, {at for at, _ in bought})):
        _, project, price = min(offers)
        bought.append((project, price))
        left = [
            max(has - price, Fraction(0)) if project in named else has
            for has, named in zip(left, voters, strict=True)
        ]
    return bought


def _offers(
    election: Election, voters: list[set[int]], left: list[Fraction], gone: set[int]
) -> Iterator[tuple[Fraction, int, Fraction]]:
    for at in set(election.fundable) - gone:
        cost = Fraction(election.projects[at].cost_fen)
        held = sorted(has for has, named in zip(left, voters, strict=True) if at in named)
        if sum(held) < cost:
            continue
        rest = cost
        for place, has in enumerate(held):
            price = rest / (len(held) - place)
            if has >= price:
                yield price / cost, at, price
                break
            rest -= has


def plainly_completed(
    election: Election, step: int
) -> tuple[list[tuple[int, Fraction]], Fraction, int]:
    """Equal shares with add-one completion: each step counted anew, each run to its end.

    What is bought at which price, the last share, and how many steps it grew.
    """
    share, steps = Fraction(election.pot_fen, election.voters), 0
    bought = plainly_bought(election, share)
    while len(bought) < len(election.fundable):
        raised = Fraction((share // step + 1) * step)
        more = plainly_bought(election, raised)
        if election.cost(at for at, _ in more) > election.pot_fen:
            break
        bought, share, steps = more, raised, steps + 1
    return bought, share, steps


def names(election: Election, result: Any) -> list[str]:
    """The keys of the chosen, in order."""
    return [election.projects[each.project].key for each in result.chosen]
