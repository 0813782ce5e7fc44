"""Overdue cases go up once each, seen by the superior; deadlines follow a notice with history."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from common.crypto.keys import Keys
from common.db import Database, database
from feedback import tables, worker
from feedback.queries import calendar
from tests.feedback.cases import Sessions, at, key, raised, stepped
from tests.feedback.crowd import overdue_cases
from tests.harness import Urls

Header = dict[str, str]
NOTICE: dict[str, Any] = {
    "title": "国务院办公厅关于2027年部分节假日安排的通知（测试用假设）",
    "year": 2027,
    "issued_on": "2026-11-04",
    "source": "https://www.gov.cn/zhengce/content/test-2027.htm",
    "holidays": [{"name": "元旦", "first": "2027-01-01", "last": "2027-01-03"}],
    "working": ["2027-01-09"],
}


@pytest.fixture
async def many(fresh_database: Urls) -> AsyncIterator[Database]:
    """A database of its own, with connections for several workers."""
    async with database(fresh_database.app, pool_size=6) as opened:
        yield opened


async def test_several_workers_take_each_case_one_level_up(many: Database, keys: Keys) -> None:
    now = datetime(2026, 3, 10, 1, tzinfo=UTC)
    async with many.sessions.begin() as session:
        ids = await overdue_cases(session, 120, keys, now=now)

    taken = await asyncio.gather(
        *(worker.escalate(many.sessions, now=now, batch=25) for _ in range(4))
    )
    again = await worker.escalate(many.sessions, now=now, batch=25)

    async with many.sessions() as session:
        row = tables.CaseEscalation
        count = func.count()
        climbed = (await session.execute(select(row.case_id, count).group_by(row.case_id))).all()
        case = await session.get_one(tables.Case, ids[0])
    assert (sum(taken), again) == (120, 0)
    assert {found.case_id for found in climbed} == set(ids)
    assert {found[1] for found in climbed} == {1}
    assert (case.escalation_level, case.overdue_at) == (1, case.due_at)
    assert case.escalates_at is not None
    assert case.escalates_at > now


async def test_the_same_level_of_the_same_clock_is_never_kept_twice(
    many: Database, keys: Keys
) -> None:
    now = datetime(2026, 3, 10, 1, tzinfo=UTC)
    async with many.sessions.begin() as session:
        await overdue_cases(session, 1, keys, now=now)
    await worker.escalate(many.sessions, now=now)

    with pytest.raises(IntegrityError):
        async with many.sessions.begin() as session:
            await session.execute(
                text(
                    "INSERT INTO case_escalation SELECT case_id, clock, level, at"
                    " FROM case_escalation"
                )
            )


async def test_an_overdue_case_climbs_to_the_city_and_no_further(
    many: Database, keys: Keys
) -> None:
    now = datetime(2026, 3, 10, 1, tzinfo=UTC)
    async with many.sessions.begin() as session:
        ids = await overdue_cases(session, 1, keys, now=now)

    for days in range(30):
        await worker.escalate(many.sessions, now=now + timedelta(days=days))

    async with many.sessions() as session:
        case = await session.get_one(tables.Case, ids[0])
        steps = (
            await session.scalars(
                select(tables.CaseStep.action).where(tables.CaseStep.case_id == ids[0])
            )
        ).all()
    assert (case.escalation_level, case.escalates_at) == (3, None)
    assert steps == ["escalate"] * 3
    assert case.version == 4


async def test_what_is_overdue_is_listed_and_cannot_be_extended_away(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    head: Header,
    city: Header,
    sessions: Sessions,
) -> None:
    case = await raised(client, resident)
    async with sessions.begin() as session:
        row = await session.get_one(tables.Case, case["id"])
        row.due_at = row.escalates_at = row.received_at
    later = datetime.fromisoformat(case["received_at"]) + timedelta(seconds=5)
    await worker.escalate(sessions, now=later)

    listed = await client.get("/v1/cases", params={"overdue": True}, headers=city)
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=clerk)).json()
    asked = await client.post(
        f"/v1/cases/{case['id']}/extension",
        json={"words": "事后补延期手续"},
        headers={**head, **key(), "If-Match": f'"v{shown["version"]}"'},
    )
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=head)).json()

    assert [row["id"] for row in listed.json()["items"]] == [case["id"]]
    assert (shown["escalation_level"], shown["overdue_at"]) == (1, shown["due_at"])
    assert asked.json()["type"] == "too-late-to-extend"
    assert [each["level"] for each in deadline["escalations"]] == [1]


async def test_an_answered_case_does_not_climb(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    case = await raised(client, resident)
    await stepped(client, clerk, case, "status", status="answered", words="已安排专人跟进")

    async with sessions() as session:
        row = await session.get_one(tables.Case, case["id"])
    assert row.escalates_at is None


async def test_only_the_city_loads_a_notice_and_each_source_once(
    client: httpx.AsyncClient, head: Header, city: Header
) -> None:
    refused = await client.post("/v1/calendar/notices", json=NOTICE, headers={**head, **key()})
    wrong = await client.post(
        "/v1/calendar/notices",
        json={**NOTICE, "working": ["2027-01-08"]},
        headers={**city, **key()},
    )
    loaded = await client.post("/v1/calendar/notices", json=NOTICE, headers={**city, **key()})
    twice = await client.post("/v1/calendar/notices", json=NOTICE, headers={**city, **key()})
    known = (await client.get("/v1/calendar")).json()

    assert refused.json()["type"] == "permission-missing"
    assert wrong.json()["type"] == "wrong-holiday-notice"
    assert loaded.status_code == 201
    assert twice.json()["type"] == "notice-loaded-already"
    assert known["horizon"] == "2027-12-31"
    assert known["loaded"][0]["source"] == NOTICE["source"]


async def test_a_notice_sets_provisional_deadlines_anew_and_keeps_what_was_before(
    client: httpx.AsyncClient,
    resident: Header,
    city: Header,
    keys: Keys,
    sessions: Sessions,
) -> None:
    case = await raised(client, resident)
    async with sessions.begin() as session:  # as if it had come in on 2026-12-30
        row = await session.get_one(tables.Case, case["id"])
        row.clock_started_on = datetime(2026, 12, 30).date()  # noqa: DTZ001 - a day
        row.is_due_provisional = True
        row.due_at = row.escalates_at = datetime(2027, 1, 7, 16, tzinfo=UTC)
        row.received_at = datetime(2026, 12, 31, 2, tzinfo=UTC)
        row.contact_due_at = datetime(2027, 1, 1, 16, tzinfo=UTC)
        row.is_contact_provisional = True
    moved = {**NOTICE, "holidays": [{**NOTICE["holidays"][0], "last": "2027-01-05"}]}
    await client.post("/v1/calendar/notices", json=moved, headers={**city, **key()})

    await worker.recount(sessions, keys, now=datetime(2026, 12, 31, tzinfo=UTC), batch=1)

    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=resident)).json()
    assert deadline["is_provisional"] is False
    assert deadline["due_at"].startswith("2027-01-09T16")
    assert deadline["history"][-1]["reason"] == "notice"
    assert deadline["history"][-1]["words"] == NOTICE["title"]
    assert deadline["days"][-1]["reason"] == "makeup"
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=resident)).json()
    assert case["is_contact_provisional"] is shown["is_contact_provisional"] is False
    assert shown["contact_due_at"].startswith("2027-01-06T16")


async def test_a_withdrawn_notice_counts_no_more_and_may_be_loaded_corrected(
    client: httpx.AsyncClient, city: Header, head: Header, sessions: Sessions, keys: Keys
) -> None:
    loaded = await client.post("/v1/calendar/notices", json=NOTICE, headers={**city, **key()})
    path = f"/v1/calendar/notices/{loaded.json()['id']}/withdrawal"
    said = {"reason": "日期录错，更正后重新载入"}
    refused = await client.post(path, json=said, headers={**head, **key(), **at(1)})
    stale = await client.post(path, json=said, headers={**city, **key(), **at(9)})
    withdrawn = await client.post(path, json=said, headers={**city, **key(), **at(1)})
    twice = await client.post(path, json=said, headers={**city, **key(), **at(2)})
    without = (await client.get("/v1/calendar")).json()
    again = await client.post("/v1/calendar/notices", json=NOTICE, headers={**city, **key()})
    await worker.recount(sessions, keys, now=datetime(2026, 12, 31, tzinfo=UTC))
    known = (await client.get("/v1/calendar")).json()

    told = [each.json()["type"] for each in (refused, stale, twice)]
    assert told == ["permission-missing", "stale-version", "notice-withdrawn"]
    assert withdrawn.json()["withdrawal_reason"] == said["reason"]
    assert (without["horizon"], again.status_code) == ("2026-12-31", 201)
    assert known["horizon"] == "2027-12-31"
    assert [each["withdrawn_at"] is None for each in known["loaded"]] == [False, True]
    assert all(each["recounted_at"] for each in known["loaded"])
    async with sessions() as session:
        states = await calendar.states(session, [UUID(row["id"]) for row in known["loaded"]])
    assert [str(each) for each in states] == [again.json()["id"]]


async def test_a_deadline_that_a_withdrawn_notice_moved_goes_back(
    client: httpx.AsyncClient, resident: Header, city: Header, keys: Keys, sessions: Sessions
) -> None:
    case = await raised(client, resident)
    async with sessions.begin() as session:
        row = await session.get_one(tables.Case, case["id"])
        row.clock_started_on = date(2026, 12, 30)
        row.due_at = row.escalates_at = datetime(2027, 1, 7, 16, tzinfo=UTC)
        row.is_due_provisional = True
    loaded = await client.post("/v1/calendar/notices", json=NOTICE, headers={**city, **key()})
    await worker.recount(sessions, keys, now=datetime(2026, 12, 31, tzinfo=UTC))
    settled = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=resident)).json()
    await client.post(
        f"/v1/calendar/notices/{loaded.json()['id']}/withdrawal",
        json={"reason": "日期录错，更正后重新载入"},
        headers={**city, **key(), **at(1)},
    )
    await worker.recount(sessions, keys, now=datetime(2026, 12, 31, tzinfo=UTC))
    back = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=resident)).json()

    assert (settled["is_provisional"], back["is_provisional"]) == (False, True)
