"""A contract under way: locked for a step, told after it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement import ContractStatus
from common.edge import must_match
from common.errors import Text
from common.records import touch
from procurement import tables
from procurement.queries import contracts as queries
from procurement.usecases.contracts import must_be, note, told

STEP = Text("办理履约事项", "a step of its performance")


async def taken_up(
    session: AsyncSession,
    contract_id: UUID,
    *,
    by: Actor,
    version: int | None = None,
    may_have_ended: bool = False,
) -> tables.Contract:
    """A signed contract, locked, of the caller's area or organisation; it has not ended.

    What was accepted is still paid after the end: such a step says that it may come later.
    """
    before = await queries.found(session, by, contract_id)
    by.must_reach(before.area_code, before.provider_id)
    row = await queries.locked(session, contract_id)
    if version is not None:
        must_match(row.version, version)
    if not (may_have_ended and row.status == ContractStatus.TERMINATED):
        must_be(row, ContractStatus.ACTIVE, STEP)
    return row


async def changed(
    session: AsyncSession,
    row: tables.Contract,
    step: str,
    *,
    by: Actor,
    now: datetime,
    **facts: Any,
) -> None:
    """A new version of a contract after a step, told to its readers and to the audit."""
    touch(row, by, now)
    await session.flush()
    told(session, row, now)
    note(session, row, step, by, {name: str(value) for name, value in facts.items()})
