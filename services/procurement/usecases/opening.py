"""The opening: once, after everybody's window; every bid is told, also those that were not opened.

Final offers are opened the same way and put their prices in the place of the first ones.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_bids import (
    BidOutcome,
    BidStatus,
    OpeningRecord,
)
from common.contracts.procurement_tenders import NoticeIn, TenderStep
from common.contracts.vocabulary import PurchaseMethod, SmallFirmReserve
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Text
from common.rules import Rule
from procurement import tables
from procurement.domain import opening as rules
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import TooEarly, check_minutes
from procurement.domain.reserves import declared, refusing
from procurement.queries import bidders as bidder_queries
from procurement.queries import bids as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.checks import ask_anew
from procurement.usecases.failing import fail
from procurement.usecases.holding import must_run
from procurement.usecases.notices import REVEAL_PERIOD
from procurement.usecases.panels import checked
from procurement.usecases.reading import told
from procurement.usecases.steps import move, taken_up

OPENING = Text("开标", "open the bids")
NOT_REVEALED = "platform.reveal"


async def open_bids(
    session: AsyncSession, tender_id: UUID, keys: Keys, *, version: int, by: Actor, now: datetime
) -> OpeningRecord:
    """Open the bids of a purchase. Who comes second finds it opened."""
    row = await tender_queries.locked(session, tender_id)
    by.must_cover(row.area_code)
    tender_rules.must_be(TenderStep(row.step), TenderStep.TENDERING, TenderStep.FINAL_OFFERS)
    must_match(row.version, version)
    await must_run(session, row, now)
    if row.reveal_period_end_at is None or now < row.reveal_period_end_at:
        raise TooEarly(at=row.reveal_period_end_at, what=OPENING)
    bids = await queries.of_stage(session, row.id, row.stage)
    for bid in bids:
        _open(session, row, bid, keys, by=by, now=now)
    standing = [bid for bid in bids if bid.outcome in {BidOutcome.OPENED, BidOutcome.NOT_REVEALED}]
    _exclude_dear(row, standing)
    await _exclude_unfit(session, row, standing)
    await _exclude_unreserved(session, row, standing)
    if row.stage > 1:
        await _put_prices(session, row, standing)
    await session.flush()
    competing = await queries.competing(session, row.id)
    rule = rules.least(
        *(PurchaseMethod(row.method), tender_queries.terms_of(row), len(competing)),
        stage=row.stage,
    )
    if row.stage == 1:
        row.tenderers = len(standing)
    row.opened_at = row.opened_at or now
    row.conforming = len(competing)
    if not rule.admits(len(competing)):
        await fail(session, row, "too_few_suppliers", rule, by=by, now=now)
    else:
        move(session, row, TenderStep.OPENED, by=by, now=now)
    await session.flush()
    return record(row, bids, rule, by=by, now=now)


async def recorded(session: AsyncSession, row: tables.Tender, *, by: Actor) -> OpeningRecord:
    """The opening record of a purchase that was opened, for one who may read it."""
    bids = [each for each in await queries.opened(session, row.id) if each.stage == row.stage]
    terms = tender_queries.terms_of(row)
    count = row.conforming or 0
    rule = rules.least(PurchaseMethod(row.method), terms, count, stage=row.stage)
    return record(row, bids, rule, by=by, now=row.opened_at or row.updated_at)


async def call_final_offers(
    session: AsyncSession,
    tender_id: UUID,
    notice: NoticeIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """After the talks, ask those whose response stands for a last price, sealed again.

    Whose response stands is known before any last price is. Raises `ChecksOpen`.
    Source: 214号 21; 74号令 33.
    """
    row = await taken_up(session, tender_id, TenderStep.OPENED, version=version, by=by, now=now)
    if row.method not in tender_rules.NEGOTIATED or row.stage > 1:
        raise tender_rules.TenderCannotMove(
            current=row.step, wanted=TenderStep.FINAL_OFFERS, allowed=TenderStep.EVALUATED
        )
    await checked(session, row)
    terms = tender_queries.terms_of(row)
    end, reveal = notice.tender_period_end_at, notice.reveal_period_end_at
    if end <= now:
        raise TooEarly(at=now, what=OPENING)
    check_minutes(REVEAL_PERIOD, terms["reveal_window"], end, reveal)
    move(
        *(session, row, TenderStep.FINAL_OFFERS),
        by=by,
        now=now,
        stage=2,
        first_period_end_at=row.tender_period_end_at,
        tender_period_end_at=end,
        reveal_period_end_at=reveal,
    )
    return row


def record(
    row: tables.Tender, bids: Sequence[tables.Bid], rule: Rule, *, by: Actor, now: datetime
) -> OpeningRecord:
    """The opening as it is published."""
    return OpeningRecord(
        tender_id=row.id,
        stage=row.stage,
        opened_at=now,
        tenderers=row.tenderers or 0,
        outcome="unsuccessful" if row.step == TenderStep.UNSUCCESSFUL else "opened",
        rule=rule.code,
        bids=told(row, bids, by),
    )


def _open(
    session: AsyncSession,
    row: tables.Tender,
    bid: tables.Bid,
    keys: Keys,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Tell one bid: who and when it was, and what it says if its key came in time."""
    who = orjson.loads(_plain(keys, bid, "bidder_sealed", bid.bidder_sealed))
    outcome = rules.outcome(
        superseded=bid.superseded_at is not None,
        withdrawn=bid.withdrawn_at is not None,
        revealed=bid.revealed is not None,
    )
    bid.opened_at, bid.outcome, bid.bidder_id = now, outcome, UUID(who["bidder"])
    if outcome is BidOutcome.REPLACED:
        bid.status = BidStatus.WITHDRAWN
    if outcome is BidOutcome.NOT_REVEALED:
        _exclude(bid, "未在窗口内解密 / not revealed in time", NOT_REVEALED)
    if outcome is BidOutcome.OPENED and bid.revealed is not None:
        told = orjson.loads(_plain(keys, bid, "revealed", bid.revealed))
        bid.key, bid.content = bytes.fromhex(told["key"]), told["content"]
        bid.price_fen = told["content"]["price_fen"]
    bid.revealed = None
    audit.note(
        session,
        by,
        action=f"bid.{outcome}",
        target=("bid", bid.id),
        area=row.area_code,
        after={
            "tender": str(row.id),
            "bidder": who["bidder"],
            "submitted_by": who["by"],
            "submitted_at": bid.submitted_at.isoformat(),
            "digest": bid.ciphertext_digest.hex(),
        },
    )


