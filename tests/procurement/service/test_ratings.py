"""Ratings as they are kept: soon after new evidence, every day, and as of any day in the past."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, select, text

from common.clock import city_day
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension as D
from procurement import tables
from procurement.domain.evidence import Told
from procurement.queries import ratings as queries
from procurement.queries.evidence import Cell
from procurement.usecases import evidence, rating_jobs, ratings
from tests.procurement.organisations import CELL, SUPPLIER, Sessions, told

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
KEPT = ("level", "expected", "lower_bound", "upper_bound", "ratings", "effective_ratings", "buyers")
BUYERS = [UUID(f"01900000-0000-7000-8000-00000000b{n:03}") for n in range(4)]


def praise(levels: Sequence[int] = (5, 4), buyers: int = 3, **more: object) -> list[Told]:
    """What residents of several buyers said."""
    return [
        told(level, buyer_id=buyer, **more)
        for buyer in BUYERS[:buyers]
        for level in levels
        for _ in range(4)
    ]


async def recorded(sessions: Sessions, said: Sequence[Told], now: datetime) -> None:
    async with sessions.begin() as session:
        await evidence.record(session, said, now=now)


async def refreshed(sessions: Sessions, now: datetime) -> None:
    async with sessions.begin() as session:
        taken = await rating_jobs.counts.take_due(session, 1000)
        await rating_jobs.renew(session, taken, now=now)


async def recomputed(sessions: Sessions, now: datetime) -> None:
    async with sessions.begin() as session:
        await rating_jobs.freeze_priors(session, city_day(now), now=now)
        every = await rating_jobs.counts.providers(session)
        await rating_jobs.renew_providers(session, every, now=now)


async def stands(sessions: Sessions, cell: Cell = CELL) -> Row[Any]:
    async with sessions() as session:
        return (await queries.standing(session, [cell]))[cell]


async def grades(sessions: Sessions) -> list[int | None]:
    async with sessions() as session:
        g = tables.Grade
        return [*await session.scalars(select(g.level).order_by(g.from_at))]


def numbers(row: Row[Any]) -> list[object]:
    return [getattr(row, name) for name in KEPT]


async def test_new_evidence_makes_a_rating(sessions: Sessions) -> None:
    await recorded(sessions, praise(), NOW)
    await refreshed(sessions, NOW)
    row = await stands(sessions)

    assert (row.is_rated, row.level, row.ratings, row.buyers) == (True, 4, 24, 3)
    assert row.lower_bound is not None
    assert row.upper_bound is not None
    assert 0.5 < row.lower_bound < row.upper_bound < 1
    assert (row.prior_version, row.as_of_on) == ("neutral", date(2026, 3, 2))
    assert await grades(sessions) == [4]


async def test_a_rating_that_moves_writes_to_no_index(sessions: Sessions) -> None:
    await recorded(sessions, praise(), NOW)
    await refreshed(sessions, NOW)
    before = numbers(await stands(sessions))
    await recorded(sessions, praise((1,)), NOW)
    written = text(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"
        " WHERE relname = 'provider_rating'"
    )
    async with sessions.begin() as session:
        found = (await session.execute(written)).one()
        await rating_jobs.renew(session, [CELL], now=NOW)
        after = (await session.execute(written)).one()

    assert numbers(await stands(sessions)) != before
    assert [new - old for new, old in zip(after, found, strict=True)] == [1, 1]


async def test_ratings_of_other_cells_stay_out_of_what_stands(sessions: Sessions) -> None:
    other = Cell(CELL.provider_id, "day_care", CELL.dimension)
    await recorded(sessions, [*praise(), *praise(category=other.category)], NOW)
    await refreshed(sessions, NOW)
    async with sessions() as session:
        found = await queries.standing(session, [other])

    assert [*found] == [other]
    assert found[other].category == other.category


async def test_one_buyer_is_not_enough_for_a_rating_however_much_it_says(
    sessions: Sessions,
) -> None:
    await recorded(sessions, praise(buyers=1) * 5, NOW)
    await refreshed(sessions, NOW)
    row = await stands(sessions)

    assert (row.is_rated, row.level, row.expected, row.buyers) == (False, None, None, 1)
    assert row.ratings == 8


async def test_the_rating_soon_after_is_the_one_of_the_daily_computation_bit_by_bit(
    sessions: Sessions,
) -> None:
    others = [replace(each, provider_id=uuid4(), source_id=uuid4()) for each in praise((1, 3, 5))]
    await recorded(sessions, [*praise((5, 4, 2)), *others], NOW)
    await refreshed(sessions, NOW)
    soon = numbers(await stands(sessions))
    async with sessions.begin() as session:
        every = await rating_jobs.counts.providers(session)
        await rating_jobs.renew_providers(session, every, now=NOW)

    assert numbers(await stands(sessions)) == soon


async def test_a_past_day_is_computed_as_it_was_known_then(sessions: Sessions) -> None:
    said = praise((4, 2))
    await recorded(sessions, said, NOW)
    await refreshed(sessions, NOW)
    then = numbers(await stands(sessions))
    later = NOW + timedelta(days=40)
    changed = [replace(each, levels={}) for each in said[:3]]
    await recorded(sessions, [*changed, *praise((1,))], later)
    await refreshed(sessions, later)
    now = numbers(await stands(sessions))
    async with sessions() as session:
        past, levels = await ratings.as_of(session, [CELL], date(2026, 3, 2), now=later)
        today, levels_today = await ratings.as_of(session, [CELL], date(2026, 4, 11), now=later)

    for (computed, level), kept in (((past, levels), then), ((today, levels_today), now)):
        found = computed.found
        assert [level[CELL], found.expected[0], found.lower[0], found.upper[0]] == kept[:4]
        assert [found.evidence[0], found.effective[0], found.buyers[0]] == kept[4:]
    assert then != now


async def test_a_level_holds_until_the_whole_interval_has_moved(sessions: Sessions) -> None:
    await recorded(sessions, praise((5, 4)), NOW)
    await refreshed(sessions, NOW)
    april = datetime(2026, 4, 5, 2, tzinfo=UTC)
    await recorded(sessions, [*praise((2,)), *praise((2,), buyers=1)], april)
    await refreshed(sessions, april)
    held = await stands(sessions)
    await recorded(sessions, praise((1, 1, 1, 1, 1)), april)
    await refreshed(sessions, april + timedelta(hours=1))
    fell = await stands(sessions)

    assert (held.level, held.anchor_level, held.anchor_on) == (4, 4, date(2026, 3, 31))
    assert held.expected is not None
    assert held.expected < 0.625  # by its score alone it would be a three
    assert fell.level is not None
    assert fell.level < 4
    assert await grades(sessions) == [4, fell.level]


async def test_a_judgement_counts_on_the_day_after_the_last_one_to_reply(
    sessions: Sessions,
) -> None:
    await recorded(sessions, praise(), NOW)
    await recorded(sessions, [told(1, source=EvidenceSource.VIOLATION, buyer_id=BUYERS[0])], NOW)
    await recomputed(sessions, NOW)
    waiting = await stands(sessions)
    await recomputed(sessions, datetime(2026, 3, 16, 12, tzinfo=UTC))
    still = await stands(sessions)
    await recomputed(sessions, datetime(2026, 3, 17, 12, tzinfo=UTC))
    counted = await stands(sessions)

    assert (waiting.ratings, waiting.reply_until_on) == (24, date(2026, 3, 16))
    assert (still.ratings, still.reply_until_on) == (24, date(2026, 3, 16))
    assert (counted.ratings, counted.reply_until_on) == (25, None)
    assert counted.lower_bound is not None
    assert still.lower_bound is not None
    assert counted.lower_bound < still.lower_bound


async def test_priors_are_frozen_once_a_day_and_tell_their_version(sessions: Sessions) -> None:
    said = [
        told(level, provider_id=UUID(int=provider), buyer_id=buyer)
        for provider in range(1, 8)
        for buyer in BUYERS[:2]
        for level in (4, 5, provider % 5 + 1)
    ]
    await recorded(sessions, said, NOW)
    tomorrow = NOW + timedelta(days=1)
    await recomputed(sessions, tomorrow)
    cell = Cell(UUID(int=3), "meal_service", "overall")
    first = await stands(sessions, cell)
    await recorded(sessions, [replace(each, levels={}) for each in said[6:]], tomorrow)
    await recomputed(sessions, tomorrow + timedelta(hours=2))
    async with sessions() as session:
        frozen = await queries.priors(session, date(2026, 3, 3))
        before = await queries.priors(session, date(2026, 3, 2))

    assert first.prior_version == frozen.version == "2026-03-03"
    assert frozen.of(cell).providers == 7
    assert frozen.of(Cell(SUPPLIER, "another", "overall")).providers == 7  # of all categories
    assert before.version == "neutral"


async def test_evidence_in_the_dimensions_makes_a_rating_of_each(sessions: Sessions) -> None:
    levels = {D.OVERALL: 5, D.ATTITUDE: 3}
    await recorded(sessions, praise(levels=(5,), buyers=3), NOW)
    await recorded(sessions, [told(levels=levels, buyer_id=buyer) for buyer in BUYERS[:3]], NOW)
    await refreshed(sessions, NOW)
    attitude = await stands(sessions, CELL._replace(dimension="attitude"))

    assert (attitude.ratings, (await stands(sessions)).ratings) == (3, 15)
