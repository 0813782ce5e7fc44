"""Deadlines of purchases set anew by a holiday notice, from the same day and by the same rules.

They are few, so a change is one transaction. What stood before is kept in the audit log.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed, notices, recounts
from common.calendar import Calendar
from common.clock import city_day
from common.contracts.procurement import ContractStatus
from common.records import touch
from common.rules import RuleTable
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import contracts as contract_rules
from procurement.domain.clocks import due
from procurement.queries import recounts as queries
from procurement.queries.tenders import terms_of
from procurement.usecases.clockwork import CLOCKWORK
from procurement.usecases.contracts import FILED, PUBLISHED
from procurement.usecases.holding import hold
from procurement.usecases.steps import changed

Row = tables.Challenge | tables.SupplierComplaint | tables.Award | tables.Contract


@dataclass(frozen=True, slots=True)
class _On:
    """On what deadlines are counted anew, and why."""

    days: Calendar
    table: RuleTable
    title: str
    now: datetime


async def recount(session: AsyncSession, *, now: datetime) -> bool:
    """Set deadlines anew by one change of the calendar; whether more may wait."""
    change = await recounts.next_one(session, now=now)
    if change is None:
        return False
    table = await rule_table(session)
    on, since = _On(await notices.calendar(session), table, change.title, now), change.first_on
    for challenge, tender in await queries.challenges(session, since):
        _set(session, challenge, tender.area_code, _answer(challenge, tender, on), on)
    for complaint, tender in await queries.complaints(session, since):
        _set(session, complaint, tender.area_code, _decision(complaint, tender, on), on)
    await _hold(session, since, on)
    for award, tender in await queries.awards(session, since):
        _set(session, award, tender.area_code, _award(award, tender, on), on)
    await session.flush()
    for contract, signed_by in await queries.contracts(session, since):
        found = _contract(contract, signed_by, on)
        if _set(session, contract, contract.area_code, found, on):
            feed.mark(session, "contract", contract.id)
    await recounts.gone_on(session, change, up_to=None, done_at=now)
    return True


async def _hold(session: AsyncSession, since: date, on: _On) -> None:
    """What is held up is so until its new last day. Locked after what holds it."""
    await session.flush()
    for tender in await queries.held(session, since):
        before = tender.suspended_until_on
        await hold(session, tender, on.now, days=on.days)
        if tender.suspended_until_on != before:
            changed(session, tender, "tender.recount", by=CLOCKWORK, now=on.now, reason=on.title)


def _answer(row: tables.Challenge, tender: tables.Tender, on: _On) -> dict[str, Any]:
    until = due(terms_of(tender)["challenge_answer"], city_day(row.filed_at), on.days)
    return {"answer_due_on": until.on, "is_due_provisional": until.provisional}


def _decision(row: tables.SupplierComplaint, tender: tables.Tender, on: _On) -> dict[str, Any]:
    terms, start = terms_of(tender), city_day(row.filed_at)
    return {
        "review_due_on": due(terms["complaint_review"], start, on.days).on,
        "notice_due_on": due(terms["complaint_notice"], start, on.days).on,
        "decision_due_on": due(
            terms["complaint_decision"], start, on.days, more=row.excluded_days
        ).on,
    }


def _award(row: tables.Award, tender: tables.Tender, on: _On) -> dict[str, Any]:
    terms = terms_of(tender)
    if row.announced_at is None:
        until = due(terms["award_notice"], city_day(row.decided_at), on.days)
        return {"announce_due_on": until.on}
    signed_by = due(terms["contract_signing"], city_day(row.announced_at), on.days)
    return {"sign_due_on": signed_by.on}


def _contract(row: tables.Contract, signed_by: date | None, on: _On) -> dict[str, Any]:
    """An unsigned contract has its award's day; a signed one is published and filed in time."""
    if row.status == ContractStatus.PENDING or row.signed_at is None:
        return {"sign_due_on": signed_by}
    start = city_day(row.signed_at)
    in_force = on.table.at(start, row.area_code)
    published, filed = (
        contract_rules.due(in_force.rule(code), start, on.days) for code in (PUBLISHED, FILED)
    )
    return {
        "publish_due_on": published.on,
        "filing_due_on": filed.on,
        "is_due_provisional": published.is_provisional or filed.is_provisional,
    }


def _set(session: AsyncSession, row: Row, area: str, found: dict[str, Any], on: _On) -> bool:
    """Write what has moved, with what stood before; whether anything has."""
    before = {name: getattr(row, name) for name in found}
    if before == found:
        return False
    for name, value in found.items():
        setattr(row, name, value)
    touch(row, CLOCKWORK, on.now)
    kind = row.__tablename__
    audit.note(
        session,
        CLOCKWORK,
        action=f"{kind}.recount",
        target=(kind, row.id),
        area=area,
        before={name: str(value) for name, value in before.items()},
        after={name: str(value) for name, value in found.items()},
        reason=on.title,
    )
    return True
