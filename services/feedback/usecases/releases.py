"""Releasing the figures of a period: once its ratings can change no more, once for ever."""

import asyncio
from concurrent.futures import Executor
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.ids import uuid7
from common.turns import has_turn
from feedback.domain import case_figures
from feedback.domain import figures as rules
from feedback.domain.figures import Told
from feedback.queries import case_rates
from feedback.queries import releases as queries
from feedback.queries.ground import ground

CITY: Final = "310000000000"


async def release_next(
    session: AsyncSession, apart: Executor | None, *, now: datetime
) -> UUID | None:
    """Release the next period that is over, its days of rating and amending too; None: none is.

    Nor where another process releases one now.
    """
    if not await has_turn(session, "statistics_release"):
        return None
    first = await queries.first_month(session)
    if first is None:
        return None
    in_force = (await ground(session)).at(CITY, now)
    last = await queries.last_until(session)
    months = in_force.rule("rating.release").number
    from_on, until_on = rules.next_period(first, last, months)
    days = in_force.rule("rating.window").number + in_force.rule("rating.amend").number
    if city_day(now) <= until_on + timedelta(days=days):
        return None
    minimum = in_force.rule("rank.minimum").number
    row = {
        "id": uuid7(),
        "from_on": from_on,
        "until_on": until_on,
        "rank_minimum": minimum,
        "published_at": now,
    }
    if await queries.is_counting(session, from_on, until_on):
        return None
    if not await queries.claim(session, row):
        return None
    await _write(session, row["id"], apart, from_on, until_on, minimum=minimum)
    return UUID(str(row["id"]))


async def _write(
    session: AsyncSession,
    release_id: Any,
    apart: Executor | None,
    from_on: date,
    until_on: date,
    *,
    minimum: int,
) -> None:
    loop, figures = asyncio.get_running_loop(), partial(rules.figures, rank_minimum=minimum)
    cases = await case_rates.cells(session, from_on, until_on)
    kept = await loop.run_in_executor(apart, case_figures.told, cases)
    await case_rates.keep(session, release_id, kept)
    for category, cells in (await queries.cells(session, from_on, until_on)).items():
        told = await loop.run_in_executor(apart, figures, cells)
        await queries.keep(session, [_row(release_id, category, each) for each in told])


def _row(release_id: Any, category: str, told: Told) -> dict[str, Any]:
    levels, score, prior = told.levels, told.score, told.prior
    return {
        "release_id": release_id,
        "category": category,
        "subject": told.subject.kind,
        "key": told.subject.key,
        "ratings": levels and levels.number,
        "levels": levels and list(levels.counts),
        "served": told.served,
        "response_share": told.response,
        "score": score and score.score,
        "lower_bound": score and score.lower,
        "upper_bound": score and score.upper,
        "prior_mean": prior and prior.mean,
        "prior_strength": prior and prior.strength,
        "satisfied_share": told.satisfied,
        "band": told.band,
    }
