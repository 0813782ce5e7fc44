"""A counted vote as a Pabulib file, so that anybody can recompute it with their own program.

One unit of money in the file is one step of the completion. Source: pabulib.org/format.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from common.clock import city_day
from common.contracts.feedback import CountingRule

RULES: Final = {
    CountingRule.EQUAL_SHARES_ADD_ONE: "equalshares/add1",
    CountingRule.GREEDY: "greedy",
}


@dataclass(frozen=True, slots=True)
class Option:
    """A project in the file."""

    number: int
    title: str
    cost_fen: int
    votes: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of the file."""

    title: str
    area: str
    number: str
    rule: CountingRule
    pot_fen: int
    step_fen: int
    opens_at: datetime
    closes_at: datetime
    choices_max: int


def file(head: Head, options: Sequence[Option], ballots: Sequence[Sequence[int]]) -> str:
    """The file. Ballots keep the random order in which they were counted."""
    lengths = [len(ballot) for ballot in ballots]
    meta = {
        "description": head.title,
        "country": "China",
        "unit": f"Shanghai {head.area}",
        "instance": head.number,
        "num_projects": len(options),
        "num_votes": len(ballots),
        "budget": head.pot_fen // head.step_fen,
        "vote_type": "approval",
        "rule": RULES[head.rule],
        "date_begin": f"{city_day(head.opens_at):%d.%m.%Y}",
        "date_end": f"{city_day(head.closes_at):%d.%m.%Y}",
        "min_length": min(lengths, default=1),
        "max_length": head.choices_max,
        "language": "zh",
        "currency": "CNY",
        "comment": f"#1: one unit is {head.step_fen} fen; ties: lower cost, more votes, smaller id",
    }
    rows = [
        f"{each.number};{each.cost_fen // head.step_fen};{each.votes};{_cell(each.title)};"
        f"{int(each.is_chosen)}"
        for each in sorted(options, key=lambda each: (-each.votes, each.number))
    ]
    votes = [f"{at};{','.join(map(str, ballot))}" for at, ballot in enumerate(ballots, 1)]
    parts = [
        "META",
        "key;value",
        *(f"{key};{_cell(str(value))}" for key, value in meta.items()),
        "PROJECTS",
        "project_id;cost;votes;name;selected",
        *rows,
        "VOTES",
        "voter_id;vote",
        *votes,
    ]
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """Text within one cell."""
    return " ".join(text.replace(";", "；").replace('"', "”").split())
