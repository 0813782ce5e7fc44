"""Experts of the pool, the seats of a panel: who recuses, who may judge, the members' sheets."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_bids import BidStatus
from common.contracts.procurement_panels import (
    AbsenceIn,
    DepartureIn,
    ExpertIn,
    RecusalIn,
    RelationIn,
    ReturnIn,
    SeatStatus,
    SheetIn,
)
from common.contracts.procurement_tenders import CriterionKind, TenderStep
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Conflict, Forbidden, Invalid, Text
from common.ids import uuid7
from common.records import made, touch
from procurement import tables
from procurement.domain import panels as rules
from procurement.domain import tenders as tender_rules
from procurement.domain.criteria import points_of
from procurement.queries import bids as bid_queries
from procurement.queries import panels as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases import drawing
from procurement.usecases.drawing import LABEL
from procurement.usecases.holding import must_run
from procurement.usecases.steps import KIND


class NotOnThePanel(Forbidden):
    """Only members of the panel may."""

    slug = "not-on-the-panel"
    title = Text("不是评审小组成员", "Not on the panel")
    detail = Text("当前账号不是本次评审小组的成员。", "This account has no seat on the panel.")


class SeatNotOpen(Conflict):
    """Only a member who still has to score can be absent."""

    slug = "seat-not-open"
    title = Text("该席位不能按缺席递补", "Nobody is absent from this seat")
    detail = Text(
        "席位 {place} 不存在、已回避或已提交评分；仅尚未评分的成员可按缺席递补。",
        "Seat {place} does not exist, was left, or has its sheet; only who still has to score can "
        "be absent.",
    )


class ExpertDeparted(Conflict):
    """Who has left the pool leaves it once."""

    slug = "expert-departed"
    title = Text("专家已退出", "The expert has left")
    detail = Text("该专家已于 {at} 退出专家库。", "The expert left the pool at {at}.")


class ExpertInPool(Conflict):
    """Who is in the pool cannot come back to it."""

    slug = "expert-in-pool"
    title = Text("专家在库", "The expert is in the pool")
    detail = Text("该专家未退出专家库，无须恢复。", "The expert has not left the pool.")


class SheetIncomplete(Invalid):
    """A sheet measures every standing bid by every published criterion, and nothing else."""

    slug = "sheet-incomplete"
    title = Text("评分表不完整", "The sheet is incomplete")
    detail = Text(
        "评分表须对每份有效响应的每项评审因素各填一次；缺少 {missing} 项，多出 {extra} 项。",
        "A sheet has one line for each standing bid and criterion; {missing} missing, {extra} "
        "too many.",
    )


class ChecksOpen(Conflict):
    """Bids are checked for their conditions before they are scored."""

    slug = "checks-open"
    title = Text("资格与符合性审查未完成", "Bids are still to be checked")
    detail = Text("还有 {count} 份响应未审查。", "{count} bids are still to be checked.")


async def enrol(
    session: AsyncSession, wish: ExpertIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.Expert:
    """Take an expert into the pool."""
    by.must_cover(wish.area_code)
    expert_id = uuid7()
    row = tables.Expert(
        id=expert_id,
        name=keys.fields.seal(wish.name, context=place("expert", "name", expert_id)),
        account_index=keys.index.of(LABEL, wish.account),
        area_code=wish.area_code,
        categories=list(dict.fromkeys(wish.categories)),
        is_active=True,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    _declare(session, row, wish.relations)
    audit.note(
        session,
        by,
        action="expert.enrol",
        target=("expert", row.id),
        area=row.area_code,
        after={"categories": row.categories, "relations": len(wish.relations)},
    )
    await session.flush()
    return row


async def depart(
    session: AsyncSession,
    expert_id: UUID,
    said: DepartureIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Expert:
    """Take an expert out of the pool, for a reason. Seats that were drawn stand until left.

    No draw under way seats who has left: draws hold the pool as it is.
    """
    row = await queries.locked_expert(session, expert_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if not row.is_active:
        raise ExpertDeparted(at=row.left_at or row.updated_at)
    row.is_active, row.left_at, row.left_reason = False, now, said.reason
    touch(row, by, now)
    standing = [each.model_dump(mode="json") for each in await queries.duties(session, row.id)]
    audit.note(
        session,
        by,
        action="expert.depart",
        target=("expert", row.id),
        area=row.area_code,
        after={"duties": standing},
        reason=said.reason,
    )
    await session.flush()
    return row


async def come_back(
    session: AsyncSession,
    expert_id: UUID,
    said: ReturnIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Expert:
    """Take an expert who left into the pool again: the account is known, and so are the ties.

    Draws that were made before, and what is drawn after them, stay as they are.
    """
    row = await queries.locked_expert(session, expert_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if row.is_active:
        raise ExpertInPool
    before = {"left_at": row.left_at and row.left_at.isoformat(), "left_reason": row.left_reason}
    row.is_active, row.left_at, row.left_reason, row.returned_at = True, None, None, now
    touch(row, by, now)
    _declare(session, row, said.relations)
    audit.note(
        session,
        by,
        action="expert.return",
        target=("expert", row.id),
        area=row.area_code,
        before=before,
        after={"relations": len(said.relations)},
        reason=said.reason,
    )
    await session.flush()
    return row


def _declare(session: AsyncSession, row: tables.Expert, relations: Sequence[RelationIn]) -> None:
    session.add_all(
        tables.ExpertRelation(expert_id=row.id, **each.model_dump()) for each in relations
    )


async def recuse(
    session: AsyncSession, tender_id: UUID, said: RecusalIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.Tender:
    """A drawn expert declares a conflict; the next in the order of the draw takes a new seat."""
    row = await tender_queries.locked(session, tender_id)
    tender_rules.must_be(TenderStep(row.step), *drawing.EVALUATING)
    seat = await _seat(session, row, keys, by)
    if seat.expert_id is not None and said.organisation_id is not None:
        session.add(
            tables.ExpertRelation(
                expert_id=seat.expert_id,
                organisation_id=said.organisation_id,
                kind=said.kind,
                from_on=city_day(now),
            )
        )
    await _replace(
        session, row, seat, keys, by=by, now=now, reason=f"{said.kind}: {said.statement}"
    )
    return row


async def excuse(
    session: AsyncSession, tender_id: UUID, said: AbsenceIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.Tender:
    """Replace a member who does not come; never by the buyer, so that it chooses no panel.

    Source: 87号令 49 (absence, recusal and health alike).
    """
    row = await tender_queries.locked(session, tender_id)
    by.must_cover(row.area_code)
    rules.check_excuser(by.org, buyer_id=row.buyer_id)
    tender_rules.must_be(TenderStep(row.step), *drawing.EVALUATING)
    seats = await queries.seats(session, row.id, row.round)
    seat = next((each for each in seats if each.place == said.place), None)
    if seat is None or seat.status != SeatStatus.DRAWN:
        raise SeatNotOpen(place=said.place)
    await _replace(session, row, seat, keys, by=by, now=now, reason=f"absent: {said.reason}")
    return row


async def _replace(
    session: AsyncSession,
    row: tables.Tender,
    seat: tables.PanelSeat,
    keys: Keys,
    *,
    by: Actor,
    now: datetime,
    reason: str,
) -> None:
    """Who leaves stays on record, without a vote; the next in the order takes a new seat."""
    seat.status, seat.changed_at, seat.reason = SeatStatus.RECUSED, now, reason
    await session.flush()
    following = await drawing.follow(session, row, keys, now=now)
    audit.note(
        session,
        by,
        action="panel.recuse",
        target=(KIND, row.id),
        area=row.area_code,
        after={"place": seat.place, "replaced_by": str(following)},
        reason=reason,
    )
    await session.flush()


async def score(
    session: AsyncSession, tender_id: UUID, sheet: SheetIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.PanelSeat:
    """Take a member's sheet: what was measured; the points follow from the published bands."""
    row = await tender_queries.locked(session, tender_id)
    tender_rules.must_be(TenderStep(row.step), TenderStep.OPENED)
    await must_run(session, row, now)
    seat = await seated(session, row, keys, by)
    if seat.status == SeatStatus.SUBMITTED:
        raise drawing.PanelDrawn
    bids = await checked(session, row)
    bands = {
        each.position: [(Decimal(b["at_least"]), Decimal(b["points"])) for b in each.bands]
        for each in await tender_queries.criteria(session, row.id)
        if each.kind == CriterionKind.QUALITY
    }
    wanted = {(bid.id, position) for bid in bids for position in bands}
    given = {(each.bid_id, each.criterion) for each in sheet.lines}
    missing, extra = len(wanted - given), len(sheet.lines) - len(wanted & given)
    if missing or extra:
        raise SheetIncomplete(missing=missing, extra=extra)
    session.add_all(
        tables.Score(
            tender_id=row.id,
            round=row.round,
            place=seat.place,
            bid_id=each.bid_id,
            criterion=each.criterion,
            measured=each.measured,
            points=points_of(bands[each.criterion], each.measured),
        )
        for each in sheet.lines
    )
    seat.status, seat.changed_at = SeatStatus.SUBMITTED, now
    audit.note(
        session,
        by,
        action="sheet.submit",
        target=(KIND, row.id),
        area=row.area_code,
        after={"place": seat.place, "lines": len(sheet.lines)},
    )
    await session.flush()
    return seat


