"""A rating told with its grounds: base rates, what each buyer weighs, the rules applied."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.procurement_ratings import BuyerShare, RatingExplained
from common.contracts.vocabulary import RatingDimension
from common.errors import Invalid, NotFound, Text
from procurement.domain.rating_rules import applied_codes
from procurement.queries import rating_counts as counts
from procurement.queries.evidence import Cell
from procurement.queries.ratings import WHAT
from procurement.queries.track_records import figure
from procurement.rating.levels import UNRATED
from procurement.usecases.ratings import Computed, as_of


class DayToCome(Invalid):
    """Nothing is known of a day to come."""

    slug = "day-to-come"
    title = Text("日期尚未到来", "A day to come")
    detail = Text(
        "as_of={day} 晚于今日，评级只能还原至今日。",
        "as_of={day} is to come; a rating is told as of today or a past day.",
    )


async def explain(
    session: AsyncSession, cell: Cell, day: date, *, now: datetime
) -> RatingExplained:
    """A rating on a day, from its evidence alone, with what it rests on."""
    if day > city_day(now):
        raise DayToCome(day=day)
    if not await counts.first_known(session, [cell]):
        raise NotFound(what=WHAT, key=f"{cell.category}/{cell.dimension}")
    computed, levels = await as_of(session, [cell], day, now=now)
    rows = await counts.counted(session, computed.basis.moment, [cell])
    return _told(computed, levels[cell], [*_shares(computed), *_related(rows)])


def _shares(computed: Computed) -> list[BuyerShare]:
    """What each buyer weighs, the heaviest first."""
    pairs = zip(computed.pairs.buyer, computed.pairs.count, computed.found.shares, strict=True)
    found = [
        BuyerShare(
            buyer_id=computed.buyers[buyer],
            is_related=False,
            evidence=figure(int(count)),
            weight=float(weight),
        )
        for buyer, count, weight in pairs
    ]
    return sorted(found, key=lambda each: -each.weight)


def _related(rows: Iterable[Any]) -> list[BuyerShare]:
    """Buyers whose word weighs nothing."""
    pieces: Counter[UUID] = Counter()
    for row in rows:
        if row.is_related:
            pieces[row.buyer_id] += sum(row.pieces)
    return [
        BuyerShare(buyer_id=buyer, is_related=True, evidence=figure(count), weight=0.0)
        for buyer, count in sorted(pieces.items())
    ]


def _told(computed: Computed, level: int, shares: list[BuyerShare]) -> RatingExplained:
    (cell,), on, found = computed.cells, computed.basis, computed.found
    prior = on.priors.of(cell)
    lacking = on.parameters.unrated_because(float(found.effective[0]), int(found.buyers[0]))
    scores = {
        "expected": found.expected[0],
        "lower_bound": found.lower[0],
        "upper_bound": found.upper[0],
    }
    return RatingExplained(
        provider_id=cell.provider_id,
        category=cell.category,
        dimension=RatingDimension(cell.dimension),
        as_of_on=on.moment.day,
        is_rated=not lacking,
        unrated_because=lacking,
        level=None if level == UNRATED else level,
        **{name: None if lacking else float(value) for name, value in scores.items()},
        ratings=int(found.evidence[0]),
        effective_ratings=float(found.effective[0]),
        buyers=int(found.buyers[0]),
        prior_version=on.priors.version,
        prior_levels=list(prior.levels),
        prior_weight=prior.weight,
        buyer_correlation=prior.correlation,
        steadiness=prior.steadiness,
        shares=shares,
        rules=applied_codes(),
    )
