"""Payments against accepted milestones: one person requests, another decides."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.procurement_budgets import HolderKind
from common.contracts.procurement_performance import (
    MilestoneStatus,
    PaymentDecisionIn,
    PaymentIn,
    PaymentStatus,
)
from common.errors import FieldError, Text
from common.money import show_yuan
from common.records import name_of
from procurement import tables
from procurement.domain import performance as rules
from procurement.queries import contracts as contract_queries
from procurement.queries import performance as queries
from procurement.usecases import budgets, outcomes
from procurement.usecases.budgets import Holder, Share
from procurement.usecases.under_way import changed, taken_up


async def request(
    session: AsyncSession, contract_id: UUID, wanted: PaymentIn, *, by: Actor, now: datetime
) -> tables.Payment:
    """Ask for a payment: not more than was accepted and is neither paid nor asked for yet."""
    contract = await taken_up(session, contract_id, by=by, may_have_ended=True)
    by.must_cover(contract.area_code)
    milestone = await queries.milestone(session, contract_id, wanted.milestone)
    if milestone.status == MilestoneStatus.SCHEDULED:
        raise rules.MilestoneNotReady(current=milestone.status)
    fen = sum(draw.value_fen for draw in wanted.draws)
    asked = await queries.requested_fen(session, contract_id, wanted.milestone)
    rules.check_payment(fen, milestone.payable_fen, milestone.paid_fen + asked)
    await _earmarked(session, contract, [Share(d.line_id, d.value_fen) for d in wanted.draws])
    row = tables.Payment(
        contract_id=contract_id,
        milestone=wanted.milestone,
        value_fen=fen,
        draws=[draw.model_dump(mode="json") for draw in wanted.draws],
        status=PaymentStatus.REQUESTED,
        requested_at=now,
        requested_by=name_of(by),
    )
    session.add(row)
    await changed(session, contract, "request_payment", by=by, now=now, value_fen=fen)
    return row


async def decide(
    session: AsyncSession,
    contract_id: UUID,
    payment_id: UUID,
    said: PaymentDecisionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Payment:
    """Pay what was requested, or refuse it; never beyond milestone, line or contract."""
    contract = await taken_up(session, contract_id, by=by, version=version, may_have_ended=True)
    by.must_cover(contract.area_code)
    row = await queries.payment(session, contract_id, payment_id)
    rules.check_decision(PaymentStatus(row.status), row.requested_by, name_of(by))
    row.decided_at, row.decided_by, row.remark = now, name_of(by), said.remark or None
    row.status = PaymentStatus.PAID if said.is_approved else PaymentStatus.REFUSED
    if said.is_approved:
        await _pay(session, contract, row, by=by, now=now)
    await changed(session, contract, f"payment_{row.status}", by=by, now=now, payment=row.id)
    return row


async def _pay(
    session: AsyncSession,
    contract: tables.Contract,
    row: tables.Payment,
    *,
    by: Actor,
    now: datetime,
) -> None:
    milestone = await queries.milestone(session, contract.id, row.milestone)
    rules.check_payment(row.value_fen, milestone.payable_fen, milestone.paid_fen)
    shares = [Share(UUID(draw["line_id"]), draw["value_fen"]) for draw in row.draws]
    money = await _earmarked(session, contract, shares)
    for share in shares:
        money[share.line_id].paid_fen += share.fen
    milestone.paid_fen += row.value_fen
    contract.paid_fen += row.value_fen
    await budgets.pay(session, Holder(HolderKind.CONTRACT, contract.id), shares, by=by, now=now)
    await outcomes.follow(session, contract, now=now)


async def _earmarked(
    session: AsyncSession, contract: tables.Contract, shares: Sequence[Share]
) -> Mapping[UUID, tables.ContractFunding]:
    """The lines of a contract, which have that much left. Raises `PaymentBeyondContract`."""
    money = {each.line_id: each for each in await contract_queries.funding(session, contract.id)}
    asked: dict[UUID, int] = defaultdict(int)
    for at, share in enumerate(shares):
        line = money.get(share.line_id)
        if line is None:
            told = Text("不是本合同的资金来源", "the contract does not draw on this line")
            wrong = FieldError(f"/draws/{at}/line_id", str(share.line_id), told)
            raise rules.PaymentBeyondContract(errors=[wrong])
        left = line.value_fen - line.paid_fen - asked[line.line_id]
        asked[line.line_id] += share.fen
        if share.fen > left:
            told = Text(f"该资金尚余 {show_yuan(left)}", f"{show_yuan(left)} is left of this line")
            wrong = FieldError(f"/draws/{at}/value_fen", share.fen, told)
            raise rules.PaymentBeyondContract(errors=[wrong])
    return money
