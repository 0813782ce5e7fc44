"""Tells the shelf which places are taken: by referrals, by those who wait, by runs.

Every process looks into the database of the matching for itself, woken by the feed of referrals;
half a second later it looks without being woken.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import groupby
from typing import Any, Final

import structlog
from sqlalchemy import Row

from common.calendar.official import official_calendar
from common.clock import city_day, utc_now
from common.contracts.registry.hours import OpeningHours
from common.db import Database
from common.ending import in_one_statement
from common.feed.wake import FeedWaiters
from common.opening import stretches_on
from matching.domain.places import NO_SESSION, least_taken
from matching.queries import taken as queries
from matching.queries.taken import News
from matching.shelf.places import Period, Taken
from matching.shelf.shelf import Shelf

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.5
PACE_S: Final = 0.2  # what comes meanwhile is taken over together
ANEW_S: Final = 300.0  # everything is read again so often: the registry may count otherwise by then
AGAIN_S: Final = 1.0


class Taking:
    """Keeps what is taken level with the database."""

    def __init__(self, opened: Database, waiters: FeedWaiters, shelf: Callable[[], Shelf]) -> None:
        self._opened = opened
        self._waiters = waiters
        self._shelf = shelf
        self._known = News(0, "")
        self._anew_at = 0.0

    async def stay(self, level: Callable[[int], None]) -> None:
        """Follow until cancelled; `level` hears the number of the newest change known."""
        while True:
            bell = self._waiters.bell("referral")
            known = self._known
            try:
                level(await self.look())
            except Exception as fault:  # the database may come later; the search goes on meanwhile
                log.info("places are behind", fault=type(fault).__name__)
                self._anew_at = 0.0
                await asyncio.sleep(AGAIN_S)
                continue
            if self._known != known:
                await asyncio.sleep(PACE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await bell.wait()

    async def look(self) -> int:
        """Take over what is new; the number of the newest change."""
        today, now = city_day(utc_now()), asyncio.get_running_loop().time()
        places = self._shelf().lists.places
        is_anew = places.today != today or now >= self._anew_at
        async with self._opened.sessions.begin() as session:
            in_one_statement(session)
            found = await queries.news(session)
        if found == self._known and not is_anew:
            return found.number
        async with self._opened.sessions() as session:
            if is_anew or found.runs != self._known.runs:
                counted: dict[bytes, Taken] = {}
                async for rows in queries.everything(session, today):
                    counted.update(by_offering(rows))
                self._shelf().retake(counted)
                places.today, self._anew_at = today, now + ANEW_S
            elif found.number != self._known.number:
                ids = await queries.changed(session, self._known.number, found.number)
                present = dict(by_offering(await queries.of(session, ids, today)))
                for offering in (each.bytes for each in ids):
                    self._shelf().take(offering, present.get(offering, {}))
        self._known = found
        return found.number


def by_offering(rows: Sequence[Row[Any]]) -> Iterator[tuple[bytes, dict[Period, int]]]:
    """What is taken by offering, with what that means for whole days beside sessions."""
    for offering_id, group in groupby(rows, key=lambda row: row.offering_id):
        mine = list(group)
        named = {Period(row.starts_on, row.ends_on, row.session): row.taken for row in mine}
        yield offering_id.bytes, dict(_whole_days(mine)) | named


def _whole_days(rows: Sequence[Row[Any]]) -> Iterator[tuple[Period, int]]:
    """What is taken at every session of a day: for who asks for that day and no session."""
    days: Mapping[date, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if row.session != NO_SESSION and row.hours is not None:
            days[row.starts_on].append(row)
    for day, sessions in days.items():
        hours = OpeningHours.model_validate(sessions[0].hours)
        known = len(stretches_on(hours, day, official_calendar())[1])
        yield Period(day, day, NO_SESSION), least_taken([row.taken for row in sessions], known)
