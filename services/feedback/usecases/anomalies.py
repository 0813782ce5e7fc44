"""Looking for what a person should look at, and writing down what that person found."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

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
from feedback.queries.anomalies import Body

KIND: Final = "anomaly"
_OWN: Final = (RatingChannel.SELF, RatingChannel.QR_CODE)


async def look(session: AsyncSession, *, now: datetime) -> int:
    """Look at the ratings of the last four weeks and yesterday; how many new questions."""
    since = city_day(now) - timedelta(days=rules.BASELINE_DAYS + 2)
    rows = [
        *await _bursts(session, since, now),
        *await _devices(session, since, now),
        *await _alike(session, since, now),
    ]
    return sum([await queries.raise_one(session, row) for row in rows])


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


async def _bursts(session: AsyncSession, since: date, now: datetime) -> Sequence[dict[str, Any]]:
    """Yesterday, against the four weeks before it."""
    day = city_day(now) - timedelta(days=1)
    rows = []
    for body, numbers in (await queries.days(session, since)).items():
        found = numbers.get(day, 0)
        before = sum(number for on, number in numbers.items() if on < day)
        if rules.is_burst(found, before):
            row = _row(AnomalyKind.BURST, body, f"{body.area_code}.{day}", now)
            row |= {"found": found, "expected": rules.usual(before)}
            row["reason"] = f"{day} 收到 {found} 条评价，平日约 {rules.usual(before):.1f} 条"
            row["rating_ids"] = [*await queries.of_day(session, body, day)]
            rows.append(row)
    return rows


async def _devices(session: AsyncSession, since: date, now: datetime) -> Sequence[dict[str, Any]]:
    """Staff's devices against residents' own, once a month."""
    rows, nothing = [], Levels.of({})
    for body, channels in (await queries.levels(session, since)).items():
        device = channels.get(RatingChannel.STAFF_DEVICE, nothing)
        own = sum((channels.get(each, nothing) for each in _OWN), nothing)
        lift = rules.uplift(device, own)
        if lift is not None:
            trace = f"{body.area_code}.{city_day(now):%Y-%m}"
            row = _row(AnomalyKind.DEVICE, body, trace, now)
            row |= {"found": device.number, "expected": float(own.number)}
            row["reason"] = f"窗口设备的均值比居民自评高 {lift:.2f}（满分 1）"
            rows.append(row)
    return rows


async def _alike(session: AsyncSession, since: date, now: datetime) -> Sequence[dict[str, Any]]:
    """Texts about one body that are alike; a group keeps its name when it grows."""
    rows = []
    for body, fingerprints in (await queries.texts(session, since)).items():
        for group in alike(fingerprints):
            if len(group) >= rules.ALIKE:
                row = _row(AnomalyKind.ALIKE, body, str(group[0]), now)
                row |= {"found": len(group), "expected": 1.0, "rating_ids": group}
                row["reason"] = f"{len(group)} 条文字评价雷同"
                rows.append(row)
    return rows


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
