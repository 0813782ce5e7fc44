"""Two connections at one budget line: the money is spent once."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.procurement_budgets import BudgetLineIn, HolderKind
from common.db import Database, database
from deploy.local.environment import Urls
from procurement.domain.ledger import BudgetExceeded
from procurement.usecases import budgets
from procurement.usecases.budgets import Holder, Share
from tests.procurement.cases import BUYER, LINE


@pytest.fixture
def by(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.STREET_HEAD, area="310101002", line="*")


async def passed_line(opened: Database, by: Actor, now: datetime) -> UUID:
    async with opened.sessions.begin() as session:
        return (await budgets.open_line(session, BudgetLineIn(**LINE), by=by, now=now)).id


async def test_two_tenders_do_not_reserve_the_same_money(
    fresh_database: Urls, by: Actor, now: datetime
) -> None:
    async with database(fresh_database.app, pool_size=4) as opened:
        line = await passed_line(opened, by, now)

        async def reserve() -> bool:
            holder = Holder(HolderKind.TENDER, uuid4())
            try:
                async with opened.sessions.begin() as session:
                    await budgets.reserve(
                        session,
                        holder,
                        [Share(line, 30_000_00)],
                        buyer_id=UUID(BUYER),
                        by=by,
                        now=now,
                    )
            except BudgetExceeded:
                return False
            return True

        outcomes = await asyncio.gather(*(reserve() for _ in range(8)))
        async with opened.sessions() as session:
            row = (await session.execute(text("SELECT * FROM budget_line"))).one()
            numbers = (await session.scalars(text("SELECT number FROM ledger_entry"))).all()

    assert sum(outcomes) == 3
    assert (row.reserved_fen, row.planned_fen) == (90_000_00, 100_000_00)
    assert sorted(numbers) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "change", ["reserved_fen = planned_fen + 1", "paid_fen = -1", "planned_fen = -1"]
)
async def test_the_database_itself_refuses_an_overdrawn_line(
    fresh_database: Urls, by: Actor, now: datetime, change: str
) -> None:
    async with database(fresh_database.app, pool_size=1) as opened:
        await passed_line(opened, by, now)
        with pytest.raises(IntegrityError):
            async with opened.sessions.begin() as session:
                await session.execute(text(f"UPDATE budget_line SET {change}"))
