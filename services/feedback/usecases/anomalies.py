"""Looking for what a person should look at, and writing down what that person found."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feedback import RatingChannel
from common.contracts.feedback_statistics import AnomalyKind, ReviewIn
from common.edge import must_match
from common.ids import uuid7
from common.records import name_of
from feedback import tables
from feedback.domain import anomalies as rules
from feedback.domain.likeness import alike
from feedback.domain.scores import Levels
from feedback.queries import anomalies as queries
from feedback.queries import chores
from feedback.queries.anomalies import Body

Sessions = async_sessionmaker[AsyncSession]
KIND: Final = "anomaly"
CHORE: Final = "rating-anomalies"
PAUSE: Final = timedelta(hours=6)
_OWN: Final = (RatingChannel.SELF, RatingChannel.QR_CODE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to look at, of the last weeks, by body."""

    days: Mapping[Body, Mapping[date, int]]
    levels: Mapping[Body, Mapping[RatingChannel, Levels]]
    texts: Mapping[Body, Mapping[UUID, int]]


async def look(sessions: Sessions, *, now: datetime) -> int:
    """Look at the ratings of the last four weeks and yesterday; how many new questions.

    Now and then, one process for all: whoever is killed half-way leaves it to the next. No
    transaction is open while a city's ratings are compared, and a question is raised once.
    """
    async with sessions() as session:
        if not await chores.waits(session, CHORE, now=now, pause=PAUSE):
            return 0
        seen = await _seen(session, now)
    rows = await asyncio.get_running_loop().run_in_executor(None, _questions, seen, now)
    async with sessions.begin() as session:
        if not await chores.is_due(session, CHORE, now=now, pause=PAUSE):
            return 0
        return sum([await _raise(session, row, now) for row in rows])


async def is_due(session: AsyncSession, *, now: datetime) -> bool:
    """Whether nobody has looked for a while."""
    return await chores.waits(session, CHORE, now=now, pause=PAUSE)


async def _seen(session: AsyncSession, now: datetime) -> Seen:
    since = city_day(now) - timedelta(days=rules.BASELINE_DAYS + 2)
    return Seen(
        await queries.days(session, since),
        await queries.levels(session, since),
        await queries.texts(session, since),
    )


def _questions(seen: Seen, now: datetime) -> list[dict[str, Any]]:
    return [*_bursts(seen, now), *_devices(seen, now), *_alike(seen, now)]


async def _raise(session: AsyncSession, row: dict[str, Any], now: datetime) -> bool:
    """Raise a question, once for one thing; a burst names the ratings of its day."""
    if row["kind"] is AnomalyKind.BURST:
        body = Body(row["provider_id"], row["area_code"])
        row["rating_ids"] = [*await queries.of_day(session, body, _yesterday(now))]
    return await queries.raise_one(session, row)


async def review(
    session: AsyncSession,
    anomaly_id: UUID,
    said: ReviewIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Anomaly:
    """Say what was found; the ratings stay as they are."""
    row = await queries.locked(session, anomaly_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    row.finding, row.reviewed_at, row.reviewed_by = said.finding, now, name_of(by)
    row.version += 1
    audit.note(
        session,
        by,
        action="anomaly.review",
        target=(KIND, row.id),
        area=row.area_code,
        after={"kind": row.kind},
        reason=said.finding,
    )
    return row


def _yesterday(now: datetime) -> date:
    return city_day(now) - timedelta(days=1)


def _bursts(seen: Seen, now: datetime) -> Iterator[dict[str, Any]]:
    """Yesterday, against the four weeks before it."""
    day = _yesterday(now)
    for body, numbers in seen.days.items():
        found = numbers.get(day, 0)
        before = sum(number for on, number in numbers.items() if on < day)
        if rules.is_burst(found, before):
            row = _row(AnomalyKind.BURST, body, f"{body.area_code}.{day}", now)
            row |= {"found": found, "expected": rules.usual(before)}
            row["reason"] = f"{day} 收到 {found} 条评价，平日约 {rules.usual(before):.1f} 条"
            yield row


def _devices(seen: Seen, now: datetime) -> Iterator[dict[str, Any]]:
    """Staff's devices against residents' own, once a month."""
    nothing = Levels.of({})
    for body, channels in seen.levels.items():
        device = channels.get(RatingChannel.STAFF_DEVICE, nothing)
        own = sum((channels.get(each, nothing) for each in _OWN), nothing)
        lift = rules.uplift(device, own)
        if lift is not None:
            trace = f"{body.area_code}.{city_day(now):%Y-%m}"
            row = _row(AnomalyKind.DEVICE, body, trace, now)
            row |= {"found": device.number, "expected": float(own.number)}
            row["reason"] = f"窗口设备的均值比居民自评高 {lift:.2f}（满分 1）"
            yield row


def _alike(seen: Seen, now: datetime) -> Iterator[dict[str, Any]]:
    """Texts about one body that are alike; a group keeps its name when it grows."""
    for body, fingerprints in seen.texts.items():
        for group in alike(fingerprints):
            if len(group) >= rules.ALIKE:
                row = _row(AnomalyKind.ALIKE, body, str(group[0]), now)
                row |= {"found": len(group), "expected": 1.0, "rating_ids": group}
                row["reason"] = f"{len(group)} 条文字评价雷同"
                yield row


def _row(kind: AnomalyKind, body: Body, trace: str, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "kind": kind,
        "provider_id": body.provider_id,
        "category": None,
        "area_code": body.area_code,
        "trace": trace,
        "seen_on": city_day(now),
        "rating_ids": [],
        "version": 1,
    }
