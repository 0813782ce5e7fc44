"""From which lines a purchase is paid: reserved before it is announced, given back when it ends.

`must_be_funded` is for the use case that announces a purchase, `let_go` for those that end one.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts.procurement_budgets import HolderKind
from common.contracts.procurement_contracts import FundingIn, FundingState, TenderFunding
from common.contracts.procurement_endings import EndReason
from common.contracts.procurement_plans import ItemStatus
from common.contracts.procurement_tenders import TenderStep
from common.errors import Conflict, FieldError, Text
from common.money import show_yuan
from common.records import touch
from procurement import tables
from procurement.domain import plans as plan_rules
from procurement.domain.ledger import WrongFunding
from procurement.queries import budgets as budget_queries
from procurement.queries import contracts as queries
from procurement.queries import plans as plan_queries
from procurement.usecases import budgets
from procurement.usecases.budgets import Holder, Share

OPEN = frozenset({TenderStep.PLANNING, TenderStep.INTENDED})
ENDED = frozenset({TenderStep.UNSUCCESSFUL, TenderStep.CANCELLED})


class NotFunded(Conflict):
    """No budget, no purchase: the money is reserved before the announcement."""

    slug = "not-funded"
    title = Text("资金未落实", "Not funded")
    detail = Text(
        "采购预算 {value}，已在预算科目上预留 {reserved}；请先落实资金（funding）再公告。",
        "The purchase is worth {value}, {reserved} is reserved on budget lines; fund it first.",
    )


class FundingSettled(Conflict):
    """Once money is reserved for an announced purchase, its lines stay as they are."""

    slug = "funding-settled"
    title = Text("资金来源已确定", "The funding is settled")
    detail = Text(
        "采购已公告（{step}），资金来源不能再改。",
        "The purchase has been announced ({step}); its lines stay as they are.",
    )


def holder_of(tender_id: UUID) -> Holder:
    """A purchase as the ledger knows it."""
    return Holder(HolderKind.TENDER, tender_id)


async def fund(
    session: AsyncSession, tender_id: UUID, wanted: FundingIn, *, by: Actor, now: datetime
) -> TenderFunding:
    """Reserve the money of a purchase on the lines of its buyer, instead of what was before.

    What is never announced here (a direct call-off, a purchase conducted elsewhere) is funded late.
    """
    tender = await queries.tender(session, tender_id)
    by.must_cover(tender.area_code)
    if tender.step not in OPEN and await _is_settled(session, tender):
        raise FundingSettled(step=tender.step)
    _check_sum(tender, wanted)
    await budgets.payable_from(session, wanted.draws, tender.buyer_id, by=by)

    if wanted.purchase_item_id is not None:
        await _take_item(session, tender, wanted.purchase_item_id, by=by, now=now)
    await budgets.release(session, holder_of(tender_id), by=by, now=now)
    shares = [Share(draw.line_id, draw.value_fen) for draw in wanted.draws]
    await budgets.reserve(
        session, holder_of(tender_id), shares, buyer_id=tender.buyer_id, by=by, now=now
    )
    audit.note(
        session,
        by,
        action="tender.fund",
        target=("tender", tender_id),
        area=tender.area_code,
        after={str(share.line_id): share.fen for share in shares},
    )
    return await funding_of(session, tender_id)


async def must_be_funded(session: AsyncSession, tender: tables.Tender) -> None:
    """Raises `NotFunded` unless the whole budget of a purchase is reserved."""
    claims = await budget_queries.claims_of(session, tender.id)
    reserved = sum(claim.reserved_fen for claim in claims)
    if reserved != tender.value_fen:
        raise NotFunded(value=show_yuan(tender.value_fen), reserved=show_yuan(reserved))


async def let_go(session: AsyncSession, tender_id: UUID, *, by: Actor, now: datetime) -> None:
    """Give back what an ended purchase reserved; its item may be bought another way."""
    await budgets.release(session, holder_of(tender_id), by=by, now=now)
    item = await plan_queries.item_of_tender(session, tender_id)
    if item is not None and item.status == ItemStatus.TENDERING:
        _free(item, by=by, now=now)


async def funding_of(session: AsyncSession, tender_id: UUID) -> TenderFunding:
    """What a purchase holds, line by line."""
    item = await plan_queries.item_of_tender(session, tender_id)
    claims = [
        claim for claim in await budget_queries.claims_of(session, tender_id) if claim.reserved_fen
    ]
    lines = await budget_queries.lines(session, [claim.line_id for claim in claims])
    return TenderFunding(
        tender_id=tender_id,
        purchase_item_id=item.id if item else None,
        draws=[_state(lines[claim.line_id], claim.reserved_fen) for claim in claims],
    )


async def _is_settled(session: AsyncSession, tender: tables.Tender) -> bool:
    """Whether money was reserved before; what a revoked contract gave back is reserved anew."""
    claims = await budget_queries.claims_of(session, tender.id)
    if any(claim.reserved_fen for claim in claims) or tender.step in ENDED:
        return bool(claims)
    signed = [row.termination_reason for row in await queries.of_tender(session, tender.id)]
    return bool(claims) and set(signed) != {EndReason.REVOKED}


def _state(line: tables.BudgetLine, fen: int) -> FundingState:
    return FundingState(line_id=line.id, source=line.source, budget_line=line.code, value_fen=fen)


def _check_sum(tender: tables.Tender, wanted: FundingIn) -> None:
    drawn = sum(draw.value_fen for draw in wanted.draws)
    if drawn != tender.value_fen:
        told = Text(
            f"合计应为采购预算 {show_yuan(tender.value_fen)}",
            f"must add up to the budget of the purchase, {show_yuan(tender.value_fen)}",
        )
        raise WrongFunding(errors=[FieldError("/draws", drawn, told)])


async def _take_item(
    session: AsyncSession, tender: tables.Tender, item_id: UUID, *, by: Actor, now: datetime
) -> None:
    """The item of the plan is bought by this purchase and no other, and it buys no other item."""
    former = await plan_queries.item_of_tender(session, tender.id)
    item = await plan_queries.item_locked(session, item_id)
    by.must_cover(item.area_code)
    if item.agenda_item_id != tender.agenda_item_id:
        told = Text("与采购所依据的居民议题不一致", "not the residents' item of the purchase")
        raise WrongFunding(errors=[FieldError("/purchase_item_id", str(item_id), told)])
    if item.tender_id != tender.id:
        if former is not None:
            _free(former, by=by, now=now)
            await session.flush()  # or both would have the purchase for a moment: it has one item
        item.status = plan_rules.item_step(ItemStatus(item.status), ItemStatus.TENDERING)
        item.tender_id = tender.id
        touch(item, by, now)


def _free(item: tables.PurchaseItem, *, by: Actor, now: datetime) -> None:
    """What a purchase was to buy may be bought another way."""
    item.status = plan_rules.item_step(ItemStatus(item.status), ItemStatus.PLANNED)
    item.tender_id = None
    touch(item, by, now)
