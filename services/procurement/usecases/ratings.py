"""Computing ratings: of any cells, as of any day, from the evidence as it was known then.

One way for the present, for the past and for the whole city: count, estimate, grade.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import CITY_ZONE
from common.rules import RulesInForce, RuleTable
from procurement.domain.rating_rules import Parameters, parameters_of
from procurement.queries import rating_counts as counts
from procurement.queries import ratings as queries
from procurement.queries.evidence import Cell
from procurement.queries.rating_counts import Moment
from procurement.queries.ratings import FrozenPriors
from procurement.queries.rules import rules_now
from procurement.rating.estimate import Priors, Ratings, estimate
from procurement.rating.levels import UNRATED, grade, month_end, month_ends
from procurement.rating.tallies import LEVELS, NOBODY, Pairs, Tallies, by_buyer, ints

CITY: Final = "310000"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a computation of one day rests on."""

    moment: Moment
    parameters: Parameters
    priors: FrozenPriors


@dataclass(frozen=True, slots=True)
class Computed:
    """The ratings of some cells on one day, and the buyers behind them."""

    cells: Sequence[Cell]
    basis: Basis
    pairs: Pairs
    buyers: Sequence[UUID | None]  # by the number in `pairs`
    found: Ratings

    def is_rated(self, place: int) -> bool:
        """Whether there is evidence enough."""
        effective, buyers = float(self.found.effective[place]), int(self.found.buyers[place])
        return not self.basis.parameters.unrated_because(effective, buyers)

    def levels(self, before: Mapping[Cell, int]) -> dict[Cell, int]:
        """The level of each cell after the one before; `UNRATED` where evidence lacks."""
        stood = np.array([before.get(cell, UNRATED) for cell in self.cells], dtype=np.int64)
        found = self.found
        levels = grade(stood, found.expected, found.lower, found.upper, self.basis.parameters.edges)
        return {
            cell: int(levels[place]) if self.is_rated(place) else UNRATED
            for place, cell in enumerate(self.cells)
        }


async def basis(
    session: AsyncSession, day: date, *, now: datetime, rules: RuleTable | None = None
) -> Basis:
    """Rules, priors and knowledge of a day; of a past day as they were at its end."""
    table = rules or await rules_now(session)
    in_force: RulesInForce = table.at(day, CITY)
    parameters = parameters_of(in_force)
    moment = Moment(day, min(now, end_of(day)), parameters.window_days)
    return Basis(moment, parameters, await queries.priors(session, day))


def end_of(day: date) -> datetime:
    """The last instant of a day in the city."""
    return datetime.combine(day + timedelta(days=1), time(), CITY_ZONE) - timedelta(microseconds=1)


async def computed(session: AsyncSession, cells: Collection[Cell], on: Basis) -> Computed:
    """The ratings of cells on a day, before any grade."""
    return estimated(cells, await counts.counted(session, on.moment, cells), on)


def estimated(cells: Iterable[Cell], rows: Iterable[Any], on: Basis) -> Computed:
    """The ratings of cells from their counted evidence."""
    listed = sorted(set(cells))
    tallies, buyers = tallied(listed, rows, on.parameters)
    pairs = by_buyer(tallies, on.parameters.half_life)
    topics = [on.priors.of(cell) for cell in listed]
    priors = Priors(
        np.array([prior.levels for prior in topics], np.float64).reshape(len(listed), LEVELS),
        np.array([prior.weight for prior in topics]),
        np.array([prior.correlation for prior in topics]),
        np.array([prior.steadiness for prior in topics]),
    )
    parameters = on.parameters
    found = estimate(pairs, priors, cap=parameters.cap, interval=parameters.interval)
    return Computed(listed, on, pairs, buyers, found)


def tallied(
    cells: Sequence[Cell], rows: Iterable[Any], parameters: Parameters
) -> tuple[Tallies, Sequence[UUID | None]]:
    """Counted evidence as arrays. A related buyer's is left out: it weighs nothing.

    Buyers are numbered in the order of their ids, so that a cell is summed in one order whichever
    cells are computed beside it.
    """
    place = {cell: number for number, cell in enumerate(cells)}
    told = [row for row in rows if not row.is_related]
    named = sorted({row.buyer_id for row in told if row.buyer_id is not None})
    number_of = {buyer: number for number, buyer in enumerate(named, start=NOBODY + 1)}
    spread = ints(len(row.ages) for row in told)
    tallies = Tallies(
        np.repeat(ints(place[Cell(*row[:3])] for row in told), spread),
        np.repeat(ints(number_of.get(row.buyer_id, NOBODY) for row in told), spread),
        np.repeat(ints(row.level for row in told), spread),
        np.repeat([parameters.weights[row.source] for row in told], spread),
        ints(chain.from_iterable(row.ages for row in told)),
        ints(chain.from_iterable(row.pieces for row in told)),
    )
    return tallies, [None, *named]


async def anchors(
    session: AsyncSession,
    since: Mapping[Cell, tuple[date, int]],
    day: date,
    *,
    now: datetime,
    rules: RuleTable,
) -> dict[Cell, int]:
    """The level of each cell at the end of the month before `day`.

    `since` tells from which day on, and with which level; each end of a month in between is
    computed as it was known then.
    """
    levels = {cell: level for cell, (_, level) in since.items()}
    if not since:
        return levels
    for end in month_ends(min(first for first, _ in since.values()), day):
        open_then = [cell for cell, (first, _) in since.items() if month_end(first) <= end]
        on = await basis(session, end, now=now, rules=rules)
        at_end = await computed(session, open_then, on)
        levels |= at_end.levels(levels)
    return levels


async def as_of(
    session: AsyncSession, cells: Collection[Cell], day: date, *, now: datetime
) -> tuple[Computed, dict[Cell, int]]:
    """The ratings of cells on any day, recomputed from the evidence alone, and their levels."""
    rules = await rules_now(session)
    first = await counts.first_known(session, cells)
    since = {cell: (known, UNRATED) for cell, known in first.items() if known <= day}
    before = await anchors(session, since, day, now=now, rules=rules)
    found = await computed(session, cells, await basis(session, day, now=now, rules=rules))
    return found, found.levels(before)
