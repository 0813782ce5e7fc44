"""The demo city's ratings count as ratings do, and most are praise."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.demo import DemoOffering
from feedback import tables
from feedback.demo.load import load
from feedback.demo.ratings import ratings_of
from feedback.queries import tallies
from tests.demo_offerings import demo_offering

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
COUNT = 1_500
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def offerings() -> list[DemoOffering]:
    """Offerings of five bodies in two streets."""
    return [demo_offering(street, "meal_delivery") for street in (2, 3, 2, 3, 2)]


def test_nine_of_ten_are_a_five_and_bodies_differ_in_the_rest(
    offerings: list[DemoOffering],
) -> None:
    said = [
        each for each in ratings_of(offerings, 20_000, seed=1, now=NOW) if each.channel != "default"
    ]
    bad = Counter(each.offering.provider_id for each in said if each.level <= 2)

    assert 0.8 < sum(each.level == 5 for each in said) / len(said) < 0.95
    assert max(bad.values()) > 1.5 * min(bad.values())
    assert all(each.served_at <= each.rated_at <= NOW for each in said)


async def test_the_figures_add_up_to_the_ratings(
    sessions: Sessions, offerings: list[DemoOffering]
) -> None:
    async with sessions.begin() as session:
        counts = await load(session, offerings, COUNT, now=NOW)
        while await tallies.add_up(session):
            pass

    async with sessions() as session:
        told = dict((await session.execute(_TOLD)).all())
        counted = dict((await session.execute(_COUNTED)).all())
        given = await session.scalar(
            select(func.sum(tables.Tally.count)).where(tables.Tally.channel == tallies.SERVED)
        )
    assert counts["rating"] == COUNT == given
    assert counted == told


_TOLD = select(tables.Rating.level, func.count()).group_by(tables.Rating.level)
_COUNTED = (
    select(tables.Tally.level, func.sum(tables.Tally.count))
    .where(tables.Tally.channel != tallies.SERVED)
    .group_by(tables.Tally.level)
)


async def test_each_bad_rating_has_its_loop_and_each_rating_its_service_and_its_mark(
    sessions: Sessions, offerings: list[DemoOffering]
) -> None:
    async with sessions.begin() as session:
        counts = await load(session, offerings, COUNT, now=NOW)

    async with sessions() as session:
        odd = await session.scalar(_ODD)
        marks = await session.scalar(text("SELECT count(*) FROM feed_outbox"))
        loops = await session.scalar(select(func.count()).select_from(tables.BadRating))
        bad = await session.scalar(
            select(func.count()).select_from(tables.Rating).where(tables.Rating.level <= 2)
        )
    assert odd == 0
    assert marks == COUNT
    assert loops == bad == counts["bad_rating"] > 0


_ODD = text(
    "SELECT count(*) FROM rating r FULL JOIN delivery d ON d.id = r.referral_id"
    " WHERE d.rating_id IS DISTINCT FROM r.id OR d.offering_id <> r.offering_id"
)
