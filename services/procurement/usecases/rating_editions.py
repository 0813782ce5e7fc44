"""Publishing the ratings: an edition when a period is over, once for ever, told to the feed.

The public's figures are computed as the exact ones are, from the public's evidence: the judgements
of offices, and residents in groups. So anything that moves them is about ten residents at least.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.clock import city_day
from common.ids import uuid7s
from common.turns import take_turn
from procurement import tables
from procurement.domain.rating_rules import parameters_of
from procurement.queries import rating_counts as counts
from procurement.queries import rating_editions as queries
from procurement.queries import ratings
from procurement.queries.evidence import Cell
from procurement.queries.rating_counts import Moment
from procurement.queries.rating_editions import Edition
from procurement.queries.rules import rules_now
from procurement.rating import editions as rules
from procurement.rating.editions import EditionRules, Score
from procurement.rating.levels import UNRATED
from procurement.usecases.rating_priors import priors_of
from procurement.usecases.ratings import CITY, Basis, Computed, estimated

KIND: Final = "provider_rating"
PROVIDERS_AT_ONCE: Final = 250
# Who writes evidence stamps it before committing: what is younger is left to the next edition.
COMMITTED: Final = timedelta(minutes=10)
_FIGURES: Final = (
    *("is_rated", "level", "expected", "lower_bound", "upper_bound", "ratings"),
    *("effective_ratings", "buyers"),
)


async def publish_next(session: AsyncSession, *, now: datetime) -> Edition | None:
    """Publish the edition of the newest period that is over; None: it, or a later one, is there.

    Editions are made one after the other: a later one rests on the groups of those before.
    """
    await take_turn(session, "rating_edition")
    until_on, newest = await standing_at(session, now=now)
    if newest is not None and newest >= until_on:
        return None
    in_force = (await rules_now(session)).at(until_on, CITY)
    edition_rules, parameters = rules.edition_rules(in_force), parameters_of(in_force)
    settled_on = rules.settled_until(until_on, edition_rules.settled_days)
    edition = Edition(until_on, settled_on, now - COMMITTED, now)
    if not await queries.claim(session, edition):
        return None
    await _hear(session, edition, edition_rules, window_days=parameters.window_days)
    moment = Moment(until_on, edition.known_at, parameters.window_days)
    everywhere = await queries.counted_everywhere(session, moment)
    priors = priors_of(everywhere, parameters.prior_providers)
    await ratings.freeze(session, until_on, priors, table=tables.ReleasedPrior)
    on = await basis(session, edition)
    every = await counts.providers(session)
    for start in range(0, len(every), PROVIDERS_AT_ONCE):
        portion = every[start : start + PROVIDERS_AT_ONCE]
        counted = await queries.counted(session, on.moment, portion)
        await _tell(session, edition, counted, on, portion, step=edition_rules.step)
    return edition


async def standing_at(session: AsyncSession, *, now: datetime) -> tuple[date, date | None]:
    """The ends of the newest period that is over and of the newest one that is published."""
    today = city_day(now)
    by = rules.edition_rules((await rules_now(session)).at(today, CITY))
    return rules.last_period(today, by.months), await queries.last_published(session)


async def basis(session: AsyncSession, edition: Edition) -> Basis:
    """What the figures of an edition rest on."""
    parameters = parameters_of((await rules_now(session)).at(edition.until_on, CITY))
    moment = Moment(edition.until_on, edition.known_at, parameters.window_days)
    priors = await ratings.priors(session, edition.until_on, table=tables.ReleasedPrior)
    return Basis(moment, parameters, priors)


async def _hear(
    session: AsyncSession, edition: Edition, by: EditionRules, *, window_days: int
) -> None:
    """Make groups of the residents who wait, where there are enough."""
    found = await queries.waiting(session, edition, window_days=window_days, least=by.least)
    rows = [
        {
            **each._asdict(),
            "id": key,
            "edition_on": edition.until_on,
            "ratings": sum(each.levels),
            "levels": rules.heard(each.levels),
        }
        for key, each in zip(uuid7s(len(found)), found, strict=True)
    ]
    await queries.hear(session, rows)


async def _tell(
    session: AsyncSession,
    edition: Edition,
    counted: Sequence[Any],
    on: Basis,
    provider_ids: Sequence[Any],
    *,
    step: Decimal,
) -> None:
    """Write what an edition changes of some providers' ratings, and tell the feed."""
    stood = await queries.standing(session, provider_ids)
    cells = {Cell(*row[:3]) for row in counted} | set(stood)
    known = await ratings.standing(session, cells)
    if not known:
        return  # nothing that the public may hear was said of any of them
    computed = estimated(known, counted, on)
    levels = computed.levels({cell: row.level or UNRATED for cell, row in stood.items()})
    rows = [
        {**figures, **cell._asdict(), "rating_id": known[cell].id}
        for place, cell in enumerate(computed.cells)
        if _differs(stood.get(cell), figures := told(computed, place, levels[cell], step))
    ]
    await queries.keep(session, edition.until_on, rows)
    feed.mark_many(session, KIND, [row["rating_id"] for row in rows])


def told(computed: Computed, place: int, level: int, step: Decimal) -> dict[str, Any]:
    """The figures of one rating as they are published."""
    found, is_rated = computed.found, computed.is_rated(place)
    score = Score(*(float(each[place]) for each in (found.expected, found.lower, found.upper)))
    score = rules.rounded(score, step)
    return {
        "is_rated": is_rated,
        "level": level if is_rated else None,
        "expected": score.expected if is_rated else None,
        "lower_bound": score.lower if is_rated else None,
        "upper_bound": score.upper if is_rated else None,
        "ratings": rules.tens(int(found.evidence[place])),
        "effective_ratings": float(round(float(found.effective[place]))),
        "buyers": int(found.buyers[place]),
    }


def _differs(stood: tables.ReleasedRating | None, figures: Mapping[str, Any]) -> bool:
    return stood is None or any(getattr(stood, name) != figures[name] for name in _FIGURES)
