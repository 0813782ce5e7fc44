"""A year of duty rosters of a city: which open hours nobody covers, and whether a clock agrees."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from benches import Row
from benches.house import house, migrated
from common.calendar.official import official_calendar
from common.clock import CITY_ZONE
from common.contracts.registry.hours import OpeningHours
from common.db import Database, database
from common.ids import uuid7s
from common.opening import is_open
from registry import tables
from registry.queries import duties as queries
from registry.queries.opening import stored
from registry.usecases.duty_answers import check

VENUES, ABSENCES, BATCH, ROUNDS = 20_000, 6, 2_000, 3
SAMPLE, STEP = 20, timedelta(minutes=30)
FIRST, AFTER = date(2026, 1, 1), date(2027, 1, 1)
QUARTERS = (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), AFTER)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = {"version": 1, "created_at": NOW, "updated_at": NOW, "created_by": "b", "updated_by": "b"}
ALL_WEEK = [1, 2, 3, 4, 5, 6, 7]


def rows() -> list[Row]:
    """Seed, read and check; then walk the half hours of some venues."""
    with house() as (server, _):
        urls = migrated(server, "registry", "duty")
        return asyncio.run(_measured(urls.app))


async def _measured(url: str) -> list[Row]:
    async with database(url, pool_size=1, journal=False) as opened:
        await _seed(opened)
        took, read, busy = [], [], []
        for _ in range(ROUNDS):
            started, worked = time.perf_counter(), time.process_time()
            async with opened.sessions() as session:
                many = await queries.many(session, "31", FIRST, AFTER)
            read.append(time.perf_counter() - started)
            found = check(many, FIRST, AFTER)
            took.append(time.perf_counter() - started)
            busy.append(time.process_time() - worked)
        gaps = {gap.venue_id: gap.uncovered_minutes for gap in found}
        sample = Random(1).sample(list(many.venues), SAMPLE)
        async with opened.sessions() as session:
            by_clock = {venue.id: await _by_clock(session, venue) for venue in sample}
    same = sum(gaps.get(each, 0) == minutes for each, minutes in by_clock.items())
    return [
        Row(
            f"a year of rosters of {VENUES} venues, {len(many.rosters)} rosters, "
            f"{sum(len(row.posts) for row in many.absences)} absences",
            f"{median(took):.1f} s ({median(read):.1f} s of it reading; {median(busy):.1f} s of "
            f"this process's time), {len(found)} with gaps",
            "< 10 s",
        ),
        Row(f"equal to a walk of all half hours, {SAMPLE} venues", f"{same}", f"{SAMPLE}"),
    ]


async def _by_clock(session: AsyncSession, venue: Any) -> int:
    """Uncovered minutes of a venue, half hour by half hour."""
    days = official_calendar()
    opened = OpeningHours.model_validate_json(venue.hours)
    of_venue = select(tables.Duty).where(tables.Duty.venue_id == venue.id)
    rosters = (await session.scalars(of_venue)).all()
    own = {
        row.id: [each and OpeningHours.model_validate(each) for each in (row.a_hours, row.b_hours)]
        for row in rosters
    }
    of_them = select(tables.DutySubstitution).where(tables.DutySubstitution.duty_id.in_(own))
    away = (await session.scalars(of_them)).all()
    at, minutes = datetime.combine(FIRST, clock(), CITY_ZONE), 0
    while at.date() < AFTER:
        row = next((each for each in rosters if each.valid_from <= at.date() < each.valid_to), None)
        gone = {each.post for each in away if each.starts_at <= at < each.ends_at}
        held = row is not None and any(
            post not in gone and (hours is None or is_open(hours, at, days))
            for post, hours in zip("ab", own[row.id], strict=True)
        )
        minutes += 30 * (is_open(opened, at, days) and not held)
        at += STEP
    return minutes


async def _seed(opened: Database) -> None:
    """Venues of many hours, four rosters each, some absences of their posts."""
    random, ids = Random(7), uuid7s(VENUES)
    async with opened.sessions.begin() as session:
        area = tables.Area(
            kind="city",
            level=1,
            code="310000000000",
            short_code="31",
            **{"name": "演示市", "path_name": "演示市", "search": [], "valid_from": FIRST, **STAMP},
        )
        session.add(area)
        await session.flush()
        place = {"area_id": area.id, "area_code": "310101002001"}
    for start in range(0, VENUES, BATCH):
        part = ids[start : start + BATCH]
        rosters = [each for venue in part for each in _rosters(random, venue)]
        away = [each for row in rosters for each in _absences(random, row)]
        async with opened.sessions.begin() as session:
            await session.execute(insert(tables.Venue), [_venue(random, e, place) for e in part])
            await session.execute(insert(tables.Duty), rosters)
            await session.execute(insert(tables.DutySubstitution), away)


def _hours(random: Random) -> OpeningHours:
    opens, weekdays = random.choice((8, 9, 10)), random.choice((ALL_WEEK, ALL_WEEK[:5]))
    row = {"weekdays": weekdays, "opens": f"{opens:02}:00", "closes": f"{opens + 9}:30"}
    exceptions = [{"on": f"2026-{random.randrange(1, 13):02}-15", "hours": []}]
    return OpeningHours.model_validate({"weekly": [row], "exceptions": exceptions})


def _venue(random: Random, venue_id: UUID, place: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": venue_id,
        "name": "演示站",
        "kind": "library",
        "accessibility": [],
        "search": [],
        "status": "active",
        **place,
        **STAMP,
        **stored(_hours(random)),
    }


def _rosters(random: Random, venue_id: UUID) -> Sequence[dict[str, Any]]:
    periods = zip(QUARTERS, QUARTERS[1:], uuid7s(4), strict=False)
    return [
        {
            "id": duty_id,
            "venue_id": venue_id,
            "valid_from": first,
            "valid_to": after,
            "a_title": "站长",
            "a_phone": "021-1",
            "a_person_id": None,
            "b_title": "社工",
            "b_phone": "021-2",
            "b_person_id": None,
            "a_hours": random.choice((None, _hours(random).model_dump(mode="json"))),
            "b_hours": random.choice((None, _hours(random).model_dump(mode="json"))),
            "uncovered_minutes": 0,
            **STAMP,
        }
        for first, after, duty_id in periods
    ]


def _absences(random: Random, duty: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Every other week a day or two of one post."""
    midnight = datetime.combine(duty["valid_from"], clock(), CITY_ZONE)
    found = []
    for number, own in enumerate(uuid7s(ABSENCES)):
        start = midnight + timedelta(days=14 * number + random.randrange(10), hours=8)
        found.append(
            {
                "duty_id": duty["id"],
                "id": own,
                "post": random.choice("ab"),
                "starts_at": start,
                "ends_at": start + timedelta(days=random.randrange(1, 3)),
                "reason": "leave",
                "title": None,
                "phone": None,
                "person_id": None,
                "recorded_at": NOW,
                "recorded_by": "b",
                "cancelled_at": None,
            }
        )
    return found
