"""Checks of opened bids: their conditions, and abnormally low prices that explain themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_bids import (
    BidStatus,
    ConformityIn,
    ExplanationDecision,
    ExplanationIn,
)
from common.contracts.procurement_tenders import CriterionKind, TenderStep
from common.crypto.keys import Keys
from common.errors import Conflict, FieldError, NotFound, Text
from procurement import tables
from procurement.domain import scoring
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import TooEarly, TooLate
from procurement.domain.conditions import check_proofs, check_putting_out
from procurement.domain.criteria import CONDITION
from procurement.domain.terms import Terms
from procurement.queries import bidders as bidder_queries
from procurement.queries import bids as bid_queries
from procurement.queries import panels as panel_queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.holding import explanation_due, must_run
from procurement.usecases.panels import checked, seated
from procurement.usecases.steps import taken_up

LOW: Final = "explanation_time"


class LowPriceOpen(Conflict):
    """An abnormally low price waits for its explanation, or for the panel's word on it."""

    slug = "low-price-open"
    title = Text("异常低价尚未审查", "A low price is open")
    detail = Text(
        "{count} 份响应的报价触发异常低价审查，须先要求说明并由评审小组认定。",
        "{count} bids are abnormally low; ask for the reason and let the panel decide first.",
    )


async def check_bid(
    session: AsyncSession,
    tender_id: UUID,
    bid_id: UUID,
    said: ConformityIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.Bid:
    """Say whether a bid meets the published conditions, before it is scored.

    A refusal may follow a pass until last prices or scores are known: then the pass stands.
    """
    row = await taken_up(session, tender_id, TenderStep.OPENED, version=None, by=by, now=now)
    bid = await bid_queries.one(session, row.id, bid_id)
    if bid.status not in {BidStatus.PENDING, BidStatus.VALID} or bid.stage > 1:
        told = Text("已被否决或撤回", "out already")
        raise tender_rules.WrongTender(errors=[FieldError("/bid_id", str(bid_id), told)])
    conditions = {
        each.position: each.name
        for each in await tender_queries.criteria(session, row.id)
        if each.kind == CriterionKind.QUALIFICATION
    }
    if said.conforms:
        await _prove(session, row, bid, said, conditions)
        bid.status = BidStatus.VALID
    else:
        is_scored = await panel_queries.is_scored(session, row.id, row.round)
        check_putting_out(BidStatus(bid.status), stage=row.stage, is_scored=is_scored)
        _refuse(bid, said, conditions)
    bid.checked_at = now
    bid.proofs = [each.model_dump(mode="json") for each in said.proofs if said.conforms]
    _note(session, row, bid, "bid.check", by, status=bid.status)
    return bid


async def review_prices(
    session: AsyncSession, tender_id: UUID, *, by: Actor, now: datetime
) -> Sequence[tables.Bid]:
    """Ask for the reason of every price that the rules call abnormally low; those asked."""
    row = await taken_up(session, tender_id, TenderStep.OPENED, version=None, by=by, now=now)
    terms = tender_queries.terms_of(row)
    low = low_bids(row, await checked(session, row), terms)
    for bid, codes in low:
        if bid.low_asked_at is None:
            bid.low_rules, bid.low_asked_at = codes, now
            bid.low_due_at = now + timedelta(minutes=terms[LOW].number)
            _note(session, row, bid, "bid.ask_reason", by, rules=",".join(codes))
    return [bid for bid, _ in low]


async def explain(
    session: AsyncSession,
    tender_id: UUID,
    bid_id: UUID,
    said: ExplanationIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.Bid:
    """A bidder gives the reason of a low price, in time."""
    row = await tender_queries.steady(session, tender_id)
    bid = await bid_queries.one(session, row.id, bid_id)
    by.must_act_for(bid.bidder_id)
    if bid.low_due_at is None or bid.low_is_accepted is not None:
        raise NotFound(what=Text("低价说明要求", "request for a reason"), key=bid_id)
    due_at = explanation_due(row, bid.low_due_at, now)
    if now >= due_at:
        raise TooLate(due=due_at, rule=tender_queries.terms_of(row)[LOW].code)
    bid.low_explanation, bid.low_explained_at = said.text, now
    _note(session, row, bid, "bid.explain", by, text=said.text)
    return bid


async def decide_explanation(
    session: AsyncSession,
    tender_id: UUID,
    bid_id: UUID,
    said: ExplanationDecision,
    keys: Keys,
    *,
    by: Actor,
    now: datetime,
) -> tables.Bid:
    """The panel's word on a low price; without proof the bid is out. Source: 财库〔2026〕2号."""
    row = await tender_queries.locked(session, tender_id)
    tender_rules.must_be(TenderStep(row.step), TenderStep.OPENED)
    await must_run(session, row, now)
    await seated(session, row, keys, by)
    bid = await bid_queries.one(session, row.id, bid_id)
    if bid.low_due_at is None or bid.low_is_accepted is not None:
        raise NotFound(what=Text("低价说明要求", "request for a reason"), key=bid_id)
    if bid.low_explained_at is None and now < bid.low_due_at:
        raise TooEarly(at=bid.low_due_at, what=Text("认定未说明", "decide without a word"))
    bid.low_is_accepted = said.is_accepted and bid.low_explained_at is not None
    if not bid.low_is_accepted:
        bid.status, bid.disqualified_reason = BidStatus.DISQUALIFIED, said.reason
        bid.disqualified_rule = bid.low_rules[0]
    _note(session, row, bid, "bid.judge_reason", by, accepted=bid.low_is_accepted)
    return bid


def ask_anew(bid: tables.Bid) -> None:
    """A price that takes another's place is reviewed for itself: no word on the former covers it.

    Nor does a request that was not answered in time stand against it.
    """
    bid.low_rules, bid.low_is_accepted = [], None
    bid.low_asked_at = bid.low_due_at = None
    bid.low_explained_at = bid.low_explanation = None


def low_bids(
    row: tables.Tender, bids: Sequence[tables.Bid], terms: Terms
) -> list[tuple[tables.Bid, list[str]]]:
    """The bids whose price is abnormally low, with the rules that say so."""
    if row.is_price_fixed or not bids:
        return []
    prices = [bid.price_fen or 0 for bid in bids]
    bound = row.ceiling_fen or row.value_fen
    found = [
        (bid, [rule.code for rule in scoring.low_rules(prices, place, bound, terms)])
        for place, bid in enumerate(bids)
    ]
    return [(bid, codes) for bid, codes in found if codes]


def must_be_settled(low: Sequence[tuple[tables.Bid, list[str]]]) -> None:
    unsettled = sum(bid.low_is_accepted is not True for bid, _ in low)
    if unsettled:
        raise LowPriceOpen(count=unsettled)


async def _prove(
    session: AsyncSession,
    row: tables.Tender,
    bid: tables.Bid,
    said: ConformityIn,
    conditions: Mapping[int, str],
) -> None:
    """Every condition has its proof, among what the bid came with or what its bidder's file holds.

    Conditions are met on the day of the deadline. Source: 87号令 44.
    """
    assert bid.bidder_id is not None  # noqa: S101 - opened bids have their bidder
    deadline = row.first_period_end_at or row.tender_period_end_at or bid.submitted_at
    check_proofs(
        conditions,
        said.proofs,
        (bid.content or {}).get("attachments", ()),
        await bidder_queries.qualifications(session, bid.bidder_id),
        deadline_on=city_day(deadline),
    )


def _refuse(bid: tables.Bid, said: ConformityIn, conditions: Mapping[int, str]) -> None:
    """A refusal names a published condition; one that was not published is void (条例 34)."""
    if said.criterion not in conditions or said.reason is None:
        told = Text("须指明已公布的资格条件及理由", "name a published condition and the reason")
        raise tender_rules.WrongTender(errors=[FieldError("/criterion", said.criterion, told)])
    bid.status, bid.disqualified_reason = BidStatus.DISQUALIFIED, said.reason
    bid.disqualified_rule = f"{CONDITION}{said.criterion}"


def _note(
    session: AsyncSession,
    row: tables.Tender,
    bid: tables.Bid,
    action: str,
    by: Actor,
    **facts: object,
) -> None:
    audit.note(
        session,
        by,
        action=action,
        target=("bid", bid.id),
        area=row.area_code,
        after={"tender": str(row.id), **{name: str(value) for name, value in facts.items()}},
    )
