"""Background work of the matching: holds that end, waits whose day is over, what is long over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import following, recounts
from common.app import Resources
from common.clients.registry import RegistryClient
from common.clock import city_day, utc_now
from common.contracts.vocabulary import Service
from common.credentials import service_auth
from common.db import Database
from common.http import ServiceHttp
from common.processes import in_database, one_apart
from common.worker import Job, each_by_itself, every, where
from matching.queries import allocation, rooms
from matching.queries import coverage as coverage_queries
from matching.queries import referrals as queries
from matching.tables import CoverageSurvey
from matching.usecases import (
    allocating,
    booking_rooms,
    cases,
    coverage,
    duties,
    need_steps,
    outreach,
    places,
    profiles,
    recounting,
    referrals,
    standing,
    untold,
)
from matching.usecases import allocation as runs

BATCH: Final = 200
_PAUSE_S: Final = 5.0
_FORGET_S: Final = 3600.0
_CLOSE_S: Final = 300.0  # a batch: 50,000 a day, so that a backlog hurries nobody
_SURVEY_S: Final = 15.0
_RUN_S: Final = 1.0
_ROOM_S: Final = 1.0
_STALE: Final = timedelta(hours=1)  # a survey is made anew after so long
_YOUNG: Final = timedelta(minutes=1)  # not before, however much is being read in
_GROWN: Final = 0.05  # in between, when what it reads is more or less by this share


def jobs(resources: Resources) -> Sequence[Job]:
    """The jobs of a service process that matches."""
    opened = resources.database

    def due(
        name: str, pause_s: float, work: Callable[..., Awaitable[object]], *, first_s: float = 0.0
    ) -> Job:
        async def step() -> None:
            await work(resources.database, now=utc_now())

        async def run() -> None:
            await asyncio.sleep(first_s)
            await every(pause_s, step)()

        return Job(name, run)

    async def run() -> None:
        await allocating.give_up_orphans(resources.database)
        while await allocating.take_one(resources.database):
            pass

    async def recount_all() -> None:
        await recount(opened, now=utc_now())

    async def book() -> None:
        await book_rooms(resources)

    return [
        Job("room-booking", book),
        due("referral-expiry", _PAUSE_S, expire),
        Job("calendar-recount", every(_PAUSE_S, where(opened, recounts.WAITS, recount_all))),
        due("referral-reminders", _CLOSE_S, ask),
        due("draft-ending", _CLOSE_S, end_drafts),
        due("need-closing", _CLOSE_S, close_old),
        due("profile-erasure", _FORGET_S, erase),
        due("standing-expiry", _FORGET_S, judge_ended),
        due("duties-of-what-is-left-open", _FORGET_S, owe_left_open, first_s=_FORGET_S),
        due("coverage-survey", _SURVEY_S, survey_apart),
        Job("allocation", every(_RUN_S, where(opened, allocation.UNDER_WAY, run))),
    ]


async def book_rooms(resources: Resources) -> None:
    """Book and give back rooms until cancelled; nothing to do without a registry."""
    address = following.address_of(resources.settings, Service.REGISTRY)
    auth = service_auth(resources.settings)
    if address is None or auth is None:
        await asyncio.Event().wait()
        return
    async with ServiceHttp(address, what=following.TITLES[Service.REGISTRY], auth=auth) as http:
        registry = RegistryClient(http)
        while True:
            now = utc_now()
            if not (
                await resources.database.holds(rooms.ARE_DUE, now)
                and await booking_rooms.work(resources.database, registry, now=now)
            ):
                await asyncio.sleep(_ROOM_S)


async def expire(database: Database, *, now: datetime) -> int:
    """Release what is overdue or waits in vain; how many these were."""
    async with database.sessions() as session:
        found = await queries.overdue(session, now=now, today=city_day(now), limit=BATCH)
        in_vain = await queries.never_served(session, limit=BATCH)
    released = await each_by_itself(database, "referral-expiry", found, referrals.release, now=now)
    return released + await each_by_itself(
        database, "referral-expiry", in_vain, referrals.turn_down, now=now
    )


async def ask(database: Database, *, now: datetime) -> int:
    """Ask providers what came of accepted referrals, end those of which nobody told; how many."""
    asked, some = 0, BATCH
    while some == BATCH:
        async with database.sessions.begin() as session:
            some = await untold.remind(session, now=now, limit=BATCH)
        asked += some
    some = BATCH
    while some == BATCH:
        async with database.sessions() as session:
            found = await untold.to_end(session, now=now, limit=BATCH)
        some = await each_by_itself(database, "referral-reminders", found, untold.end, now=now)
        asked += some
    return asked


async def end_drafts(database: Database, *, now: datetime) -> int:
    """Cancel drafts of runs whose day is over; how many."""
    async with database.sessions() as session:
        found = await allocation.past_drafts(session, today=city_day(now), limit=BATCH)
    return await each_by_itself(database, "draft-ending", found, runs.end_past, now=now)


async def recount(database: Database, *, now: datetime) -> None:
    """Set deadlines anew by each change of the calendar, batch by batch."""
    while True:
        async with database.sessions.begin() as session:
            if not await recounting.recount(session, now=now, limit=BATCH):
                return


async def survey_city(database: Database, *, now: datetime) -> coverage.Outcome | None:
    """Survey coverage; None when it is not due, or somebody else is at it."""
    async with database.sessions() as session:
        if not await _is_due(session, now):
            return None
    return await coverage.survey_city(database.sessions, now=now)


async def survey_apart(database: Database, *, now: datetime) -> None:
    """Survey when it is due, in a process of its own: seconds of arithmetic at city scale."""
    async with database.sessions() as session:
        if not await _is_due(session, now):
            return
    async with one_apart() as apart:
        await in_database(apart, survey_city, database.url, now=now)


async def _is_due(session: AsyncSession, now: datetime) -> bool:
    """Whether there is no survey, or it is old, or made of much less than is known.

    What was seen while the feeds were first read would else stand for an hour.
    """
    newest = await coverage_queries.survey(session)
    return newest is None or not await _holds(session, newest, now - newest.computed_at)


async def _holds(session: AsyncSession, newest: CoverageSurvey, age: timedelta) -> bool:
    """Whether a survey still tells what there is."""
    if age < _YOUNG:
        return True
    if age >= _STALE:
        return False
    known = await coverage_queries.known(session)
    return abs(known - newest.records) <= _GROWN * newest.records


async def judge_ended(database: Database, *, now: datetime) -> None:
    """Judge needs anew whose standing has ended, batch by batch."""
    while True:
        async with database.sessions.begin() as session:
            if await standing.look_again(session, now=now, limit=BATCH) < BATCH:
                return


async def owe_left_open(database: Database, *, now: datetime) -> int:
    """Owe what was left open too long though somebody is entitled to it, batch by batch."""
    owed, some = 0, BATCH
    while some == BATCH:
        async with database.sessions.begin() as session:
            some = await duties.owe_left_open(session, now=now, limit=BATCH)
        owed += some
    return owed


async def close_old(database: Database, *, now: datetime) -> int:
    """Close a batch of needs that nobody came back to; how many that were."""
    async with database.sessions.begin() as session:
        return await need_steps.close_old(session, by=places.CLOCKWORK, now=now, limit=BATCH)


async def erase(database: Database, *, now: datetime) -> int:
    """Erase what needs, cases and offers that are long over tell of people; how many of them."""
    erased = 0
    for forget in (profiles.erase, cases.forget, outreach.forget):
        some = BATCH
        while some == BATCH:
            async with database.sessions.begin() as session:
                some = await forget(session, by=places.CLOCKWORK, now=now, limit=BATCH)
            erased += some
    return erased
