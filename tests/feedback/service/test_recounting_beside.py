"""A notice on two connections: what it waits for is as new as what it then writes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from common.crypto.fields import place
from common.crypto.keys import Keys
from common.db import database
from common.ids import uuid7
from common.records import made
from deploy.local.environment import Urls
from feedback import tables
from feedback.queries import cases as case_queries
from feedback.queries import dispatches as queries
from feedback.queries import escalating
from feedback.queries.ground import ground
from feedback.usecases import recounting
from feedback.usecases.clockwork import CLOCKWORK
from tests.feedback.cases import Sessions
from tests.feedback.crowd import overdue_cases
from tests.feedback.service.test_dispatches import CLINIC, VENUE
from tests.feedback.service.test_escalation import NOTICE


@pytest.fixture
async def two(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions on connections of their own."""
    async with database(fresh_database.app, pool_size=3) as opened:
        yield opened.sessions


async def test_a_notice_that_waits_for_an_answer_goes_by_the_deadlines_of_after(
    two: Sessions, keys: Keys
) -> None:
    then, sooner = datetime(2026, 12, 31, 2, tzinfo=UTC), datetime(2027, 1, 4, 16, tzinfo=UTC)
    async with two.begin() as session:
        cases = await overdue_cases(session, 2, keys, now=then)
        works = [sent_work(keys, case_id, then) for case_id in cases]
        session.add_all(works)
        notice = tables.CalendarNotice(
            **{name: NOTICE[name] for name in ("title", "year", "source")},
            issued_on=date(2026, 11, 4),
            arranged={"holidays": NOTICE["holidays"], "working": NOTICE["working"]},
            first_on=date(2027, 1, 1),
            **made(CLOCKWORK, then),
        )
        session.add(notice)
        for case_id in cases:
            case = await session.get_one(tables.Case, case_id)
            case.due_at, case.escalates_at = datetime(2027, 1, 8, 16, tzinfo=UTC), None

    async def recounted() -> None:
        async with two.begin() as session:
            stands = await ground(session)
            await recounting.recount(session, stands, notice, now=then)

    async with two.begin() as answering:
        await case_queries.locked(answering, cases[0])
        answered = await queries.locked(answering, works[0].id)
        answered.status, answered.answered_at = "done", then
        await answering.flush()
        waits = asyncio.create_task(recounted())
        await asyncio.sleep(0.5)
        async with two.begin() as hotline:
            (await hotline.get_one(tables.Case, cases[1])).due_at = sooner
        assert not waits.done()
    await waits

    async with two() as session:
        first, second = [await session.get_one(tables.Dispatch, work.id) for work in works]
    assert (first.status, first.version) == ("done", 1)
    assert (second.due_at, second.version) == (sooner, 2)


async def test_a_case_becomes_due_sooner_only_before_or_after_a_notice(
    two: Sessions, keys: Keys
) -> None:
    """Otherwise the notice would give the house the time of before, beyond the case."""
    then, sooner = datetime(2026, 12, 31, 2, tzinfo=UTC), datetime(2027, 1, 5, 16, tzinfo=UTC)
    async with two.begin() as session:
        [case_id] = await overdue_cases(session, 1, keys, now=then)
        (await session.get_one(tables.Case, case_id)).due_at = datetime(2027, 1, 8, 16, tzinfo=UTC)
        work = sent_work(keys, case_id, then)
        work.due_at = sooner
        session.add(work)
        await session.flush()
    since = datetime(2027, 1, 1, tzinfo=UTC)

    async def recounted() -> None:
        async with two.begin() as session:
            due_of = await escalating.due_of_cases_at_work(session, since)
            [found] = await escalating.open_dispatches(session, due_of, since)
            found.due_at = due_of[case_id].at

    async with two.begin() as hotline:
        (await hotline.get_one(tables.Case, case_id)).due_at = sooner
        await hotline.flush()
        waits = asyncio.create_task(recounted())
        await asyncio.sleep(0.5)
        assert not waits.done()
    await waits

    async with two() as session:
        assert (await session.get_one(tables.Dispatch, work.id)).due_at == sooner


def sent_work(keys: Keys, case_id: UUID, then: datetime) -> tables.Dispatch:
    """Work that waits beyond what the calendar of then tells."""
    dispatch_id = uuid7()
    return tables.Dispatch(
        id=dispatch_id,
        case_id=case_id,
        area_code="310101002001",
        line="civil_affairs",
        organisation_id=UUID(CLINIC),
        venue_id=UUID(VENUE),
        status="sent",
        words=keys.fields.seal("三楼老人测血压", context=place("dispatch", "words", dispatch_id)),
        sent_at=then,
        due_at=datetime(2027, 1, 6, 16, tzinfo=UTC),
        is_due_provisional=True,
        **made(CLOCKWORK, then),
    )
