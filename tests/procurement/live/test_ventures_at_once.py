"""A call that is given up while somebody applies: nobody waits for a decision that never comes."""

import asyncio
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.contracts.procurement_ventures import ApplicationIn
from common.db import database
from procurement.usecases import ventures
from tests.harness import Urls
from tests.procurement.service.test_ventures import PROJECT, WHY, opened_call
from tests.procurement.tendering import A, Market

APPLICANT = Actor("test", "agent", ActorKind.STAFF, frozenset({Role.PROVIDER}), org=UUID(A))
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def somebody_waits(session: AsyncSession) -> None:
    """Return when another connection waits for a lock of this one."""
    async with asyncio.timeout(60):
        while not await session.scalar(WAITING):
            await asyncio.sleep(0.02)


async def test_who_applies_while_a_call_is_given_up_is_declined_with_it(
    real_market: Market, fresh_database: Urls
) -> None:
    market = real_market
    call = await opened_call(market)
    path = f"venture-calls/{call['id']}/cancellation"
    async with (
        database(fresh_database.app, pool_size=1) as opened,
        opened.sessions.begin() as session,
    ):
        project = await ventures.apply(
            session,
            UUID(call["id"]),
            ApplicationIn.model_validate(PROJECT),
            by=APPLICANT,
            now=market.clock.now,
        )
        giving_up = asyncio.create_task(market.post(market.clerk, path, WHY, version=call))
        await somebody_waits(session)
    done = await giving_up
    after = await market.get({}, f"venture-applications/{project.id}")

    assert (done["status"], after["status"]) == ("cancelled", "declined")
