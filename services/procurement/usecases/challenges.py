"""Challenges and complaints: filed, answered, decided; what they suspend, and what they undo."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.procurement_bids import BidStatus
from common.contracts.procurement_challenges import (
    ChallengeAbout,
    ChallengeAnswerIn,
    ChallengeIn,
    ChallengeStep,
    ComplaintDecisionIn,
    ComplaintIn,
    DecidedFrom,
    Remedy,
    SuspensionIn,
)
from common.contracts.procurement_tenders import TenderStep
from common.edge import must_match
from common.records import made, name_of, touch
from common.rules import Rule
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import challenges as rules
from procurement.domain.clocks import due
from procurement.domain.judging import Judge, decided_from
from procurement.queries import bids as bid_queries
from procurement.queries import challenges as queries
from procurement.queries import parties
from procurement.queries import tenders as tender_queries
from procurement.usecases import judging
from procurement.usecases.awards import cancel_live
from procurement.usecases.checks import ask_anew
from procurement.usecases.endings import revoke
from procurement.usecases.failing import fail
from procurement.usecases.holding import hold, is_late
from procurement.usecases.steps import changed, move

UNANSWERED: Final = (
    "被质疑人未答复，由投诉处理决定办结 / never answered; settled by the decision on the complaint"
)
AWARD_NOTICE: Final = "87.69.notice_period"


async def challenge(
    session: AsyncSession, tender_id: UUID, said: ChallengeIn, *, by: Actor, now: datetime
) -> tables.Challenge:
    """File a challenge. One of procedure or result holds the purchase up until it is answered.

    Where the buyer does not answer, it holds until the days to complain are over, or until a
    complaint is to be decided: `challenges.holds_until`.
    """
    by.must_act_for(by.org)
    row = await tender_queries.locked(session, tender_id)
    await _must_be_concerned(session, row, said, by)
    terms, today = tender_queries.terms_of(row), city_day(now)
    answer = rules.check_challenge(
        *(said.about, TenderStep(row.step), said.known_on, today, terms, official_calendar()),
        told_on=await _told_on(session, row, said.about),
    )
    filed = tables.Challenge(
        tender_id=row.id,
        round=row.round,
        by_id=by.org,
        **said.model_dump(),
        filed_at=now,
        answer_due_on=answer.on,
        is_due_provisional=answer.provisional,
        step=ChallengeStep.OPEN,
        rules=[terms[name].code for name in ("challenge_period", "challenge_answer")],
        **made(by, now),
    )
    session.add(filed)
    row.challenged_at = now
    await session.flush()
    await hold(session, row, now)
    changed(session, row, "tender.challenge", by=by, now=now, challenge=filed.id)
    return filed


async def answer(
    session: AsyncSession,
    challenge_id: UUID,
    said: ChallengeAnswerIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Challenge:
    """Answer a challenge. What stands is remedied: evaluated anew, or ended.

    What has been signed stays: a contract is revoked by the authority only, not by the buyer.
    """
    filed = await queries.challenge(session, challenge_id)
    row = await tender_queries.locked(session, filed.tender_id)
    by.must_cover(row.area_code)
    must_match(filed.version, version)
    rules.check_settling(ChallengeStep(filed.step))
    rules.check_remedy(said.outcome, said.remedy, TenderStep(row.step), is_late=is_late(row, now))
    filed.step, filed.remedy = said.outcome, said.remedy
    filed.answer, filed.answered_at = said.answer, now
    filed.answered_by, filed.answered_area, filed.answered_for = name_of(by), by.area, by.org
    touch(filed, by, now)
    await session.flush()
    await _settle(session, row, said.remedy, filed.rules[-1], by=by, now=now)
    return filed


async def withdraw(
    session: AsyncSession, challenge_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Challenge:
    """Take a challenge back before its answer; a complaint about it is taken back first."""
    filed = await queries.challenge(session, challenge_id)
    by.must_act_for(filed.by_id)
    row = await tender_queries.locked(session, filed.tender_id)
    must_match(filed.version, version)
    rules.check_settling(ChallengeStep(filed.step))
    if await queries.has_open_complaint(session, filed.id):
        raise rules.ComplaintOpen
    filed.step = ChallengeStep.WITHDRAWN
    touch(filed, by, now)
    await session.flush()
    await hold(session, row, now)
    changed(session, row, "tender.withdraw_challenge", by=by, now=now, challenge=filed.id)
    return filed


async def withdraw_complaint(
    session: AsyncSession, complaint_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.SupplierComplaint:
    """Take a complaint back before it is decided, which ends its suspension. Source: 94号令 30."""
    filed = await queries.complaint(session, complaint_id)
    by.must_act_for(filed.by_id)
    row = await tender_queries.locked(session, filed.tender_id)
    must_match(filed.version, version)
    rules.check_settling(ChallengeStep(filed.step))
    filed.step, filed.suspended_until_on = ChallengeStep.WITHDRAWN, None
    touch(filed, by, now)
    await session.flush()
    await hold(session, row, now)
    changed(session, row, "tender.withdraw_complaint", by=by, now=now, complaint=filed.id)
    return filed


async def complain(
    session: AsyncSession, challenge_id: UUID, said: ComplaintIn, *, by: Actor, now: datetime
) -> tables.SupplierComplaint:
    """Take a challenge to the authority, after its answer or for want of one.

    What was taken back was never challenged. Source: 94号令 19.
    """
    filed = await queries.challenge(session, challenge_id)
    by.must_act_for(filed.by_id)
    row = await tender_queries.locked(session, filed.tender_id)
    if filed.step == ChallengeStep.WITHDRAWN:
        raise rules.ChallengeSettled(step=ChallengeStep.WITHDRAWN)
    terms = tender_queries.terms_of(row)
    answered = None if filed.answered_at is None else city_day(filed.answered_at)
    clocks = rules.check_complaint(
        filed.answer_due_on, answered, city_day(now), terms, official_calendar()
    )
    if await queries.complaint_about(session, filed.id):
        raise rules.ChallengeSettled(step=ChallengeStep(filed.step))
    names = ("complaint_period", "complaint_review", "complaint_notice", "complaint_decision")
    made_of_it = tables.SupplierComplaint(
        tender_id=row.id,
        challenge_id=filed.id,
        by_id=filed.by_id,
        ground=said.ground,
        filed_at=now,
        review_due_on=clocks.review.on,
        notice_due_on=clocks.notice.on,
        decision_due_on=clocks.decision.on,
        excluded_days=0,
        step=ChallengeStep.OPEN,
        rules=[terms[name].code for name in names],
        **made(by, now),
    )
    session.add(made_of_it)
    await session.flush()
    await hold(session, row, now)
    changed(session, row, "tender.complaint", by=by, now=now, complaint=made_of_it.id)
    return made_of_it


async def suspend(
    session: AsyncSession,
    complaint_id: UUID,
    said: SuspensionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.SupplierComplaint:
    """The authority suspends the purchase, for thirty days at most."""
    about = await queries.behind(session, complaint_id)
    filed = await queries.complaint(session, complaint_id)
    row = await tender_queries.locked(session, filed.tender_id)
    by.must_cover(row.area_code)
    must_match(filed.version, version)
    rules.check_settling(ChallengeStep(filed.step))
    await _decided_from(session, row, about, by)
    terms = tender_queries.terms_of(row)
    rules.check_suspension(said.days, filed.suspended_days, terms)
    first = max(city_day(now), filed.suspended_until_on or city_day(now))
    filed.suspended_until_on = first + timedelta(days=said.days)
    filed.suspended_days += said.days
    touch(filed, by, now)
    await session.flush()
    await hold(session, row, now)
    changed(session, row, "tender.suspend", by=by, now=now, reason=said.reason)
    return filed


async def decide(
    session: AsyncSession,
    complaint_id: UUID,
    said: ComplaintDecisionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.SupplierComplaint:
    """The authority's decision; time for testing and correction moves its own deadline.

    It settles a challenge that the buyer never answered, in the buyer's place. Neither the buyer
    decides it nor who answered the challenge, but at the top another person does; it is told.
    Where it takes the result away, contracts that are not performed yet are revoked with it.
    Source: 94号令 32.
    """
    about = await queries.behind(session, complaint_id)
    filed = await queries.complaint(session, complaint_id)
    row = await tender_queries.locked(session, filed.tender_id)
    by.must_cover(row.area_code)
    must_match(filed.version, version)
    rules.check_settling(ChallengeStep(filed.step))
    rules.check_remedy(said.outcome, said.remedy, TenderStep(row.step), is_late=is_late(row, now))
    filed.decided_from = await _decided_from(session, row, about, by)
    terms = tender_queries.terms_of(row)
    if said.excluded_days:
        rule, filed_on = terms["complaint_decision"], city_day(filed.filed_at)
        moved = due(rule, filed_on, official_calendar(), more=said.excluded_days)
        filed.excluded_days, filed.decision_due_on = said.excluded_days, moved.on
    filed.step, filed.remedy = said.outcome, said.remedy
    filed.decision, filed.decided_at, filed.suspended_until_on = said.decision, now, None
    touch(filed, by, now)
    _end_unanswered(about, said, by=by, now=now)
    await session.flush()
    if said.remedy in rules.UNDOING:
        await revoke(session, row.id, by=by, now=now)
    await _settle(session, row, said.remedy, terms["complaint_decision"].code, by=by, now=now)
    return filed


async def _decided_from(
    session: AsyncSession, row: tables.Tender, about: tables.Challenge, by: Actor
) -> DecidedFrom:
    """From where: below the top neither buyer nor answerer (94号令 6), nowhere who ran it."""
    level = await judging.area_of(session, row.buyer_id, row.area_code, about.answered_area)
    body = row.buyer_id if about.answered_by is None else about.answered_for
    hands = await parties.hands(session, row)
    judge = Judge(level, about.answered_by, body, frozenset({row.buyer_id}), hands)
    return decided_from(judge, judging.decider(by), by_peers=True)


def _end_unanswered(
    about: tables.Challenge, said: ComplaintDecisionIn, *, by: Actor, now: datetime
) -> None:
    """What the buyer left unanswered ends with the decision, and on record as answered late."""
    if about.step == ChallengeStep.OPEN:
        about.step, about.remedy, about.answered_at = said.outcome, said.remedy, now
        about.answer = UNANSWERED
        touch(about, by, now)


async def _must_be_concerned(
    session: AsyncSession, row: tables.Tender, said: ChallengeIn, by: Actor
) -> None:
    """Documents may be challenged by any supplier, the rest by those who took part."""
    if said.about is ChallengeAbout.DOCUMENT or by.org is None:
        return
    if not await bid_queries.took_part(session, row.id, by.org):
        raise rules.NotConcerned


async def _told_on(session: AsyncSession, row: tables.Tender, about: ChallengeAbout) -> date | None:
    """The last day of the notice that told it; none while what is challenged goes on.

    Source: 94号令 11. Documents as last amended; procedure and result by the award notice.
    """
    terms, calendar = tender_queries.terms_of(row), official_calendar()
    if about is ChallengeAbout.DOCUMENT:
        amended = [each.made_at for each in await tender_queries.amendments(session, row.id)]
        noticed = city_day(max([row.notice_at or row.created_at, *amended]))
        period = "notice_period"
        return due(terms[period], noticed, calendar).on if period in terms else noticed
    if row.step == TenderStep.UNSUCCESSFUL:
        return city_day(row.failed_at or row.updated_at)
    if row.announced_at is None:
        return None
    rule = (await rule_table(session)).at(terms.day, row.area_code).rule(AWARD_NOTICE)
    return due(rule, city_day(row.announced_at), calendar).on


async def _settle(
    session: AsyncSession,
    row: tables.Tender,
    remedy: Remedy,
    rule: str,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Let a purchase go on when nothing holds it up any more, after what has to be undone."""
    await hold(session, row, now)
    if remedy is Remedy.RE_EVALUATE:
        await cancel_live(session, row, rule, by=by, now=now)
        await _evaluate_anew(session, row)
        move(session, row, TenderStep.OPENED, by=by, now=now, reason=rule)
    elif remedy is Remedy.VOID:
        await cancel_live(session, row, rule, by=by, now=now)
        await fail(session, row, "challenge_upheld", _rule(row, rule), by=by, now=now)
    else:
        changed(session, row, "tender.settle", by=by, now=now, remedy=remedy)
    await session.flush()


async def _evaluate_anew(session: AsyncSession, row: tables.Tender) -> None:
    """A new round: what was checked is checked again, by a new panel; what was, stays on file."""
    row.round += 1
    row.report_at = row.awarded_at = row.announced_at = None
    for bid in await bid_queries.opened(session, row.id):
        if bid.checked_at is not None and rules.is_judged_anew(
            BidStatus(bid.status), bid.disqualified_rule, bid.low_rules
        ):
            bid.status, bid.checked_at, bid.proofs = BidStatus.PENDING, None, []
            bid.disqualified_reason = bid.disqualified_rule = None
            ask_anew(bid)


def _rule(row: tables.Tender, code: str) -> Rule:
    return next(rule for rule in tender_queries.terms_of(row) if rule.code == code)