async def seated(
    session: AsyncSession, row: tables.Tender, keys: Keys, by: Actor
) -> tables.PanelSeat:
    """The seat of a caller who may judge. Raises `NotTheBuyers` or `PartialMember` besides."""
    seat = await _seat(session, row, keys, by)
    bids = [] if by.org is None else await bid_queries.opened(session, row.id)
    bidders = {bid.bidder_id for bid in bids if bid.bidder_id is not None}
    rules.check_member(by.org, is_expert=seat.is_expert, buyer_id=row.buyer_id, bidders=bidders)
    return seat


async def _seat(
    session: AsyncSession, row: tables.Tender, keys: Keys, by: Actor
) -> tables.PanelSeat:
    """The seat of the caller. Raises `NotOnThePanel`."""
    indexes = keys.index.candidates(LABEL, by.subject)
    seat = await queries.seat_of(session, row.id, row.round, indexes)
    if seat is None:
        raise NotOnThePanel
    return seat


async def checked(session: AsyncSession, row: tables.Tender) -> Sequence[tables.Bid]:
    """The bids that stand, when each has been checked. Raises `ChecksOpen`."""
    bids = await bid_queries.competing(session, row.id)
    unchecked = sum(bid.status == BidStatus.PENDING for bid in bids)
    if unchecked:
        raise ChecksOpen(count=unchecked)
    return bids
