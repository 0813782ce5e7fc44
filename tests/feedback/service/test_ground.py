"""What decisions stand on is read anew after each change, in whatever order they are committed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.contracts.rules import RuleSetting
from common.db import Database, database
from common.rules_setting import set_value
from common.rules_table import RuleRow
from deploy.local.environment import Urls
from feedback.queries.ground import ground

NOW: Final = utc_now()
CITY: Final = "310000000000"
OFFICE: Final = Actor(
    "issuer", "city-1", ActorKind.STAFF, frozenset({Role.CITY_OFFICE}), area="31", veil=str
)


@pytest.fixture
def service() -> str:
    return "feedback"


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=3) as made:
        yield made


async def change(session: AsyncSession, code: str, days: int, *, now: datetime) -> None:
    """Somebody at the city office sets a rule."""
    row = (await session.scalars(select(RuleRow).where(RuleRow.code == code))).one()
    setting = RuleSetting(value=Decimal(days), reason="试点调整")
    await set_value(session, row.id, setting, version=row.version, by=OFFICE, now=now)
    await session.flush()


async def days_of(opened: Database, *codes: str) -> list[int]:
    """What the rules are known to say."""
    async with opened.sessions.begin() as session:
        in_force = (await ground(session)).at(CITY, NOW)
    return [in_force.rule(code).number for code in codes]


async def test_two_who_change_rules_at_once_are_both_heeded(opened: Database) -> None:
    both = "case.silence", "contact.keep"

    async def change_too() -> None:
        async with opened.sessions.begin() as late:
            await change(late, both[1], 12, now=NOW + timedelta(seconds=1))

    async with opened.sessions() as early:
        await change(early, both[0], 11, now=NOW)
        waiting = asyncio.create_task(change_too())  # for the edition, which the other holds
        await asyncio.sleep(0.2)
        between = await days_of(opened, *both)
        await early.commit()
    await waiting

    assert between[0] == 30
    assert await days_of(opened, *both) == [11, 12]


async def test_a_change_that_is_taken_back_leaves_nothing_behind(opened: Database) -> None:
    async with opened.sessions() as session:
        await change(session, "case.silence", 11, now=NOW)
        seen = (await ground(session)).at(CITY, NOW).rule("case.silence").number
        await session.rollback()

    assert seen == 11
    assert await days_of(opened, "case.silence") == [30]
