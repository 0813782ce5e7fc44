"""Purchases conducted on the designated platform: taken over, their clocks checked, file kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_elsewhere import Finding, PlatformRecordIn
from common.contracts.procurement_panels import AwardStatus
from common.contracts.procurement_tenders import BoughtObject, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, Text
from common.records import made, name_of
from common.rules import Rule, RulesInForce
from procurement import tables
from procurement.domain import elsewhere as rules
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import due
from procurement.domain.intentions import INTENTION, is_owed
from procurement.domain.opening import least, least_of_all, must_suffice
from procurement.domain.second_tries import with_two
from procurement.domain.terms import Terms, frozen
from procurement.usecases import agenda, splitting
from procurement.usecases.failing import fail
from procurement.usecases.steps import changed, taken_up
from procurement.usecases.tenders import PREPARING, in_force


class ConductedHere(Conflict):
    """Only what was prepared for the platform is taken over from there."""

    slug = "conducted-here"
    title = Text("该采购在本系统进行", "Conducted here")
    detail = Text(
        "该采购未标明在法定平台进行，不能导入平台结果。",
        "This tender is not marked as conducted elsewhere; nothing is taken over for it.",
    )


async def take_over(
    session: AsyncSession,
    tender_id: UUID,
    record: PlatformRecordIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.PlatformRecord:
    """Enter what the platform tells. A broken clock is kept as a finding; too few refuse."""
    row = await taken_up(session, tender_id, *PREPARING, version=version, by=by, now=now)
    _check(row, record, now)
    held = await in_force(session, row.area_code, record.notice_at)
    method, bought = PurchaseMethod(row.method), BoughtObject(row.object)
    by_amount = tender_rules.check_method(
        *(method, bought, row.value_fen, held),
        approval_number=row.approval_number,
        is_conducted_elsewhere=True,
    )
    terms = frozen(method, bought, held)
    terms = with_two(terms, held) if row.failed_tender_id is not None else terms
    rule = least(method, terms, record.conforming, stage=1)
    if record.results:
        must_suffice(rule, record.conforming)
    intended = _intended(row, held, limit=by_amount[0])
    found = rules.findings(record, intended, terms, rule, official_calendar())
    found += await _pieces(session, row, record, threshold=by_amount[-1])
    session.add_all(_documents(row, record, by=by, now=now))
    session.add_all(_awards(row, record, terms, by=by, now=now))
    kept = tables.PlatformRecord(
        tender_id=row.id,
        platform=record.platform,
        number=record.number,
        findings=[each.model_dump() for each in found],
        imported_at=now,
        imported_by=name_of(by),
    )
    session.add(kept)
    known = {each.parameter: each for each in by_amount}
    all_terms = Terms({**terms.rules, **known}, terms.day, row.area_code)
    _enter(row, record, all_terms)
    broken = [each.what for each in found if not each.is_kept]
    changed(session, row, "tender.take_over", by=by, now=now, broken=",".join(broken))
    if record.results:
        await agenda.follow(session, row, OutcomeStage.TENDERING, now=now)
    else:
        await fail(session, row, "too_few_suppliers", rule, by=by, now=now)
    await session.flush()
    return kept


def _check(row: tables.Tender, record: PlatformRecordIn, now: datetime) -> None:
    if not row.is_conducted_elsewhere:
        raise ConductedHere
    rules.check_order(record, now)
    rules.check_prices(record, row.value_fen)


async def _pieces(
    session: AsyncSession, row: tables.Tender, record: PlatformRecordIn, *, threshold: Rule
) -> list[Finding]:
    """Whether it was one of several pieces; what failed was none."""
    if not record.results:
        return []
    earlier = await splitting.bought(session, row, threshold, record.notice_at)
    return rules.splitting(row.value_fen, earlier, threshold, approval_number=row.approval_number)


def _intended(row: tables.Tender, held: RulesInForce, *, limit: Rule) -> rules.Intended:
    is_second_try = row.failed_tender_id is not None
    owed = is_owed(PurchaseMethod(row.method), row.value_fen, limit, is_second_try=is_second_try)
    return rules.Intended(row.intention_at, held.setting(INTENTION, "purchase"), is_owed=owed)


def _enter(row: tables.Tender, record: PlatformRecordIn, terms: Terms) -> None:
    """What the platform told; without results the tender is where it fails from."""
    row.rules = terms.kept()
    row.suppliers_least = least_of_all(terms).number
    row.step = TenderStep.ANNOUNCED if record.results else TenderStep.TENDERING
    for name in ("notice_at", "tender_period_end_at", "opened_at", "tenderers", "conforming"):
        setattr(row, name, getattr(record, name))
    row.tender_period_start_at = record.notice_at
    row.awarded_at, row.announced_at = record.awarded_at, record.announced_at


def _documents(
    row: tables.Tender, record: PlatformRecordIn, *, by: Actor, now: datetime
) -> list[tables.TenderDocument]:
    return [
        tables.TenderDocument(
            tender_id=row.id, **each.model_dump(), added_at=now, added_by=name_of(by)
        )
        for each in record.documents
    ]


def _awards(
    row: tables.Tender, record: PlatformRecordIn, terms: Terms, *, by: Actor, now: datetime
) -> list[tables.Award]:
    """The winners; several where it was the first stage of a framework."""
    if record.awarded_at is None or record.announced_at is None:
        return []
    calendar = official_calendar()
    common: dict[str, Any] = {
        "tender_id": row.id,
        "framework_id": None,
        "round": 1,
        "bid_id": None,
        "status": AwardStatus.ACTIVE,
        "is_shared": row.framework_form is not None,
        "reason": f"{record.platform} {record.number}",
        "decided_at": record.awarded_at,
        "announce_due_on": due(terms["award_notice"], city_day(record.awarded_at), calendar).on,
        "announced_at": record.announced_at,
        "sign_due_on": due(terms["contract_signing"], city_day(record.announced_at), calendar).on,
        "rules": [terms["suppliers"].code],
        **made(by, now),
    }
    return [
        tables.Award(rank=rank, **each.model_dump(), **common)
        for rank, each in enumerate(record.results, start=1)
    ]
