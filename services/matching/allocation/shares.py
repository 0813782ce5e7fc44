"""A run shared out by category: each is paired, decided and explained by itself, then all joined.

A helper does all of one category at once, so that what it found need not travel twice.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from matching.allocation.candidates import Scale, Seekers, Suppliers, nearest
from matching.allocation.certificate import Certificate
from matching.allocation.parts import part
from matching.allocation.problem import Candidates, Fairness, Ints, Needs, Offerings, Problem
from matching.allocation.reasons import Reasons, reasons
from matching.allocation.solving import Answer, Draft, Progress, Rows, answered, worked

Table = TypeVar("Table", Needs, Offerings)


@dataclass(frozen=True, slots=True)
class Policy:
    """How it is decided: the published seed, fairness, what pairings cost, how many are seen."""

    seed: str
    fairness: Fairness
    scale: Scale
    candidates: int


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Who needs what and what there is; seekers and suppliers have the rows of the other two."""

    seekers: Seekers
    suppliers: Suppliers
    needs: Needs
    offerings: Offerings

    def part(self, needs: Ints, offerings: Ints) -> "City":
        """Some rows of it."""
        return City(
            self.seekers.take(needs),
            self.suppliers.take(offerings),
            _taken(self.needs, needs),
            _taken(self.offerings, offerings),
        )


class Share(NamedTuple):
    """One category, and where its rows stand in the city."""

    category: int
    needs: Ints
    offerings: Ints
    city: City
    policy: Policy


class Decided(NamedTuple):
    """What came of a share; all rows are those of the share."""

    pairs: Candidates
    rows: Rows
    answer: Answer
    reasons: Reasons


class Allocated(NamedTuple):
    """The whole: the problem as it was posed, its solution with proof, and why not."""

    problem: Problem
    certificate: Certificate
    reasons: Reasons


class Solved(NamedTuple):
    """All shares: who goes where is known, the proof is in pieces yet."""

    city: City
    policy: Policy
    draft: Draft
    shares: Sequence[tuple[Share, Decided]]

    @property
    def chosen(self) -> Ints:
        """The offering of each need, or -1."""
        return self.draft.chosen

    def together(self) -> Allocated:
        """The whole."""
        needs = len(self.city.needs)
        pairs = _joined(needs, [(share, decided.pairs) for share, decided in self.shares])
        problem = Problem(
            self.city.needs, self.city.offerings, pairs, self.policy.seed, self.policy.fairness
        )
        return Allocated(problem, self.draft.certificate(problem), _told(needs, self.shares))


def solved(
    city: City,
    policy: Policy,
    *,
    pool: Executor | None = None,
    told: Callable[[Progress], None] = lambda _: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Solved:
    """Pair, decide and explain. Raises `Stopped` as soon as a category ends after the wish."""
    draft, done = Draft(len(city.needs), len(city.offerings)), 0
    found: list[tuple[Share, Decided]] = []
    for share, decided in worked(decide, _shares(city, policy), pool, is_stopped):
        _, needs, offerings, streets = decided.rows
        rows = Rows(share.category, share.needs[needs], share.offerings[offerings], streets)
        draft.add(rows, decided.answer)
        found.append((share, decided))
        done += len(share.needs)
        told(Progress(share.category, done, len(city.needs)))
    return Solved(city, policy, draft, found)


def decide(share: Share) -> Decided:
    """All that there is to do about one category."""
    city, policy = share.city, share.policy
    free = np.flatnonzero(city.offerings.places > 0)
    found = nearest(
        city.seekers,
        city.suppliers.take(free),
        policy.scale,
        count=policy.candidates,
    )
    pairs = Candidates(found.starts, free[found.offering].astype(np.int32), found.cost)
    problem = Problem(city.needs, city.offerings, pairs, policy.seed, policy.fairness)
    posed = part(problem, share.category)
    answer = answered(posed)
    why = reasons(posed, answer.chosen, answer.crowds, city.seekers, city.suppliers, policy.scale)
    rows = Rows(share.category, posed.needs, posed.offerings, posed.streets)
    return Decided(problem.candidates, rows, answer, why)


def _shares(city: City, policy: Policy) -> Iterator[Share]:
    """The categories that anybody needs, those with most needs first."""
    sizes = np.bincount(city.needs.category)
    for category in np.argsort(-sizes, kind="stable").tolist():
        if sizes[category]:
            needs = np.flatnonzero(city.needs.category == category)
            offerings = np.flatnonzero(city.offerings.category == category)
            yield Share(category, needs, offerings, city.part(needs, offerings), policy)


def _joined(needs: int, found: Sequence[tuple[Share, Candidates]]) -> Candidates:
    """The pairs of all shares, by need, rising by offering as they do in each share."""
    counts = np.zeros(needs, np.int64)
    for share, pairs in found:
        counts[share.needs] = np.diff(pairs.starts)
    starts = np.concatenate(([0], np.cumsum(counts)))
    offering, cost = (np.empty(int(starts[-1]), np.int32) for _ in range(2))
    for share, pairs in found:
        shift = starts[share.needs] - pairs.starts[:-1]
        at = np.repeat(shift, np.diff(pairs.starts)) + np.arange(len(pairs))
        offering[at] = share.offerings[pairs.offering]
        cost[at] = pairs.cost
    return Candidates(starts, offering, cost)


def _told(needs: int, found: Sequence[tuple[Share, Decided]]) -> Reasons:
    """The reasons of all shares; competitions are counted on."""
    all_of_them = Reasons.none(needs)
    competitions = 0
    for share, decided in found:
        why = decided.reasons
        all_of_them.reason[share.needs] = why.reason
        all_of_them.mark[share.needs] = why.mark
        lost = why.competition >= 0
        all_of_them.competition[share.needs[lost]] = why.competition[lost] + competitions
        competitions += why.competitions
    return replace(all_of_them, competitions=competitions)


def _taken(table: Table, rows: Ints) -> Table:
    chosen: dict[str, Any] = {f.name: getattr(table, f.name)[rows] for f in fields(table)}
    return type(table)(**chosen)
