"""A rating told with its grounds: base rates, what each buyer weighs, the rules applied."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_ratings import BuyerShare, RatingExplained
from common.contracts.vocabulary import RatingDimension
from common.errors import Invalid, NotFound, Text
from procurement.domain.rating_rules import applied_codes
from procurement.queries import rating_counts as counts
from procurement.queries import rating_editions as editions
from procurement.queries.evidence import Cell
from procurement.queries.ratings import WHAT
from procurement.queries.rules import rules_now
from procurement.queries.track_records import figure
from procurement.rating import editions as rules
from procurement.rating.levels import UNRATED
from procurement.usecases.rating_editions import basis, told
from procurement.usecases.ratings import CITY, Computed, as_of, end_of, estimated


class DayToCome(Invalid):
    """Nothing is known of a day to come."""

    slug = "day-to-come"
    title = Text("日期尚未到来", "A day to come")
    detail = Text(
        "as_of={day} 晚于今日，评级只能还原至今日。",
        "as_of={day} is to come; a rating is told as of today or a past day.",
    )


async def recompute(
    session: AsyncSession, cell: Cell, day: date, *, by: Actor, now: datetime
) -> RatingExplained:
    """The exact rating on a day, from its evidence alone; that it was looked at is audited."""
    if day > city_day(now):
        raise DayToCome(day=day)
    if not await counts.first_known(session, [cell]):
        raise NotFound(what=WHAT, key=f"{cell.category}/{cell.dimension}")
    computed, levels = await as_of(session, [cell], day, now=now)
    rows = await counts.counted(session, computed.basis.moment, [cell])
    audit.note_read(session, by, action="grade.recompute", target=("provider", cell.provider_id))
    return _told(computed, levels[cell], [*_shares(computed), *_related(rows)])


async def explain(
    session: AsyncSession, cell: Cell, day: date, *, now: datetime
) -> RatingExplained:
    """A rating as the public was told it on a day, computed anew from the public's evidence."""
    if day > city_day(now):
        raise DayToCome(day=day)
    edition = await editions.newest(session, end_of(day))
    row = None if edition is None else await editions.told(session, cell, edition.until_on)
    if edition is None or row is None:
        raise NotFound(what=WHAT, key=f"{cell.category}/{cell.dimension}")
    on = await basis(session, edition)
    rows = await editions.counted(session, on.moment, [cell.provider_id])
    rows = [each for each in rows if Cell(*each[:3]) == cell]
    computed = estimated([cell], rows, on)
    in_force = (await rules_now(session)).at(edition.until_on, CITY)
    step = rules.edition_rules(in_force).step
    level = row.level or UNRATED
    exact = _told(computed, level, [*_shares(computed), *_related(rows)])
    return exact.model_copy(
        update={
            **told(computed, 0, level, step),
            "rules": sorted([*exact.rules, *rules.CODES]),
            "shares": [_coarse(each, step) for each in exact.shares],
        }
    )


def _coarse(share: BuyerShare, step: Decimal) -> BuyerShare:
    """What a buyer weighs, as the public is told it."""
    evidence = None if share.evidence is None else rules.tens(share.evidence)
    weight = rules.nearest(share.weight, step)
    return share.model_copy(update={"evidence": evidence, "weight": weight})


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
