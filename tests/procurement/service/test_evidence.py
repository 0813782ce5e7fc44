"""Evidence as it is recorded: one source has one say; ties decide whose word weighs nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension as D
from procurement import tables
from procurement.domain.evidence import Told
from procurement.usecases import evidence
from tests.procurement.organisations import (
    CELL,
    STREET,
    SUPPLIER,
    Sessions,
    due_cells,
    made,
    provider_row,
    standing_evidence,
    told,
)


async def recorded(sessions: Sessions, said: Sequence[Told], now: datetime) -> None:
    async with sessions.begin() as session:
        await evidence.record(session, said, now=now)


def facts(rows: Sequence[tables.Evidence]) -> list[tuple[object, ...]]:
    return [(row.source_id, row.dimension, row.level, row.counts_from_on) for row in rows]


async def test_what_is_told_is_kept_and_its_rating_is_due(
    sessions: Sessions, now: datetime
) -> None:
    await recorded(sessions, [told(4)], now)
    (row,) = await standing_evidence(sessions)

    assert (row.level, row.buyer_id, row.is_related, row.known_from) == (4, STREET, False, now)
    assert await due_cells(sessions) == [CELL]


async def test_what_is_told_twice_is_no_news(sessions: Sessions, now: datetime) -> None:
    said = [told(level) for level in (1, 3, 5)]
    await recorded(sessions, said, now)
    before = await standing_evidence(sessions)
    await recorded(sessions, [*said, *said], now + timedelta(days=1))

    assert facts(await standing_evidence(sessions)) == facts(before)
    assert await due_cells(sessions) == [CELL]


async def test_the_order_of_sources_changes_nothing(sessions: Sessions, now: datetime) -> None:
    said = [told(level) for level in (1, 2, 3, 4)]
    await recorded(sessions, said[:2], now)
    await recorded(sessions, said[2:], now)
    forth = facts(await standing_evidence(sessions))
    taken_back = [replace(each, levels={}) for each in said]
    await recorded(sessions, taken_back, now)
    await recorded(sessions, said[::-1], now)

    assert facts(await standing_evidence(sessions)) == forth


async def test_a_source_that_changes_its_word_ends_the_old_and_begins_the_new(
    sessions: Sessions, now: datetime
) -> None:
    said = told(levels={D.OVERALL: 5, D.VALUE: 4})
    later = now + timedelta(days=3)
    await recorded(sessions, [said], now)
    await recorded(sessions, [replace(said, levels={D.OVERALL: 2})], later)
    (row,) = await standing_evidence(sessions)
    async with sessions() as session:
        e = tables.Evidence
        ended = await session.scalar(select(func.count()).where(e.known_to == later))

    assert (row.level, row.known_from, ended) == (2, later, 2)
    assert {cell.dimension for cell in await due_cells(sessions)} == {"overall", "value"}


async def test_a_source_that_takes_its_word_back_leaves_a_trace_only(
    sessions: Sessions, now: datetime
) -> None:
    said = told()
    await recorded(sessions, [said], now)
    await recorded(sessions, [replace(said, levels={})], now + timedelta(hours=1))

    assert await standing_evidence(sessions) == []
    assert await due_cells(sessions) == [CELL, CELL]


async def test_an_acceptance_counts_when_the_days_to_reply_are_over(
    sessions: Sessions, now: datetime
) -> None:
    await recorded(sessions, [told(3, source=EvidenceSource.ACCEPTANCE)], now)
    (row,) = await standing_evidence(sessions)

    assert row.counts_from_on == date(2026, 3, 17)


@pytest.mark.parametrize(
    ("to_on", "related"), [(date(2023, 2, 20), True), (date(2023, 2, 19), False)]
)
async def test_the_word_of_a_buyer_that_raised_the_provider_weighs_nothing(
    sessions: Sessions, now: datetime, to_on: date, related: bool
) -> None:
    async with sessions.begin() as session:
        session.add(provider_row(now))
        await session.flush()
        session.add(tie_row(now, to_on))
    await recorded(sessions, [told(), told(buyer_id=uuid4())], now)
    rows = await standing_evidence(sessions)

    assert {row.buyer_id == STREET: row.is_related for row in rows} == {True: related, False: False}


async def test_a_tie_that_comes_to_light_later_takes_the_weight_away(
    sessions: Sessions, now: datetime
) -> None:
    said = told(source=EvidenceSource.ACCEPTANCE)
    await recorded(sessions, [said], now)
    later = now + timedelta(days=5)
    async with sessions.begin() as session:
        session.add(provider_row(now))
        await session.flush()
        session.add(tie_row(now, None))
        await session.flush()
        await evidence.weigh(session, SUPPLIER, now=later)
    (row,) = await standing_evidence(sessions)

    assert (row.is_related, row.known_from) == (True, later)
    assert row.counts_from_on == date(2026, 3, 17)  # the days to reply do not begin anew


@pytest.mark.parametrize(("source", "blame"), [("declared", False), ("recorded", True)])
async def test_a_provider_takes_praise_from_itself_by_its_own_word_and_no_blame(
    sessions: Sessions, now: datetime, source: str, *, blame: bool
) -> None:
    """Whether the tie comes before the evidence or after it."""
    first, later = [told(1), told(3), told(5)], [told(1), told(5)]
    await recorded(sessions, first, now)
    async with sessions.begin() as session:
        session.add(provider_row(now))
        await session.flush()
        tie = tie_row(now, None)
        tie.source = source
        session.add(tie)
        await session.flush()
        await evidence.weigh(session, SUPPLIER, now=now + timedelta(days=1))
    await recorded(sessions, later, now + timedelta(days=2))
    rows = await standing_evidence(sessions)

    assert sorted((row.level, row.is_related) for row in rows) == [
        *((1, blame), (1, blame), (3, blame)),
        *((5, True), (5, True)),
    ]


def tie_row(now: datetime, to_on: date | None, organisation_id: UUID = STREET) -> tables.Tie:
    return tables.Tie(
        provider_id=SUPPLIER,
        organisation_id=organisation_id,
        kind="incubator",
        source="recorded",
        from_on=date(2020, 1, 1),
        to_on=to_on,
        **made(now),
    )