def _exclude_dear(row: tables.Tender, bids: Sequence[tables.Bid]) -> None:
    """Bids over the budget or the ceiling are out. Source: 政府采购法 36."""
    priced = [bid for bid in bids if bid.price_fen is not None]
    dear = rules.over_budget([bid.price_fen or 0 for bid in priced], row.value_fen, row.ceiling_fen)
    for bid, is_dear in zip(priced, dear, strict=True):
        if is_dear:
            _exclude(bid, "报价超过预算或最高限价 / over the budget", "gpl.36.budget_ceiling")


async def _exclude_unfit(
    session: AsyncSession, row: tables.Tender, bids: Sequence[tables.Bid]
) -> None:
    """Who may not supply on the day of the deadline is out. Source: 政府采购法 22, 77."""
    bidders = [bid.bidder_id for bid in bids if bid.bidder_id is not None]
    day = city_day(row.tender_period_end_at or row.created_at)
    kept_out = await bidder_queries.kept_out(session, bidders, day)
    for bid in bids:
        found = kept_out.get(bid.bidder_id) if bid.bidder_id is not None else None
        if found is not None and bid.status == BidStatus.PENDING:
            _exclude(bid, found.remark(), found.rule)


async def _exclude_unreserved(
    session: AsyncSession, row: tables.Tender, bids: Sequence[tables.Bid]
) -> None:
    """Where a purchase is kept for small firms others are out; only enterprises are such firms."""
    if row.small_firm_reserve is None or row.stage > 1:
        return
    reserve, terms = SmallFirmReserve(row.small_firm_reserve), tender_queries.terms_of(row)
    pending = [bid for bid in bids if bid.bidder_id and bid.status == BidStatus.PENDING]
    bidders = [bid.bidder_id for bid in pending if bid.bidder_id]
    others = await bidder_queries.no_enterprises(session, bidders)
    for bid in pending:
        said = declared(bid.content or {}, is_enterprise=bid.bidder_id not in others)
        rule = refusing(reserve, terms, said)
        if rule is not None:
            _exclude(bid, "本项目预留给中小企业 / kept for small firms", rule.code)


async def _put_prices(
    session: AsyncSession, row: tables.Tender, final: Sequence[tables.Bid]
) -> None:
    """Final prices take the place of the first ones; who made none has left."""
    offers = {bid.bidder_id: bid for bid in final if bid.status == BidStatus.PENDING}
    for first in await queries.competing(session, row.id):
        last = offers.get(first.bidder_id)
        if last is None:
            _exclude(first, "未提交有效的最后报价 / no final offer", "214.21.final_offers")
        else:
            first.price_fen = last.price_fen
            ask_anew(first)


def _exclude(bid: tables.Bid, reason: str, rule: str) -> None:
    bid.status, bid.disqualified_reason, bid.disqualified_rule = (
        BidStatus.DISQUALIFIED,
        reason,
        rule,
    )


def _plain(keys: Keys, bid: tables.Bid, column: str, sealed: str) -> str:
    return keys.fields.open(sealed, context=place("bid", column, bid.id))
