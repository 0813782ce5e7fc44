"""Experts of the pool, the draw of a panel, recusal and who comes instead, the members' sheets."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_bids import BidStatus
from common.contracts.procurement_panels import (
    DrawIn,
    ExpertIn,
    RecusalIn,
    SeatStatus,
    SheetIn,
)
from common.contracts.procurement_tenders import CriterionKind, TenderStep
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import Conflict, Forbidden, Invalid, Text
from common.ids import uuid7
from common.records import made, name_of
from procurement import tables
from procurement.domain import panels as rules
from procurement.domain import tenders as tender_rules
from procurement.domain.criteria import points_of
from procurement.queries import bidders as bidder_queries
from procurement.queries import bids as bid_queries
from procurement.queries import panels as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.steps import KIND, must_run, taken_up

LABEL: Final = "expert.account"


class PanelDrawn(Conflict):
    """One evaluation has one draw."""

    slug = "panel-drawn"
    title = Text("评审小组已抽取", "The panel is drawn")
    detail = Text(
        "本次评审的小组已抽取；有人回避时由次序中的下一位递补，不重新抽取。",
        "The panel of this evaluation is drawn; who recuses is replaced by the next in the order.",
    )


class NotOnThePanel(Forbidden):
    """Only members of the panel may."""

    slug = "not-on-the-panel"
    title = Text("不是评审小组成员", "Not on the panel")
    detail = Text("当前账号不是本次评审小组的成员。", "This account has no seat on the panel.")


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
    session.add_all(
        tables.ExpertRelation(expert_id=row.id, **each.model_dump()) for each in wish.relations
    )
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


async def draw(
    session: AsyncSession, tender_id: UUID, wish: DrawIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.Tender:
    """Draw the panel from the pool; who has a relation to a bidder is not in the draw."""
    row = await taken_up(session, tender_id, TenderStep.OPENED, version=None, by=by, now=now)
    if await queries.draw(session, row.id, row.round) is not None:
        raise PanelDrawn
    terms = tender_queries.terms_of(row)
    rules.check_size(
        *(wish.size, len(wish.representatives)),
        rules.size_rule(row.value_fen, terms, is_complex=wish.is_complex),
        terms["panel_experts"],
    )
    drawn = await _drawn(session, row, wish.size, keys, by=by, now=now)
    wanted = wish.size - len(wish.representatives)
    if len(drawn.ordered) < wanted:
        raise rules.PoolTooSmall(wanted=wanted, count=len(drawn.ordered))
    chosen = [UUID(each) for each in drawn.ordered[:wanted]]
    accounts = await queries.accounts(session, chosen)
    members: list[tuple[UUID | None, bytes]] = [(each, accounts[each]) for each in chosen]
    members += [(None, keys.index.of(LABEL, account)) for account in wish.representatives]
    for number, (expert, account) in enumerate(members, start=1):
        session.add(_seat(row, number, expert, account, now))
    audit.note(
        session,
        by,
        action="panel.draw",
        target=(KIND, row.id),
        area=row.area_code,
        after={"round": row.round, "size": wish.size, "seed": drawn.seed},
    )
    await session.flush()
    return row


async def recuse(
    session: AsyncSession, tender_id: UUID, said: RecusalIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.Tender:
    """A drawn expert declares a conflict; the next in the order of the draw takes a new seat."""
    row = await tender_queries.locked(session, tender_id)
    tender_rules.must_be(TenderStep(row.step), TenderStep.OPENED, TenderStep.FINAL_OFFERS)
    seat = await seated(session, row, keys, by)
    drawn = await queries.draw(session, row.id, row.round)
    assert drawn is not None  # noqa: S101 - a seat has its draw
    seat.status, seat.changed_at = SeatStatus.RECUSED, now
    seat.reason = f"{said.kind}: {said.statement}"
    if seat.expert_id is not None and said.organisation_id is not None:
        session.add(
            tables.ExpertRelation(
                expert_id=seat.expert_id,
                organisation_id=said.organisation_id,
                kind=said.kind,
                from_on=city_day(now),
            )
        )
    seats = await queries.seats(session, row.id, row.round)
    taken = {each.expert_id for each in seats}
    following = next((UUID(e) for e in drawn.ordered if UUID(e) not in taken), None)
    if following is not None:
        accounts = await queries.accounts(session, [following])
        session.add(_seat(row, len(seats) + 1, following, accounts[following], now))
    audit.note(
        session,
        by,
        action="panel.recuse",
        target=(KIND, row.id),
        area=row.area_code,
        after={"place": seat.place, "kind": said.kind, "replaced_by": str(following)},
    )
    await session.flush()
    return row


async def score(
    session: AsyncSession, tender_id: UUID, sheet: SheetIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.PanelSeat:
    """Take a member's sheet: what was measured; the points follow from the published bands."""
    row = await tender_queries.locked(session, tender_id)
    tender_rules.must_be(TenderStep(row.step), TenderStep.OPENED)
    must_run(row, now)
    seat = await seated(session, row, keys, by)
    if seat.status == SeatStatus.SUBMITTED:
        raise PanelDrawn
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


async def _drawn(
    session: AsyncSession, row: tables.Tender, size: int, keys: Keys, *, by: Actor, now: datetime
) -> tables.PanelDraw:
    """The order of the pool by the composed seed, kept so that anybody can draw it again."""
    terms, today = tender_queries.terms_of(row), city_day(now)
    bidders = [
        bid.bidder_id
        for bid in await bid_queries.competing(session, row.id)
        if bid.bidder_id is not None
    ]
    nurtured = await bidder_queries.close_to(session, bidders, today)
    close = [*bidders, row.buyer_id]
    pool, left_out = [], []
    for expert, ties in sorted((await queries.pool(session, row.category)).items()):
        found = rules.partial(ties, close, nurtured, today=today, rule=terms["recusal_relation"])
        if found is None:
            pool.append(expert)
        else:
            left_out.append(
                {
                    "expert_id": str(expert),
                    "reason": found.kind,
                    "organisation_id": str(found.organisation_id),
                }
            )
    service_seed = bytes.fromhex(
        keys.fields.open(row.panel_seed or "", context=place("tender", "panel_seed", row.id))
    )
    seed = rules.seed(row.id, row.round, service_seed, await bid_queries.keys(session, row.id))
    drawn = tables.PanelDraw(
        tender_id=row.id,
        round=row.round,
        size=size,
        service_seed=service_seed.hex(),
        seed=seed.hex(),
        pool=[str(each) for each in pool],
        left_out=left_out,
        ordered=[str(each) for each in rules.order(seed, pool)],
        drawn_at=now,
        drawn_by=name_of(by),
    )
    session.add(drawn)
    return drawn


def _seat(
    row: tables.Tender, number: int, expert: UUID | None, account: bytes, now: datetime
) -> tables.PanelSeat:
    return tables.PanelSeat(
        tender_id=row.id,
        round=row.round,
        place=number,
        expert_id=expert,
        is_expert=expert is not None,
        account_index=account,
        status=SeatStatus.DRAWN,
        changed_at=now,
    )
