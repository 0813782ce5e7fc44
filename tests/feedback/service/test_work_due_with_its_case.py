"""Work in a house is due no later than its case, however and whenever the case's deadline moves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback_dispatches import DispatchAnswer, DispatchStatus
from common.contracts.feedback_hotline import HotlineOrderIn
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.db import database, direct_url
from common.errors import PreconditionFailed
from deploy.local.environment import Urls
from feedback import tables
from feedback.usecases import dispatching, hotline
from tests.feedback.cases import Sessions, known_bodies, organisation, step, told
from tests.feedback.crowd import overdue_cases
from tests.feedback.service.test_dispatches import CLINIC, VENUE, ended
from tests.feedback.service.test_hotline import ORDER, put
from tests.feedback.service.test_recounting_beside import sent_work

Header = dict[str, str]
NUMBER = "2026030200001"
DUE = datetime(2036, 3, 6, 16, tzinfo=UTC)
SOONER = datetime(2036, 3, 4, 16, tzinfo=UTC)


@pytest.fixture
def exchange(bearer: Callable[..., Header]) -> Header:
    """The hotline's platform."""
    return bearer(Role.SERVICE, subject="hotline-12345")


@pytest.fixture
def venue_head(bearer: Callable[..., Header]) -> Header:
    """The head of the venue."""
    return bearer(Role.VENUE_HEAD, area="310101002001", line="civil_affairs")


@pytest.fixture
def clinic(bearer: Callable[..., Header]) -> Header:
    """The clinic on its second floor."""
    return bearer(Role.PROVIDER, org=CLINIC, subject="clinic")


async def test_work_is_due_with_its_case_when_the_hotline_wants_it_sooner(
    client: httpx.AsyncClient,
    exchange: Header,
    clerk: Header,
    venue_head: Header,
    clinic: Header,
    sessions: Sessions,
) -> None:
    sooner, passed = (utc_now() + timedelta(hours=each) for each in (2, -1))
    sent = await _at_work(client, exchange, clerk, venue_head, sessions)
    later = (await put(client, exchange, due_at="2036-03-12T16:00:00Z")).json()
    [as_it_was] = await _listed(client, clinic)
    shorter = (await put(client, exchange, due_at=sooner.isoformat())).json()
    [first] = await _listed(client, clinic)
    await put(client, exchange, due_at=passed.isoformat())
    [second] = await _listed(client, clinic)
    stale = await ended(client, clinic, sent, "answer", 1, status="done", words="已上门测量")
    done = await ended(client, clinic, sent, "answer", 3, status="done", words="已上门测量")
    await put(client, exchange, due_at=(passed - timedelta(hours=1)).isoformat())
    [over] = await _listed(client, clinic)

    assert later["case"]["id"] == sent["case_id"]
    assert as_it_was == sent
    assert datetime.fromisoformat(first["due_at"]) == sooner
    assert shorter["case"]["due_at"] == first["due_at"]
    assert (first["is_overdue"], first["version"]) == (False, 2)
    assert datetime.fromisoformat(second["due_at"]) == passed
    assert second["is_overdue"]
    assert stale.status_code == 412
    assert done.status_code == 200, done.text
    assert over == done.json()


async def test_work_gets_back_what_its_case_took_and_no_more(
    client: httpx.AsyncClient,
    exchange: Header,
    clerk: Header,
    venue_head: Header,
    clinic: Header,
    sessions: Sessions,
) -> None:
    own = await _at_work(client, exchange, clerk, venue_head, sessions)
    seen = []
    for due_at in ("2026-12-01T02:00:00Z", "2026-12-01T09:00:00Z", "2036-03-12T16:00:00Z"):
        case = (await put(client, exchange, due_at=due_at)).json()["case"]
        [work] = await _listed(client, clinic)
        seen.append((work["due_at"] == case["due_at"], work["due_at"] == own["due_at"]))
    done = await ended(client, clinic, own, "answer", 4, status="done", words="已上门测量")
    await put(client, exchange, due_at="2026-12-01T02:00:00Z")

    assert seen == [(True, False), (True, False), (False, True)]
    assert work == {**own, "version": 4}
    assert [done.json()] == await _listed(client, clinic)


