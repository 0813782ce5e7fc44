"""A notice moves the rungs of a ladder that are still to come, also of what was due before it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from common.crypto.keys import Keys
from common.db import database
from common.records import made
from feedback import tables, worker
from feedback.usecases import bad_ratings
from feedback.usecases.clockwork import CLOCKWORK
from tests.feedback.cases import Sessions
from tests.feedback.crowd import overdue_cases
from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER
from tests.feedback.service.test_late_steps import asked
from tests.harness import Urls

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)  # a Tuesday morning in the city
DUE = datetime(2026, 3, 9, 16, tzinfo=UTC)  # the end of Monday


def end_of(day: int) -> datetime:
    return datetime(2026, 3, day, 16, tzinfo=UTC)


@pytest.fixture
async def sessions(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions on connections of their own."""
    async with database(fresh_database.app) as opened:
        yield opened.sessions


async def test_a_day_of_rest_puts_off_to_whom_what_is_late_is_told_next(
    sessions: Sessions, keys: Keys
) -> None:
    """All was due on Monday; on Tuesday Wednesday becomes a day of rest."""
    request_id, bad = await asked(sessions), rating(PROVIDER, 1)
    await rated(sessions, bad)
    async with sessions.begin() as session:
        [case_id] = await overdue_cases(session, 1, keys, now=NOW)
        case = await session.get_one(tables.Case, case_id)
        case.due_at = case.escalates_at = case.contact_due_at = DUE
        case.received_at = datetime(2026, 3, 6, 2, tzinfo=UTC)
        request = await session.get_one(tables.Supervision, request_id)
        request.requested_at, request.due_at = datetime(2026, 3, 4, 2, tzinfo=UTC), DUE
        await bad_ratings.open_if_bad(session, bad, now=datetime(2026, 3, 2, 4, tzinfo=UTC))
        await session.flush()
        loop = await session.get_one(tables.BadRating, bad.id)
        loop.status, loop.verified_at, loop.finding = "verified", NOW, "substantiated"

    async def nexts() -> list[object]:
        async with sessions() as session:
            case = await session.get_one(tables.Case, case_id)
            request = await session.get_one(tables.Supervision, request_id)
            loop = await session.get_one(tables.BadRating, bad.id)
        assert (case.due_at, case.contact_due_at, request.due_at) == (DUE, DUE, DUE)
        told = [case.escalates_at, case.contact_escalates_at, request.escalates_at]
        return [*told, loop.escalates_on, (case.version, request.version, loop.version)]

    await worker.escalate(sessions, now=NOW)
    await worker.tell_late(sessions, now=NOW)
    await worker.tell_late(sessions, now=NOW + timedelta(hours=16))  # of contacts the second
    *before, versions = await nexts()
    async with sessions.begin() as session:
        rest = {"name": "临时放假", "first": "2026-03-11", "last": "2026-03-11"}
        notice = tables.CalendarNotice(
            title="调整放假安排的通知（测试用假设）",
            year=None,
            source="https://www.gov.cn/zhengce/content/test-2026.htm",
            issued_on=date(2026, 3, 10),
            arranged={"holidays": [rest], "working": []},
            first_on=date(2026, 3, 11),
            **made(CLOCKWORK, NOW),
        )
        session.add(notice)
    await worker.recount(sessions, keys, now=NOW + timedelta(hours=17))
    *after, unchanged = await nexts()

    assert before == [end_of(12), end_of(12), end_of(11), date(2026, 3, 13)]
    assert after == [end_of(13), end_of(13), end_of(12), date(2026, 3, 14)]
    assert unchanged == versions
