"""What comes between the steps of a run: who cancels it."""

import asyncio
from collections.abc import Callable

import httpx
from sqlalchemy import text

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.db import Database
from matching.usecases import allocating
from matching.usecases import allocation as usecases
from tests.matching.cases import raised, refer
from tests.matching.runs import PATH, Sessions, asked, offering, publish, taken
from tests.matching.service.test_places_at_once import waiting

Header = dict[str, str]


async def met(sessions: Sessions, number: int) -> None:
    """Wait until so many wait for a lock."""
    async with asyncio.timeout(30):
        while await waiting(sessions) < number:
            await asyncio.sleep(0.05)


async def test_a_run_that_is_cancelled_when_its_arithmetic_is_done_becomes_no_draft(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    actor: Callable[..., Actor],
) -> None:
    near = offering(121.481, 1)
    await publish(opened.sessions, near)
    need = await raised(calls, clerk)
    run = await asked(calls, head)
    by = actor(Role.STREET_HEAD, area="310101002", line="*")
    async with opened.sessions() as slow:
        await slow.execute(text("LOCK TABLE capacity IN ROW EXCLUSIVE MODE"))
        computing = asyncio.create_task(allocating.take_one(opened))
        await met(opened.sessions, 1)  # the run waits for it before it reads
        at = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
        async with opened.sessions.begin() as session:
            cancelled = await usecases.cancel(
                session, run["id"], version=at["version"], by=by, now=utc_now()
            )
            await session.flush()
            await slow.rollback()
            await met(opened.sessions, 2)  # its beat, and its draft that is ready
    await computing

    done = (await calls.get(f"{PATH}/{run['id']}", headers=head)).json()
    assert (at["status"], cancelled.is_unwanted, done["status"]) == ("running", True, "cancelled")
    assert await taken(opened) == {}
    assert (await refer(calls, clerk, need, near["id"])).status_code == 201
