"""The report: what stands is ranked when every member has scored, or by price where that rules."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.procurement_panels import RankedBid, Report, SeatStatus
from common.contracts.procurement_tenders import BoughtObject, CriterionKind, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.crypto.keys import Keys
from common.errors import Conflict, NotFound, Text
from common.rules import Rule
from procurement import tables
from procurement.domain import scoring
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import due
from procurement.domain.opening import least, must_suffice
from procurement.domain.reserves import declared
from procurement.domain.terms import Terms
from procurement.queries import bidders as bidder_queries
from procurement.queries import bids as bid_queries
from procurement.queries import panels as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.checks import low_bids, must_be_settled
from procurement.usecases.failing import fail
from procurement.usecases.holding import must_run
from procurement.usecases.panels import checked, seated
from procurement.usecases.steps import move, taken_up


class PanelIncomplete(Conflict):
    """Seats are empty, or sheets are missing."""

    slug = "panel-incomplete"
    title = Text("评审小组不完整", "The panel is incomplete")
    detail = Text(
        "小组 {size} 席中 {ready} 席已完成；须全部完成后才能出具报告。",
        "{ready} of {size} seats are done; the report needs them all.",
    )


async def report(
    session: AsyncSession, tender_id: UUID, keys: Keys, *, by: Actor, now: datetime
) -> tables.Tender:
    """Rank what stands, when everybody has scored. Too few that stand: the purchase fails."""
    row = await tender_queries.locked(session, tender_id)
    tender_rules.must_be(TenderStep(row.step), TenderStep.OPENED)
    await must_run(session, row, now)
    await seated(session, row, keys, by)
    method, terms = PurchaseMethod(row.method), tender_queries.terms_of(row)
    if method in tender_rules.NEGOTIATED and row.stage == 1:
        raise tender_rules.TenderCannotMove(
            current=row.step, wanted=TenderStep.EVALUATED, allowed=TenderStep.FINAL_OFFERS
        )
    bids = await checked(session, row)
    rule = least(method, terms, len(bids), stage=row.stage)
    row.conforming = len(bids)
    if not rule.admits(len(bids)):
        await fail(session, row, "too_few_conforming", rule, by=by, now=now)
        return row
    must_be_settled(low_bids(row, bids, terms))
    drawn = await queries.draw(session, row.id, row.round)
    assert drawn is not None  # noqa: S101 - the caller has a seat
    weighing = _weighing(row, bytes.fromhex(drawn.seed))
    quality = await _quality(session, row, drawn)
    ranked = scoring.ranked(weighing, await _offers(session, bids), quality)
    listed = len(ranked)
    if _is_framework(row):
        listed = scoring.shortlist(
            len(ranked), _elimination(row, terms), terms["elimination_least"]
        )
        must_suffice(terms["suppliers"], listed)
    session.add_all(
        _line(row, each, is_shortlisted=each.rank <= listed, now=now) for each in ranked
    )
    move(session, row, TenderStep.EVALUATED, by=by, now=now, report_at=now)
    await session.flush()
    return row


async def compare(
    session: AsyncSession, tender_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Tender:
    """Rank a mini-competition by price alone: its members were evaluated in the first stage."""
    row = await taken_up(session, tender_id, TenderStep.OPENED, version=version, by=by, now=now)
    if row.framework_id is None:
        raise tender_rules.TenderCannotMove(
            current=row.step, wanted=TenderStep.EVALUATED, allowed="report"
        )
    bids = await checked(session, row)
    rule = least(
        *(PurchaseMethod(row.method), tender_queries.terms_of(row), len(bids)), stage=row.stage
    )
    must_suffice(rule, len(bids))
    row.conforming = len(bids)
    lot = b"".join(sorted(await bid_queries.keys(session, row.id)))
    ranked = scoring.ranked(_weighing(row, lot), await _offers(session, bids), {})
    session.add_all(_line(row, each, is_shortlisted=True, now=now) for each in ranked)
    move(session, row, TenderStep.EVALUATED, by=by, now=now, report_at=now)
    await session.flush()
    return row


async def reported(session: AsyncSession, by: Actor, tender_id: UUID) -> Report:
    """The report of the present round."""
    row = await tender_queries.found(session, by, tender_id)
    ranking = await queries.ranking(session, row.id, row.round)
    if not ranking or row.report_at is None:
        raise NotFound(what=queries.REPORT, key=tender_id)
    terms = tender_queries.terms_of(row)
    decided = due(terms["award_decision"], city_day(row.report_at), official_calendar())
    eliminated = [_elimination(row, terms).code] if _is_framework(row) else []
    ties = {each.tie_rule for each in ranking if each.tie_rule is not None}
    return Report(
        tender_id=row.id,
        round=row.round,
        made_at=row.report_at,
        decision_due_on=decided.on,
        tie_rule="lot" if "lot" in ties else next(iter(ties), None),
        rules=sorted({*(terms[name].code for name in _APPLIED if name in terms), *eliminated}),
        ranking=[RankedBid.model_validate(each) for each in ranking],
    )


_APPLIED: Final = (
    *("suppliers", "price_weight", "price_weight_ceiling", "award_rule", "tie_rule"),
    *("small_firm_deduction", "consortium_deduction", "elimination_least"),
    "award_decision",
)


def _elimination(row: tables.Tender, terms: Terms) -> Rule:
    is_goods = row.object == BoughtObject.GOODS
    return scoring.elimination(terms, is_goods=is_goods, is_price_fixed=row.is_price_fixed)


def _is_framework(row: tables.Tender) -> bool:
    return row.framework_form is not None


async def _quality(
    session: AsyncSession, row: tables.Tender, drawn: tables.PanelDraw
) -> dict[UUID, Decimal]:
    """Each bid's mean of the members' points. Raises `PanelIncomplete`."""
    seats = await queries.seats(session, row.id, row.round)
    standing = [seat for seat in seats if seat.status != SeatStatus.RECUSED]
    scored = any(
        each.kind == CriterionKind.QUALITY
        for each in await tender_queries.criteria(session, row.id)
    )
    ready = [s for s in standing if not scored or s.status == SeatStatus.SUBMITTED]
    if len(ready) < drawn.size:
        raise PanelIncomplete(size=drawn.size, ready=len(ready))
    sheets = await queries.sheets(session, row.id, row.round, [seat.place for seat in ready])
    return {bid: scoring.mean(points) for bid, points in sheets.items()}


def _weighing(row: tables.Tender, lot: bytes) -> scoring.Weighing:
    return scoring.Weighing(
        method=PurchaseMethod(row.method),
        price_weight=row.price_weight,
        small_firm=row.small_firm_deduction,
        consortium=row.consortium_deduction,
        lot=lot,
    )


async def _offers(session: AsyncSession, bids: Sequence[tables.Bid]) -> list[scoring.Offer]:
    bidders = [bid.bidder_id for bid in bids if bid.bidder_id is not None]
    others = await bidder_queries.no_enterprises(session, bidders)
    return [_offer(bid, others) for bid in bids]


def _offer(bid: tables.Bid, no_enterprises: set[UUID]) -> scoring.Offer:
    """A bid as scoring sees it; only an enterprise can be a small firm (财库〔2020〕46号)."""
    said = declared(bid.content or {}, is_enterprise=bid.bidder_id not in no_enterprises)
    assert bid.bidder_id is not None  # noqa: S101 - opened bids have bidder and price
    assert bid.price_fen is not None  # noqa: S101 - as above
    return scoring.Offer(
        bid_id=bid.id,
        bidder_id=bid.bidder_id,
        price_fen=bid.price_fen,
        is_small_firm=said.is_small,
        small_firm_share=said.small_share,
    )


def _line(
    row: tables.Tender, each: scoring.Ranked, *, is_shortlisted: bool, now: datetime
) -> tables.Ranking:
    return tables.Ranking(
        tender_id=row.id,
        round=row.round,
        bid_id=each.offer.bid_id,
        bidder_id=each.offer.bidder_id,
        price_fen=each.offer.price_fen,
        evaluated_price_fen=each.evaluated_price_fen,
        quality_points=each.quality,
        price_points=each.price,
        total_points=each.total,
        rank=each.rank,
        is_shortlisted=is_shortlisted,
        made_at=now,
        tie_rule=each.tie,
    )