@pytest.fixture
async def two(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions on connections of their own."""
    async with database(fresh_database.app, pool_size=3) as opened:
        yield opened.sessions


async def test_work_that_is_answered_while_its_case_becomes_due_sooner_keeps_its_own(
    two: Sessions, keys: Keys, actor: Callable[..., Actor]
) -> None:
    work_id = await _waiting(two, keys)

    work = await _answered_meanwhile(two, work_id, 1, SOONER, keys, actor)
    assert (work.status, work.due_at, work.version) == ("done", DUE, 2)


async def test_who_answers_while_the_case_becomes_due_sooner_reads_that_first(
    two: Sessions, keys: Keys, actor: Callable[..., Actor]
) -> None:
    work_id = await _waiting(two, keys)

    async def answered(version: int) -> None:
        async with two.begin() as session:
            await _answer(session, work_id, version, keys, actor)

    async with two.begin() as session:
        await _set(session, keys, actor)
        await session.flush()
        waits = asyncio.create_task(answered(1))
        await asyncio.sleep(0.3)
        assert not waits.done()
    with pytest.raises(PreconditionFailed):
        await waits
    await answered(2)

    async with two() as session:
        work = await session.get_one(tables.Dispatch, work_id)
    assert (work.status, work.due_at, work.version) == ("done", SOONER, 3)


async def test_work_that_is_answered_while_its_case_becomes_due_later_keeps_its_own(
    two: Sessions, keys: Keys, actor: Callable[..., Actor]
) -> None:
    work_id = await _waiting(two, keys)
    async with two.begin() as session:
        await _set(session, keys, actor)

    work = await _answered_meanwhile(two, work_id, 2, DUE + timedelta(days=9), keys, actor)
    assert (work.status, work.due_at, work.own_due_at, work.version) == ("done", SOONER, DUE, 3)


async def test_the_audit_log_tells_by_whom_work_became_due_sooner_and_later(
    two: Sessions, fresh_database: Urls, keys: Keys, actor: Callable[..., Actor]
) -> None:
    work_id = await _waiting(two, keys)
    for due_at in (SOONER, DUE + timedelta(days=9)):
        async with two.begin() as session:
            await _set(session, keys, actor, due_at)

    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    entries = [orjson.loads(row[0]) for row in await owner.fetch("SELECT entry FROM audit_inbox")]
    await owner.close()
    shorter, longer = [each for each in entries if each["action"].startswith("dispatch.")]
    of_work = {"due_at": DUE.isoformat(), "is_due_provisional": True}
    of_case = {"due_at": SOONER.isoformat(), "is_due_provisional": False}
    for each in (shorter, longer):
        assert (each["actor"], each["target_id"]) == ("hotline-12345", str(work_id))
    assert [each["action"] for each in (shorter, longer)] == [
        "dispatch.shorten",
        "dispatch.lengthen",
    ]
    assert (shorter["before"], shorter["after"]) == (of_work, of_case)
    assert (longer["before"], longer["after"]) == (of_case, of_work)


async def _at_work(
    client: httpx.AsyncClient,
    exchange: Header,
    clerk: Header,
    venue_head: Header,
    sessions: Sessions,
) -> dict[str, Any]:
    """Work of the clinic for a case of the hotline."""
    await known_bodies(sessions)
    lives = {"venue_id": VENUE, "valid_from": "2025-01-01", "valid_to": None}
    await told(sessions, Kind.ORGANISATION, organisation(CLINIC, residencies=[lives]))
    await put(client, exchange)
    [case] = (await client.get("/v1/cases", headers=clerk)).json()["items"]
    wish = {"organisation_id": CLINIC, "venue_id": VENUE, "words": "三楼老人测血压"}
    sent: dict[str, Any] = (await step(client, venue_head, case, "dispatches", **wish)).json()
    return sent


async def _listed(client: httpx.AsyncClient, clinic: Header) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/v1/dispatches", headers=clinic)).json()[
        "items"
    ]
    return found


async def _case(two: Sessions, keys: Keys) -> UUID:
    """A case of the hotline, due long after the work that it may need."""
    async with two.begin() as session:
        [case_id] = await overdue_cases(session, 1, keys, now=utc_now())
        case = await session.get_one(tables.Case, case_id)
        case.hotline_number, case.due_at = NUMBER, DUE + timedelta(days=9)
    return case_id


async def _waiting(two: Sessions, keys: Keys) -> UUID:
    """Work of such a case."""
    work = sent_work(keys, await _case(two, keys), utc_now())
    work.due_at = DUE
    async with two.begin() as session:
        session.add(work)
    return work.id


async def _answer(
    session: AsyncSession, work_id: UUID, version: int, keys: Keys, actor: Callable[..., Actor]
) -> None:
    said = DispatchAnswer(status=DispatchStatus.DONE, words="已上门测量")
    by = actor(Role.PROVIDER, org=UUID(CLINIC))
    await dispatching.answer(
        session, work_id, said, version=version, keys=keys, by=by, now=utc_now()
    )


async def _answered_meanwhile(
    two: Sessions,
    work_id: UUID,
    version: int,
    due_at: datetime,
    keys: Keys,
    actor: Callable[..., Actor],
) -> tables.Dispatch:
    """Work that is answered while its case becomes due at another time, which waits for that."""

    async def moved() -> None:
        async with two.begin() as session:
            await _set(session, keys, actor, due_at)

    async with two.begin() as answering:
        await _answer(answering, work_id, version, keys, actor)
        await answering.flush()
        waits = asyncio.create_task(moved())
        await asyncio.sleep(0.3)
        assert not waits.done()
    await waits
    async with two() as session:
        return await session.get_one(tables.Dispatch, work_id)


async def _set(
    session: AsyncSession,
    keys: Keys,
    actor: Callable[..., Actor],
    due_at: datetime = SOONER,
) -> None:
    order = HotlineOrderIn(**{**ORDER, "due_at": due_at})
    by = actor(Role.SERVICE, subject="hotline-12345")
    await hotline.put(session, NUMBER, order, keys=keys, by=by, now=utc_now())
