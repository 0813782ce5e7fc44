"""Releasing the figures of a period: once its ratings can change no more, once for ever."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import city_day
from common.ids import uuid7
from common.turns import has_turn
from feedback.domain import case_figures
from feedback.domain import figures as rules
from feedback.domain.case_figures import CaseCell, CaseSubject, CaseSums
from feedback.domain.cells import Cell
from feedback.domain.figures import Told
from feedback.queries import case_rates
from feedback.queries import releases as queries
from feedback.queries.ground import ground

Sessions = async_sessionmaker[AsyncSession]
CITY: Final = "310000000000"


@dataclass(frozen=True, slots=True)
class Due:
    """A period that is over, and what was counted in it."""

    row: Mapping[str, Any]
    ratings: Mapping[str, Sequence[Cell]]
    cases: Sequence[CaseCell]


async def release_next(
    sessions: Sessions, executor: Executor | None = None, *, now: datetime
) -> UUID | None:
    """Release the next period that is over, its days of rating and amending too; None: none is.

    Nor where another process has released it meanwhile, or something was counted that had been
    late. No transaction is open while figures are computed, by an executor or a thread: who
    computes gives way to all, and in a cluster nothing is tidied up that has been deleted since its
    oldest transaction began.
    """
    async with sessions() as session:
        due = await _due(session, now)
    if due is None:
        return None
    loop, minimum = asyncio.get_running_loop(), due.row["rank_minimum"]
    figures = partial(rules.figures, rank_minimum=minimum)
    cases = await loop.run_in_executor(executor, case_figures.told, due.cases)
    told = {
        category: await loop.run_in_executor(executor, figures, cells)
        for category, cells in due.ratings.items()
    }
    async with sessions.begin() as session:
        return await _write(session, due, cases, told)


async def period(session: AsyncSession, now: datetime) -> Mapping[str, Any] | None:
    """The next release, if its period is over and all of it added up."""
    first = await queries.first_month(session)
    if first is None:
        return None
    in_force = (await ground(session)).at(CITY, now)
    last = await queries.last_until(session)
    from_on, until_on = rules.next_period(first, last, in_force.rule("rating.release").number)
    days = in_force.rule("rating.window").number + in_force.rule("rating.amend").number
    if city_day(now) <= until_on + timedelta(days=days):
        return None
    if await queries.is_counting(session, from_on, until_on):
        return None
    return {
        "id": uuid7(),
        "from_on": from_on,
        "until_on": until_on,
        "rank_minimum": in_force.rule("rank.minimum").number,
        "published_at": now,
    }


async def _due(session: AsyncSession, now: datetime) -> Due | None:
    row = await period(session, now)
    if row is None:
        return None
    days = row["from_on"], row["until_on"]
    return Due(
        row, await queries.cells(session, *days), await case_rates.cells(session, *days, now)
    )


async def _write(
    session: AsyncSession,
    due: Due,
    cases: Mapping[CaseSubject, CaseSums],
    told: Mapping[str, Sequence[Told]],
) -> UUID | None:
    """Write a release down, if its ratings are still what it was computed from."""
    days = due.row["from_on"], due.row["until_on"]
    if not await has_turn(session, "statistics_release"):
        return None
    if await queries.is_counting(session, *days):
        return None
    if await queries.cells(session, *days) != due.ratings:
        return None
    if not await queries.claim(session, due.row):
        return None
    release_id = UUID(str(due.row["id"]))
    await case_rates.keep(session, release_id, cases)
    for category, some in told.items():
        await queries.keep(session, [_row(release_id, category, each) for each in some])
    return release_id


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
