"""Late first contacts, bad ratings and supervisions go up: once a level, whoever is killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback_ratings import Finding, VerificationIn
from common.crypto.keys import Keys
from common.db import Database, database
from common.ids import uuid7s
from feedback import tables, worker
from feedback.domain.late_steps import Late
from feedback.queries import cases as case_queries
from feedback.queries import late_steps as queries
from feedback.queries import ratings as rating_queries
from feedback.usecases import bad_ratings, late_steps
from tests.feedback.cases import Sessions, raised, stepped
from tests.feedback.crowd import case_row
from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER
from tests.harness import Urls

Header = dict[str, str]
NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)  # a Tuesday morning in the city
STREET = "310101002001"
E = tables.Escalation


@pytest.fixture
async def many(fresh_database: Urls) -> AsyncIterator[Database]:
    """A database of its own, with connections for several workers."""
    async with database(fresh_database.app, pool_size=6) as opened:
        yield opened


async def uncontacted(sessions: Sessions, keys: Keys, count: int, **more: Any) -> list[UUID]:
    """Cases whose first contact was due an hour ago."""
    ids = list(uuid7s(count))
    due = {"contact_due_at": NOW - timedelta(hours=1), "escalates_at": None, **more}
    async with sessions.begin() as session:
        rows = [case_row(keys, NOW, each) | due for each in ids]
        await session.execute(insert(tables.Case), rows)
    return ids


async def asked(sessions: Sessions, **more: Any) -> UUID:
    """A supervision whose answer was due an hour ago."""
    [request_id] = uuid7s(1)
    stamped = {"version": 1, "created_at": NOW, "updated_at": NOW}
    async with sessions.begin() as session:
        row = tables.Supervision(
            id=request_id,
            number=f"T-{request_id}",
            area_code="310101002000",
            title="送餐迟到问题",
            words="请说明整改安排与完成时间",
            deputy_id=request_id,
            body_id=request_id,
            requested_at=NOW - timedelta(days=5),
            due_at=NOW - timedelta(hours=1),
            is_due_provisional=False,
            deadline_rule="case.rework",
            created_by="test",
            updated_by="test",
            **stamped,
            **more,
        )
        session.add(row)
    return request_id


async def bad(sessions: Sessions) -> UUID:
    """A bad rating that nobody has verified for weeks."""
    then = datetime(2026, 2, 11, 4, tzinfo=UTC)
    row = rating(PROVIDER, 1, rated_at=then)
    await rated(sessions, row)
    async with sessions.begin() as session:
        await bad_ratings.open_if_bad(session, row, now=then)
    return row.id


async def ladder(sessions: Sessions, record_id: UUID) -> list[tuple[str, int]]:
    async with sessions() as session:
        statement = select(E.step, E.level).where(E.record_id == record_id).order_by(E.id)
        return [(row.step, row.level) for row in await session.execute(statement)]


async def test_several_workers_tell_each_late_contact_once(many: Database, keys: Keys) -> None:
    ids = await uncontacted(many.sessions, keys, 120)

    looked = await asyncio.gather(
        *(worker.tell_late(many.sessions, now=NOW, batch=25) for _ in range(4))
    )
    again = await worker.tell_late(many.sessions, now=NOW, batch=25)

    async with many.sessions() as session:
        counts = select(E.record_id, func.count()).group_by(E.record_id)
        told = {row.record_id: row[1] for row in await session.execute(counts)}
        case = await session.get_one(tables.Case, ids[0])
        steps = select(tables.CaseStep.action).where(tables.CaseStep.case_id == ids[0])
        history = (await session.scalars(steps)).all()
        states = await case_queries.states(session, ids[:1])
    assert (sum(looked), again) == (120, 0)
    assert told == dict.fromkeys(ids, 1)
    assert history == ["tell_late_contact"]
    assert states[ids[0]].contact_escalation_level == case.contact_escalation_level == 1
    assert (case.escalation_level, case.version) == (0, 2)  # the deadline's ladder is another


async def test_a_batch_that_is_cut_off_has_told_nobody_and_the_next_tells_all(
    many: Database, keys: Keys
) -> None:
    ids = await uncontacted(many.sessions, keys, 3)
    with pytest.raises(RuntimeError):
        async with many.sessions.begin() as session:
            await late_steps.tell(session, Late.CONTACT, now=NOW, limit=10)
            await session.flush()
            raise RuntimeError("killed half-way")
    before = [await ladder(many.sessions, each) for each in ids]
    await worker.tell_late(many.sessions, now=NOW)

    assert before == [[], [], []]
    assert [await ladder(many.sessions, each) for each in ids] == [[("contact", 1)]] * 3


async def test_the_same_level_of_the_same_step_is_never_kept_twice(
    many: Database, keys: Keys
) -> None:
    await uncontacted(many.sessions, keys, 1)
    await worker.tell_late(many.sessions, now=NOW)

    with pytest.raises(IntegrityError):
        async with many.sessions.begin() as session:
            await session.execute(
                text(
                    "INSERT INTO escalation (id, record_id, step, level, area_code, due_at, at)"
                    " SELECT gen_random_uuid(), record_id, step, level, area_code, due_at, at"
                    " FROM escalation"
                )
            )


async def test_each_kind_climbs_to_the_city_and_no_further(many: Database, keys: Keys) -> None:
    [case] = await uncontacted(many.sessions, keys, 1)
    request, loop = await asked(many.sessions), await bad(many.sessions)

    for days in range(30):
        await worker.tell_late(many.sessions, now=NOW + timedelta(days=days))

    found = [await ladder(many.sessions, each) for each in (case, request, loop)]
    assert found == [
        [(step, level) for level in (1, 2, 3)] for step in ("contact", "answer", "verify")
    ]


async def test_a_day_of_rest_is_no_working_day_on_the_way_up(many: Database, keys: Keys) -> None:
    """Due on Friday 2026-03-13: the district is told after Monday, not on Sunday."""
    friday_end = datetime(2026, 3, 13, 16, tzinfo=UTC)
    [case] = await uncontacted(many.sessions, keys, 1, contact_due_at=friday_end)
    levels = []
    for day in (14, 15, 16, 17):
        at = datetime(2026, 3, day, 1, tzinfo=UTC)
        await worker.tell_late(many.sessions, now=at)
        levels.append(len(await ladder(many.sessions, case)))

    assert levels == [1, 1, 1, 2]


async def test_who_was_contacted_and_what_was_answered_is_told_to_nobody(
    many: Database, keys: Keys
) -> None:
    await uncontacted(many.sessions, keys, 1, accepted_at=NOW, status="accepted")
    await uncontacted(many.sessions, keys, 1, closed_at=NOW, status="withdrawn")
    await uncontacted(many.sessions, keys, 1, contact_due_at=NOW + timedelta(minutes=1))
    await asked(many.sessions, answer="已整改", answered_at=NOW)

    assert await worker.tell_late(many.sessions, now=NOW) == 0


async def test_the_next_step_of_a_bad_rating_has_a_ladder_of_its_own(
    many: Database, keys: Keys, clerk_actor: Actor
) -> None:
    loop = await bad(many.sessions)
    await worker.tell_late(many.sessions, now=NOW)
    async with many.sessions() as session:
        row = await session.get_one(tables.BadRating, loop)
        state = (await rating_queries.states(session, [loop]))[loop]
    said = VerificationIn(finding=Finding.SUBSTANTIATED, words="送餐确有迟到")
    async with many.sessions.begin() as session:
        await bad_ratings.verify(
            session, loop, said, version=row.version, keys=keys, by=clerk_actor, now=NOW
        )
    await worker.tell_late(many.sessions, now=NOW + timedelta(days=60))

    assert state.escalation_level == 1
    assert await ladder(many.sessions, loop) == [("verify", 1), ("rectify", 1)]


async def test_a_rule_that_gives_time_first_is_heeded(many: Database, keys: Keys) -> None:
    async with many.sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE rule SET value = '1', updated_at = clock_timestamp()"
                " WHERE code = 'late.contact.first'"
            )
        )
    [case] = await uncontacted(many.sessions, keys, 1)
    await worker.tell_late(many.sessions, now=NOW)
    early = await ladder(many.sessions, case)
    again = await worker.tell_late(many.sessions, now=NOW)
    await worker.tell_late(many.sessions, now=NOW + timedelta(days=2))

    assert (early, again) == ([], 0)  # looked at once, then not before its time
    assert await ladder(many.sessions, case) == [("contact", 1)]


async def test_who_waited_elsewhere_is_contacted_in_time_when_the_case_comes_back(
    client: httpx.AsyncClient, resident: Header, clerk: Header, head: Header, sessions: Sessions
) -> None:
    """Merged or handed over in time and back ten days later: nobody was late meanwhile."""
    ids = {}
    for told_before in (False, True):
        case = await raised(client, resident)
        over = await stepped(
            client, head, case, "hand-over", channel="petition", words="属信访事项，转信访办"
        )
        ids[told_before] = case["id"]
        async with sessions.begin() as session:
            row = await session.get_one(tables.Case, case["id"])
            row.contact_due_at = row.received_at + timedelta(days=1)
            row.contact_escalation_level = int(told_before)
            row.received_at -= timedelta(days=12)
            row.closed_at = row.received_at + timedelta(hours=1)
            row.contact_due_at -= timedelta(days=12)
        ended = (await client.get(f"/v1/cases/{case['id']}", headers=clerk)).json()
        assert ended["is_contact_overdue"] is False
        await stepped(client, head, over, "hand-over/take-back", words="核查后属本街道办理")
    for _ in range(3):
        await worker.tell_late(sessions, now=utc_now())
    back = (await client.get(f"/v1/cases/{ids[False]}", headers=clerk)).json()
    later = datetime.fromisoformat(back["contact_due_at"])
    for _ in range(2):
        await worker.tell_late(sessions, now=later)
    after = later + timedelta(days=14)
    await worker.tell_late(sessions, now=after)

    assert (back["is_contact_overdue"], back["contact_escalation_level"]) == (False, 0)
    assert later > utc_now()
    assert await ladder(sessions, UUID(ids[False])) == [("contact", 1), ("contact", 2)]
    assert await ladder(sessions, UUID(ids[True])) == [("contact", 2)]


async def test_superiors_see_what_came_up_to_them_and_what_is_still_open(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    district: Header,
    bearer: Callable[..., Header],
    sessions: Sessions,
) -> None:
    case = await raised(client, resident)
    async with sessions.begin() as session:
        row = await session.get_one(tables.Case, case["id"])
        row.contact_due_at = row.received_at
    later = datetime.fromisoformat(case["received_at"]) + timedelta(seconds=5)
    await worker.tell_late(sessions, now=later)

    async def told(header: Header, **asked_for: Any) -> list[dict[str, Any]]:
        answer = await client.get("/v1/escalations", params=asked_for, headers=header)
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    first = await told(district, level=1, open=True)
    elsewhere = await told(bearer(Role.DISTRICT_OFFICE, area="310104", line="*"))
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=clerk)).json()
    await stepped(client, clerk, shown, "status", status="accepted")
    done = await told(district, step="contact")
    refused = await client.get("/v1/escalations", headers=resident)

    assert [(each["record_id"], each["step"], each["is_open"]) for each in first] == [
        (case["id"], "contact", True)
    ]
    assert (elsewhere, await told(district, open=True)) == ([], [])
    assert done[0]["is_open"] is False
    assert shown["contact_escalation_level"] == 1
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("late", "index"),
    [
        (Late.CONTACT, "ix_case_order_contact_late"),
        (Late.BAD_RATING, "ix_bad_rating_awaited"),
        (Late.SUPERVISION, "ix_supervision_late"),
    ],
)
async def test_what_is_late_is_found_by_its_index(
    many: Database, keys: Keys, late: Late, index: str
) -> None:
    await uncontacted(many.sessions, keys, 1)
    await asked(many.sessions)
    await bad(many.sessions)
    async with many.sessions() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        statement = queries.late(late, now=NOW, limit=500)
        plain = statement.compile(
            dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
        )
        plan = "\n".join(
            await session.scalars(text(f"EXPLAIN {str(plain).replace(':', chr(92) + ':')}"))
        )
    assert index in plan
