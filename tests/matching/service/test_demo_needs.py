"""The demo city's needs keep what every need keeps, and show what a year of needs shows."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import CITY_ZONE
from common.demo import DemoOffering
from common.ids import uuid7
from matching import tables
from matching.demo.load import load
from matching.demo.needs import needs_of

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
COUNT = 600
Sessions = async_sessionmaker[AsyncSession]


def offering(capacity: int | None, period: str) -> DemoOffering:
    return DemoOffering(
        *(uuid7(), "meal_delivery", uuid7(), uuid7(), None, "310101002001"),
        *(1200, capacity, period, 121.48, 31.23, ("elderly",)),
    )


@pytest.fixture
def offerings() -> list[DemoOffering]:
    """One with plenty of places, one with a few a month, one that counts none."""
    return [offering(40, "day"), offering(2, "month"), offering(None, "week")]


def test_needs_have_seasons_days_and_hours(offerings: Sequence[DemoOffering]) -> None:
    needs = list(needs_of(offerings, 20_000, seed=1, now=NOW))
    local = [need.opened_at.astimezone(CITY_ZONE) for need in needs]

    by_hour = Counter(at.hour for at in local)
    by_weekday = Counter(at.isoweekday() for at in local)
    by_month = Counter(at.month for at in local)
    assert by_hour[9] > 10 * by_hour[22]
    assert by_weekday[1] > 1.5 * by_weekday[7]
    assert by_month[1] > by_month[4]
    assert all(need.opened_at < NOW for need in needs)


def test_the_same_seed_raises_the_same_needs(offerings: Sequence[DemoOffering]) -> None:
    assert list(needs_of(offerings, 50, seed=7, now=NOW)) == list(
        needs_of(offerings, 50, seed=7, now=NOW)
    )


async def test_places_taken_are_those_of_referrals_and_never_more_than_there_are(
    sessions: Sessions, offerings: list[DemoOffering]
) -> None:
    async with sessions.begin() as session:
        counts = await load(session, offerings, COUNT, now=NOW)

    async with sessions() as session:
        taken = dict((await session.execute(_TAKEN)).all())
        served = dict((await session.execute(_SERVED)).all())
        most = await session.scalar(
            select(func.max(tables.Capacity.taken)).where(
                tables.Capacity.offering_id == offerings[1].id
            )
        )
    assert counts["need"] == COUNT
    assert taken == served
    assert sum(served.values()) == counts["referral"]
    assert most == 2


_TAKEN = text("SELECT offering_id, sum(taken)::int FROM capacity GROUP BY 1")
_SERVED = text("SELECT offering_id, count(*)::int FROM referral GROUP BY 1")


async def test_a_need_is_served_by_its_referral_or_unmet_for_a_reason(
    sessions: Sessions, offerings: list[DemoOffering]
) -> None:
    async with sessions.begin() as session:
        await load(session, offerings, COUNT, now=NOW)

    async with sessions() as session:
        rows = (await session.execute(_FATES)).all()
        marked = await session.scalar(text("SELECT count(*) FROM feed_outbox"))
    fates = {(row.status, row.is_referred, row.has_reason): row.needs for row in rows}
    assert set(fates) <= {
        ("served", True, False),
        ("unmet", False, True),
        ("withdrawn", False, False),
        ("open", False, False),
    }
    assert marked == COUNT + fates[("served", True, False)]


_FATES = text(
    "SELECT n.status, r.id IS NOT NULL AS is_referred, n.unmet_reason IS NOT NULL AS has_reason,"
    " count(*) AS needs FROM need n LEFT JOIN referral r ON r.need_id = n.id GROUP BY 1, 2, 3"
)


async def test_the_numbers_people_are_told_are_unlike_each_other(
    sessions: Sessions, offerings: list[DemoOffering]
) -> None:
    async with sessions.begin() as session:
        await load(session, offerings, COUNT, now=NOW)

    async with sessions() as session:
        numbers = (await session.scalars(select(tables.Need.number))).all()
        ids = (await session.scalars(select(tables.Need.id))).all()
    assert len(set(numbers)) == len(numbers) == len(ids)
    assert all(isinstance(each, UUID) for each in ids)
