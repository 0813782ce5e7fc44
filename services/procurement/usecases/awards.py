"""Awards: decided in the order of the ranking, announced, passed on; and the few made directly.

Decision and announcement are two transactions: whatever dies between them, the decision stands,
waits to be announced, and is announced once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.procurement_panels import AwardIn, AwardStatus, DirectAwardIn
from common.contracts.procurement_tenders import SingleSourceGround, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, FieldError, Text
from common.money import show_yuan
from common.records import made, touch
from procurement import tables
from procurement.domain import frameworks
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import check_over, due
from procurement.domain.opening import least, must_suffice
from procurement.domain.providers import Unfit, check_candidates
from procurement.domain.terms import Terms
from procurement.queries import awards as queries
from procurement.queries import bidders as bidder_queries
from procurement.queries import panels as panel_queries
from procurement.queries import tenders as tender_queries
from procurement.usecases.additions import check_addition
from procurement.usecases.contracts import give_up_drafts
from procurement.usecases.steps import move, taken_up
from procurement.usecases.supplying import must_supply

PUBLICITY: Final = Text("单一来源公示期满", "the end of the publicity period")


class NobodyLeft(Conflict):
    """All recommended candidates have declined, or may not supply any more."""

    slug = "nobody-left"
    title = Text("无候选供应商", "Nobody is left")
    detail = Text(
        "推荐的候选供应商均已放弃或不能成交；请废标（failure）后重新采购。",
        "All recommended candidates have declined or may not supply; end the purchase (failure) "
        "and begin anew.",
    )


async def decide(
    session: AsyncSession,
    tender_id: UUID,
    said: AwardIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """Award to the first of the ranking who has not declined; a framework to all who are left.

    Who may not supply any more, or has left the framework that a competition is under, is named
    and passed over, without an award that it could decline.
    Source: 条例 43 (in the order of the ranking), 49 (the next after an award that is declined);
    政府采购法 22, 77.
    """
    steps = (TenderStep.EVALUATED, TenderStep.ANNOUNCED)
    row = await taken_up(session, tender_id, *steps, version=version, by=by, now=now)
    terms = tender_queries.terms_of(row)
    count = row.conforming or 0
    must_suffice(least(PurchaseMethod(row.method), terms, count, stage=row.stage), count)
    declined = set(said.declined_supplier_ids)
    if declined and said.reason is None:
        told = Text("有人放弃时须公开说明", "say why when somebody declined")
        raise tender_rules.WrongTender(errors=[FieldError("/reason", None, told)])
    ranking = await panel_queries.ranking(session, row.id, row.round)
    ranked = [each.bidder_id for each in ranking]
    kept_out = await _unfit(session, row, ranked, now)
    awarded = await queries.awarded(session, row)
    tender_rules.check_passing_over(declined, awarded | kept_out.keys())
    await _take_back(session, row, declined, said.reason, by=by, now=now)
    chosen = _chosen(row, ranking, declined)
    check_candidates([each.bidder_id for each in chosen], kept_out)
    if row.framework_form is not None:  # counted when it was ranked, before anybody was passed over
        must_suffice(terms["suppliers"], len(chosen))
    passed = {kept_out[each].rule for each in declined & kept_out.keys()}
    for each in chosen:
        award = _award(row, each, terms, said.reason, by=by, now=now)
        award.rules = [*award.rules, *sorted(passed)]
        session.add(award)
    move(session, row, TenderStep.AWARDED, by=by, now=now, awarded_at=now, reason=said.reason)
    await session.flush()
    return row


async def announce(
    session: AsyncSession, tender_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Tender:
    """Publish the result and send the notices; from here contracts may be signed."""
    row = await taken_up(session, tender_id, TenderStep.AWARDED, version=version, by=by, now=now)
    terms = tender_queries.terms_of(row)
    signed_by = due(terms["contract_signing"], city_day(now), official_calendar())
    for award in await queries.live(session, row.id):
        if award.status == AwardStatus.PENDING:
            award.status, award.announced_at = AwardStatus.ACTIVE, now
            award.sign_due_on = signed_by.on
            touch(award, by, now)
    move(session, row, TenderStep.ANNOUNCED, by=by, now=now, announced_at=now)
    await session.flush()
    return row


async def award_single_source(
    session: AsyncSession,
    tender_id: UUID,
    said: DirectAwardIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """Award to the one supplier, on the ground of the law and after its publicity.

    Source: 政府采购法 31, 39; 条例 38.
    """
    row = await taken_up(session, tender_id, TenderStep.TENDERING, version=version, by=by, now=now)
    if row.method != PurchaseMethod.SINGLE_SOURCE:
        raise tender_rules.TenderCannotMove(
            current=row.step, wanted=TenderStep.AWARDED, allowed=TenderStep.OPENED
        )
    await must_supply(session, said.supplier_id, now=now)
    terms = tender_queries.terms_of(row)
    if row.single_source_ground == SingleSourceGround.ADDITION:
        await check_addition(session, row, said, terms["single_source_addition"])
    _check_publicity(row, terms, now)
    row.tenderers = row.conforming = 1
    row.opened_at = now
    await _direct(session, row, said, terms, by=by, now=now)
    return row


async def cancel_live(
    session: AsyncSession, row: tables.Tender, reason: str, *, by: Actor, now: datetime
) -> None:
    """Take back every award of a locked purchase. Raises `AwardContracted`."""
    for award in await queries.live(session, row.id):
        await _cancel(session, row, award, reason, by=by, now=now)
    await session.flush()


async def _direct(
    session: AsyncSession,
    row: tables.Tender,
    said: DirectAwardIn,
    terms: Terms,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """An award without a competition, checked by who calls this."""
    session.add(direct_award(row, said, terms, by=by, now=now))
    move(session, row, TenderStep.AWARDED, by=by, now=now, awarded_at=now, reason=said.reason)
    await session.flush()


def direct_award(
    row: tables.Tender, said: DirectAwardIn, terms: Terms, *, by: Actor, now: datetime
) -> tables.Award:
    """The award of a purchase that had one supplier only."""
    if said.value_fen > row.value_fen:
        most = show_yuan(row.value_fen)
        told = Text(f"不得超过预算 {most}", f"not over the budget, {most}")
        raise tender_rules.WrongTender(errors=[FieldError("/value_fen", said.value_fen, told)])
    return tables.Award(
        tender_id=row.id,
        framework_id=row.framework_id,
        round=row.round,
        supplier_id=said.supplier_id,
        bid_id=None,
        rank=1,
        value_fen=said.value_fen,
        is_shared=False,
        reason=said.reason,
        **_decided(terms, by=by, now=now),
    )


def _check_publicity(row: tables.Tender, terms: Terms, now: datetime) -> None:
    threshold = terms["open_tender_threshold"]
    if threshold.admits(row.value_fen) and row.notice_at is not None:
        rule = terms["single_source_publicity"]
        check_over(PUBLICITY, rule, row.notice_at, now, official_calendar())


async def _take_back(
    session: AsyncSession,
    row: tables.Tender,
    declined: set[UUID],
    reason: str | None,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """After the announcement the next comes only when who was chosen has declined."""
    standing = await queries.live(session, row.id)
    if not standing:
        return
    if row.framework_form is not None or not declined >= {each.supplier_id for each in standing}:
        raise tender_rules.TenderCannotMove(
            current=row.step, wanted=TenderStep.AWARDED, allowed="declined_supplier_ids"
        )
    for award in standing:
        await _cancel(session, row, award, reason or "", by=by, now=now)
    await session.flush()


async def _unfit(
    session: AsyncSession, row: tables.Tender, ranked: Sequence[UUID], now: datetime
) -> Mapping[UUID, Unfit]:
    """Who may not supply any more, or has left the framework; nobody is removed meanwhile."""
    kept_out = await bidder_queries.kept_out(session, ranked, city_day(now))
    if row.framework_id is None:
        return kept_out
    framework = await tender_queries.steady(session, row.framework_id)
    members = {each.supplier_id for each in await queries.members(session, framework.id)}
    why = frameworks.left(tender_queries.terms_of(framework)["removed_may_rejoin"])
    return {**{each: why for each in ranked if each not in members}, **kept_out}


def _chosen(
    row: tables.Tender, ranking: Sequence[tables.Ranking], declined: set[UUID]
) -> Sequence[tables.Ranking]:
    left = [each for each in ranking if each.is_shortlisted and each.bidder_id not in declined]
    if not left:
        raise NobodyLeft
    return left if row.framework_form is not None else left[:1]


def _award(
    row: tables.Tender,
    ranked: tables.Ranking,
    terms: Terms,
    reason: str | None,
    *,
    by: Actor,
    now: datetime,
) -> tables.Award:
    return tables.Award(
        tender_id=row.id,
        framework_id=row.framework_id,
        round=row.round,
        supplier_id=ranked.bidder_id,
        bid_id=ranked.bid_id,
        rank=ranked.rank,
        value_fen=ranked.price_fen,
        is_shared=row.framework_form is not None,
        reason=reason,
        **_decided(terms, by=by, now=now),
    )


def _decided(terms: Terms, *, by: Actor, now: datetime) -> dict[str, object]:
    notice = due(terms["award_notice"], city_day(now), official_calendar())
    return {
        "status": AwardStatus.PENDING,
        "decided_at": now,
        "announce_due_on": notice.on,
        "rules": [terms[name].code for name in ("suppliers", "award_notice", "contract_signing")],
        **made(by, now),
    }


async def _cancel(
    session: AsyncSession,
    row: tables.Tender,
    award: tables.Award,
    reason: str,
    *,
    by: Actor,
    now: datetime,
) -> None:
    await give_up_drafts(session, award, by=by, now=now)
    award.status, award.cancelled_at, award.cancel_reason = AwardStatus.CANCELLED, now, reason
    touch(award, by, now)
    audit.note(
        session,
        by,
        action="award.cancel",
        target=("award", award.id),
        area=row.area_code,
        after={"tender": str(row.id), "supplier": str(award.supplier_id)},
        reason=reason,
    )
