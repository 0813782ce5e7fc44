"""The draw of a panel, who comes after a recusal, and a later draw when the order is used up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_panels import DrawIn, RelationKind, SeatStatus
from common.contracts.procurement_tenders import TenderStep
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import Conflict, Text
from common.records import name_of
from procurement import tables
from procurement.domain import panels as rules
from procurement.domain.panels import Representative, Tie
from procurement.queries import bidders as bidder_queries
from procurement.queries import bids as bid_queries
from procurement.queries import panels as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.steps import KIND, taken_up

LABEL: Final = "expert.account"
DEPARTED: Final = "departed"
EVALUATING: Final = queries.EVALUATING


class PanelDrawn(Conflict):
    """One evaluation has one draw."""

    slug = "panel-drawn"
    title = Text("评审小组已抽取", "The panel is drawn")
    detail = Text(
        "本次评审的小组已抽取；有人回避时由次序中的下一位递补，不重新抽取。",
        "The panel of this evaluation is drawn; who recuses is replaced by the next in the order.",
    )


class NoSeatEmpty(Conflict):
    """There is nobody to draw for."""

    slug = "no-seat-empty"
    title = Text("没有空缺席位", "No seat is empty")
    detail = Text(
        "评审小组 {size} 席均有人；仅在回避后次序用尽、席位空缺时补抽。",
        "All {size} seats are taken; a later draw is for seats that nobody in the order can take.",
    )


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
    around, bid_for = await _around(session, row, now), await _hands(session, row, keys)
    sent = await _representatives(session, wish, keys)
    rules.check_representatives(sent, bid_for, around)
    own = {each.account: row.buyer_id for each in sent}
    drawn = await _drawn(session, row, wish.size, keys, around, {**bid_for, **own}, by=by, now=now)
    wanted = wish.size - len(sent)
    if len(drawn.ordered) < wanted:
        raise rules.PoolTooSmall(wanted=wanted, count=len(drawn.ordered))
    chosen = [UUID(each) for each in drawn.ordered[:wanted]]
    await _seat_experts(session, row, chosen, after=0, now=now)
    session.add_all(
        _seat(row, number, None, each.account, now)
        for number, each in enumerate(sent, start=wanted + 1)
    )
    declared = [
        [each.model_dump(mode="json") for each in one.relations] for one in wish.representatives
    ]
    facts = {"round": row.round, "size": wish.size, "seed": drawn.seed, "declared": declared}
    _note(session, row, "panel.draw", by, facts)
    await session.flush()
    return row


async def supplement(
    session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor, now: datetime
) -> tables.Tender:
    """Fill empty seats from the experts who joined the pool since, where the order is used up.

    As many as can be: what stays empty is told with the panel, and drawn for again later. Who came
    back since the draw is not among them: seed and ids are known, so it would be a choice.
    Source: 87号令 49 (a committee short of members is made up before it goes on).
    """
    row = await taken_up(session, tender_id, *EVALUATING, version=None, by=by, now=now)
    drawn = await queries.draw(session, row.id, row.round)
    seats = await queries.seats(session, row.id, row.round)
    standing = [each for each in seats if each.status != SeatStatus.RECUSED]
    if drawn is None or len(standing) >= drawn.size:
        raise NoSeatEmpty(size=0 if drawn is None else drawn.size)
    seed = rules.supplementary(bytes.fromhex(drawn.seed), len(drawn.supplements) + 1)
    around, taken = await _around(session, row, now), await _hands(session, row, keys)
    taken |= {each.account_index: row.buyer_id for each in standing if not each.is_expert}
    pool, left_out = await _sifted(session, row, around, taken, after=drawn)
    wanted = drawn.size - len(standing)
    if not pool:
        raise rules.PoolTooSmall(wanted=wanted, count=0)
    ordered = rules.order(seed, pool)
    drawn.supplements = [*drawn.supplements, _supplement(seed, pool, left_out, ordered, by, now)]
    await _seat_experts(session, row, ordered[:wanted], after=len(seats), now=now)
    empty = max(0, wanted - len(ordered))
    facts = {"round": row.round, "seed": seed.hex(), "empty": empty}
    _note(session, row, "panel.supplement", by, facts)
    await session.flush()
    return row


async def follow(
    session: AsyncSession, row: tables.Tender, keys: Keys, *, now: datetime
) -> UUID | None:
    """Seat the next in the order who is still impartial; none, where the order is used up.

    Who is passed over because of what has become known since the draw is told among those left out.
    """
    drawn = await queries.draw(session, row.id, row.round)
    assert drawn is not None  # noqa: S101 - a seat has its draw
    seats = await queries.seats(session, row.id, row.round)
    around, bid_for = await _around(session, row, now), await _hands(session, row, keys)
    passed = {each.expert_id for each in seats} | {_id(each) for each in drawn.left_out}
    waiting = [each for each in _ordered(drawn) if each not in passed]
    ties, accounts = await queries.ties(session, waiting), await queries.accounts(session, waiting)
    departed = await queries.departed(session, waiting)
    for expert in waiting:
        if expert in departed:
            drawn.left_out = [*drawn.left_out, _departed(expert)]
            continue
        found = _found(around, bid_for, accounts[expert], ties[expert])
        if found is None:
            await _seat_experts(session, row, [expert], after=len(seats), now=now)
            return expert
        drawn.left_out = [*drawn.left_out, _left_out(expert, found)]
    return None


async def _around(session: AsyncSession, row: tables.Tender, now: datetime) -> rules.Around:
    """Whom members must not be tied to."""
    today = city_day(now)
    bids = await bid_queries.competing(session, row.id)
    bidders = [bid.bidder_id for bid in bids if bid.bidder_id is not None]
    return rules.Around(
        bidders=bidders,
        nurtured_by=await bidder_queries.close_to(session, bidders, today),
        buyer_id=row.buyer_id,
        today=today,
        rule=tender_queries.terms_of(row)["recusal_relation"],
    )


async def _hands(session: AsyncSession, row: tables.Tender, keys: Keys) -> dict[bytes, UUID]:
    """Whose hands the bids came from: the blind index of each account, and for whom it bid."""
    found = {}
    for bid in await bid_queries.opened(session, row.id):
        sealed = place("bid", "bidder_sealed", bid.id)
        who = orjson.loads(keys.fields.open(bid.bidder_sealed, context=sealed))
        for index in keys.index.candidates(LABEL, who["by"]):
            found[index] = UUID(who["bidder"])
    return found


async def _representatives(
    session: AsyncSession, wish: DrawIn, keys: Keys
) -> Sequence[Representative]:
    """Who is to sit for the buyer, with what the pool knows of those who are experts elsewhere."""
    found = []
    for each in wish.representatives:
        declared = [Tie(r.organisation_id, r.kind, r.from_on, r.to_on) for r in each.relations]
        indexes = keys.index.candidates(LABEL, each.account)
        expert = await queries.expert_of(session, indexes)
        kept = [] if expert is None else (await queries.ties(session, [expert.id]))[expert.id]
        account = keys.index.of(LABEL, each.account) if expert is None else expert.account_index
        found.append(Representative(account, [*declared, *kept]))
    return found


async def _drawn(
    session: AsyncSession,
    row: tables.Tender,
    size: int,
    keys: Keys,
    around: rules.Around,
    taken: Mapping[bytes, UUID],
    *,
    by: Actor,
    now: datetime,
) -> tables.PanelDraw:
    """The order of the pool by the composed seed, kept so that anybody can draw it again."""
    pool, left_out = await _sifted(session, row, around, taken)
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
        supplements=[],
        drawn_at=now,
        drawn_by=name_of(by),
    )
    session.add(drawn)
    return drawn


async def _sifted(
    session: AsyncSession,
    row: tables.Tender,
    around: rules.Around,
    taken: Mapping[bytes, UUID],
    *,
    after: tables.PanelDraw | None = None,
) -> tuple[list[UUID], list[dict[str, str]]]:
    """The experts of the field who may be drawn, by id, and who is left out and why.

    After a draw these are neither those of its order nor who has come back since.
    """
    since = None if after is None else after.drawn_at
    found = await queries.pool(session, row.category, no_return_since=since)
    for each in () if after is None else _ordered(after):
        found.pop(each, None)
    accounts = await queries.accounts(session, list(found))
    pool, left_out = [], []
    for expert, ties in sorted(found.items()):
        why = _found(around, taken, accounts[expert], ties)
        if why is None:
            pool.append(expert)
        else:
            left_out.append(_left_out(expert, why))
    return pool, left_out


def _found(
    around: rules.Around, taken: Mapping[bytes, UUID], account: bytes, ties: Sequence[Tie]
) -> rules.Partial | None:
    """Why an expert is not drawn: it acts for a party of the purchase, or is tied to one."""
    if account in taken:
        return rules.Partial(RelationKind.LABOUR, taken[account])
    return around.keeps_out(ties)


async def _seat_experts(
    session: AsyncSession, row: tables.Tender, chosen: Sequence[UUID], *, after: int, now: datetime
) -> None:
    accounts = await queries.accounts(session, chosen)
    session.add_all(
        _seat(row, number, expert, accounts[expert], now)
        for number, expert in enumerate(chosen, start=after + 1)
    )


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


def _supplement(
    seed: bytes,
    pool: Sequence[UUID],
    left_out: Sequence[Mapping[str, str]],
    ordered: Sequence[UUID],
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    return {
        "seed": seed.hex(),
        "pool": [str(each) for each in pool],
        "left_out": list(left_out),
        "order": [str(each) for each in ordered],
        "drawn_at": now.isoformat(),
        "drawn_by": name_of(by),
    }


def _departed(expert: UUID) -> dict[str, str | None]:
    return {"expert_id": str(expert), "reason": DEPARTED, "organisation_id": None}


def _left_out(expert: UUID, why: rules.Partial) -> dict[str, str]:
    return {
        "expert_id": str(expert),
        "reason": why.kind,
        "organisation_id": str(why.organisation_id),
    }


def _ordered(drawn: tables.PanelDraw) -> list[UUID]:
    """Everybody who was drawn, in order: the first draw, then the later ones."""
    later = [expert for each in drawn.supplements for expert in each["order"]]
    return [UUID(each) for each in (*drawn.ordered, *later)]


def _id(left_out: Mapping[str, Any]) -> UUID:
    return UUID(left_out["expert_id"])


def _note(
    session: AsyncSession, row: tables.Tender, action: str, by: Actor, facts: dict[str, Any]
) -> None:
    audit.note(session, by, action=action, target=(KIND, row.id), area=row.area_code, after=facts)
