"""How contracts end: users told in time, somebody goes on with them, unspent money given back."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement import ContractStatus
from common.contracts.procurement_budgets import HolderKind
from common.contracts.procurement_endings import DiscontinuationIn, EndReason, TerminationIn
from common.errors import NotFound
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import contracts as contract_rules
from procurement.domain import endings as rules
from procurement.queries import contracts as contract_queries
from procurement.queries import performance as queries
from procurement.queries.budgets import claims_of
from procurement.usecases import budgets, outcomes
from procurement.usecases.budgets import Holder
from procurement.usecases.contracts import give_up_renewal
from procurement.usecases.under_way import changed, taken_up

NOTICE: Final = "discontinuation.notice"


async def discontinue(
    session: AsyncSession,
    contract_id: UUID,
    said: DiscontinuationIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Contract:
    """Tell the users that a service stops, why, when, and who goes on with them."""
    row = await taken_up(session, contract_id, by=by, version=version)
    by.must_cover(row.area_code)
    in_force = (await rule_table(session)).at(city_day(now), row.area_code)
    rules.check_discontinuation(said, city_day(now), in_force.rule(NOTICE), row.id)
    if said.handed_over_to_id is not None:
        await _goes_on(session, said.handed_over_to_id)
    row.discontinuation_notice_at, row.ends_on = now, said.ends_on
    row.discontinuation_reason = "\n".join(filter(None, (said.text, said.arrangement)))
    row.termination_reason, row.handed_over_to_id = said.reason, said.handed_over_to_id
    await changed(session, row, "discontinue", by=by, now=now, ends_on=said.ends_on)
    return row


async def terminate(
    session: AsyncSession,
    contract_id: UUID,
    said: TerminationIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Contract:
    """End a contract. What it committed goes back to the lines but for what was accepted.

    A renewal that was not signed by both goes with it, unless it was completed.
    """
    row = await taken_up(session, contract_id, by=by, version=version)
    by.must_cover(row.area_code)
    open_milestones, unpaid = await queries.open_ends(session, contract_id)
    rules.check_end(
        *(said.reason, city_day(now), row.ends_on), open_milestones=open_milestones, unpaid=unpaid
    )
    if said.reason is EndReason.COMPLETED:
        await _end(session, row, said.reason, by=by, now=now)
        await outcomes.follow(session, row, now=now)
    else:
        await give_up_renewal(session, row, by=by, now=now)  # contracts first, then their lines
        await _end(session, row, said.reason, by=by, now=now)
        await outcomes.freed(session, row, by=by, now=now)
    await changed(session, row, "terminate", by=by, now=now, reason=said.reason)
    return row


async def revoke(session: AsyncSession, tender_id: UUID, *, by: Actor, now: datetime) -> None:
    """Revoke the contracts of a locked purchase whose result a decision takes away.

    Raises `ContractPerformed` where performance has begun. Source: 94号令 32.
    """
    for row in await contract_queries.of_tender(session, tender_id):
        if row.status == ContractStatus.ACTIVE:
            if await queries.has_begun(session, row.id):
                raise contract_rules.ContractPerformed(contract=row.id)
            await _end(session, row, EndReason.REVOKED, by=by, now=now)
            await outcomes.taken_back(session, row, by=by, now=now)
            await changed(session, row, "revoke", by=by, now=now, reason=EndReason.REVOKED)


async def _end(
    session: AsyncSession, row: tables.Contract, reason: EndReason, *, by: Actor, now: datetime
) -> None:
    row.status = contract_rules.move(ContractStatus(row.status), ContractStatus.TERMINATED)
    row.terminated_at, row.termination_reason = now, reason
    holder = Holder(HolderKind.CONTRACT, row.id)
    committed = {each.line_id: each.committed_fen for each in await claims_of(session, row.id)}
    kept = rules.kept(
        await queries.owed_fen(session, row.id),
        committed,
        await queries.asked_of_lines(session, row.id),
    )
    await budgets.give_back(session, holder, kept=kept, by=by, now=now)


async def _goes_on(session: AsyncSession, contract_id: UUID) -> None:
    """The contract that takes the users over is in force and published."""
    row = await session.get(tables.Contract, contract_id)
    if row is None or row.published_at is None or row.status != ContractStatus.ACTIVE:
        raise NotFound(what=contract_queries.WHAT, key=contract_id)
