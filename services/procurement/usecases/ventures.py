"""Venture philanthropy: called for, applied for, reviewed, granted, reported; apart from tenders.

The guards are those of tenders: who nurtured an applicant neither grants nor reviews.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor, NotYourOrganisation
from common.clock import city_day
from common.contracts.procurement_budgets import HolderKind
from common.contracts.procurement_ventures import (
    ApplicationIn,
    ApplicationStatus,
    CallIn,
    CallStatus,
    DecisionIn,
    GrantReportIn,
    GrantStatus,
    ReviewIn,
)
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.money import show_yuan
from common.records import made, name_of, touch
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import panels as panel_rules
from procurement.domain import ventures as rules
from procurement.domain.relations import conflicts
from procurement.queries import bidders
from procurement.queries import ventures as queries
from procurement.usecases import budgets, evidence
from procurement.usecases.budgets import Holder, Share
from procurement.usecases.buyers import must_be_of_area
from procurement.usecases.drawing import LABEL
from procurement.usecases.evidence import RELATION

CALL, APPLICATION, GRANT = "venture_call", "venture_application", "venture_grant"


class Banned(Conflict):
    """Who is excluded from purchases takes no grants either."""

    slug = "applicant-excluded"
    title = Text("申请机构不能申请", "The applicant is excluded")
    detail = Text(
        "申请机构{why}，不能申请公益创投。",
        "The applicant {why}, and takes no grants.",
    )


async def call(
    session: AsyncSession, wanted: CallIn, *, by: Actor, now: datetime
) -> tables.VentureCall:
    """Open a call; its pot is reserved on the sponsor's lines at once."""
    by.must_cover(wanted.area_code)
    if wanted.closes_at <= now:
        raise rules.CallNotOpen(status=CallStatus.OPEN, closes_at=wanted.closes_at)
    await must_be_of_area(session, wanted.sponsor_id, "/sponsor_id", by=by)
    await budgets.payable_from(session, wanted.draws, wanted.sponsor_id, by=by)
    shares = [Share(draw.line_id, draw.value_fen) for draw in wanted.draws]
    row = tables.VentureCall(
        **wanted.model_dump(exclude={"draws"}),
        pot_fen=sum(share.fen for share in shares),
        granted_fen=0,
        status=CallStatus.OPEN,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    await budgets.reserve(session, holder(row.id), shares, buyer_id=row.sponsor_id, by=by, now=now)
    note(session, by, "call", CALL, row.id, row.area_code, {"pot_fen": row.pot_fen})
    return row


async def apply(
    session: AsyncSession, call_id: UUID, wanted: ApplicationIn, *, by: Actor, now: datetime
) -> tables.VentureApplication:
    """Apply as an organisation, once, before the call closes, where the sponsor is not partial."""
    found = await queries.steady(session, call_id)
    rules.check_open(CallStatus(found.status), found.closes_at, now)
    if by.org is None:
        raise NotYourOrganisation
    kept_out = await bidders.kept_out(session, [by.org], city_day(now))
    if by.org in kept_out:
        raise Banned(why=kept_out[by.org].why)
    await _check_sponsor(session, found, by.org, now=now)
    row = tables.VentureApplication(
        call_id=call_id,
        applicant_id=by.org,
        status=ApplicationStatus.SUBMITTED,
        **wanted.model_dump(),
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    note(session, by, "apply", APPLICATION, row.id, found.area_code, {"asked": row.asked_fen})
    return row


async def withdraw(
    session: AsyncSession, key: UUID, *, version: int, by: Actor, now: datetime
) -> tables.VentureApplication:
    """Take one's own application back before it is decided."""
    row = await queries.locked(session, tables.VentureApplication, key)
    by.must_act_for(row.applicant_id)
    must_match(row.version, version)
    rules.check_application(ApplicationStatus(row.status))
    row.status = ApplicationStatus.WITHDRAWN
    touch(row, by, now)
    note(session, by, "withdraw", APPLICATION, row.id, None, {"status": row.status})
    return row


async def review(
    session: AsyncSession, key: UUID, said: ReviewIn, keys: Keys, *, by: Actor, now: datetime
) -> tables.VentureApplication:
    """Review a project as an expert of the pool without any interest in it, once."""
    row = await queries.locked(session, tables.VentureApplication, key)
    found = await queries.one(session, tables.VentureCall, row.call_id)
    rules.check_closed(CallStatus(found.status), found.closes_at, now)
    rules.check_application(ApplicationStatus(row.status))
    await _check_reviewer(session, row, found, said, keys, by=by, now=now)
    session.add(
        tables.VentureReview(
            application_id=key,
            reviewer=name_of(by),
            points=said.points,
            text=said.text,
            reviewed_at=now,
        )
    )
    await session.flush()
    note(session, by, "review", APPLICATION, row.id, found.area_code, {"points": said.points})
    return row


async def decide(
    session: AsyncSession, key: UUID, said: DecisionIn, *, version: int, by: Actor, now: datetime
) -> tables.VentureApplication:
    """Grant or decline a reviewed project; a grant is agreed and its money committed.

    Who has become partial since it applied grants nothing, and may decline.
    """
    row = await queries.locked(session, tables.VentureApplication, key)
    found = await queries.locked(session, tables.VentureCall, row.call_id)
    by.must_cover(found.area_code)
    must_match(row.version, version)
    rules.check_closed(CallStatus(found.status), found.closes_at, now)
    rules.check_application(ApplicationStatus(row.status))
    count, _ = (await queries.reviews(session, [key])).get(key, (0, 0.0))
    rules.check_reviews(count, found.reviews_least)
    row.reason, row.status = said.reason, ApplicationStatus.DECLINED
    if said.granted_fen:
        await _check_sponsor(session, found, row.applicant_id, now=now)
        row.status = ApplicationStatus.GRANTED
        await _agree(session, row, found, said, by=by, now=now)
    touch(row, by, now)
    note(
        *(session, by, "decide", APPLICATION, row.id, found.area_code),
        {"status": row.status, "granted_fen": said.granted_fen},
    )
    await session.flush()
    return row


async def conclude(
    session: AsyncSession, call_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.VentureCall:
    """Close a call whose projects are all decided; what it did not grant is free again."""
    row = await queries.locked(session, tables.VentureCall, call_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_closed(CallStatus(row.status), row.closes_at, now)
    if await queries.undecided(session, call_id):
        raise rules.VentureCannotMove(current=row.status)
    row.status = CallStatus.REVIEWED
    await budgets.release(session, holder(call_id), by=by, now=now)
    touch(row, by, now)
    note(session, by, "conclude", CALL, row.id, row.area_code, {"status": row.status})
    return row


async def report(
    session: AsyncSession, key: UUID, said: GrantReportIn, *, version: int, by: Actor, now: datetime
) -> tables.VentureGrant:
    """Account for a grant as its grantee, with what those reached say."""
    row = await queries.locked(session, tables.VentureGrant, key)
    by.must_act_for(row.grantee_id)
    must_match(row.version, version)
    rules.check_grant(GrantStatus(row.status), GrantStatus.AGREED)
    if said.spent_fen > row.value_fen:
        most = show_yuan(row.value_fen)
        told = Text(f"不高于资助金额 {most}", f"at most the grant, {most}")
        raise rules.WrongGrant(errors=[FieldError("/spent_fen", said.spent_fen, told)])
    row.status, row.report, row.reported_at = GrantStatus.REPORTED, said.text, now
    row.spent_fen, row.returned_fen = said.spent_fen, row.value_fen - said.spent_fen
    row.people_reached, row.opinions = said.people_reached, said.opinions.summary
    touch(row, by, now)
    note(session, by, "report", GRANT, row.id, row.area_code, {"spent_fen": row.spent_fen})
    return row


async def close(
    session: AsyncSession, key: UUID, *, version: int, by: Actor, now: datetime
) -> tables.VentureGrant:
    """Settle a reported grant: what was spent is paid, the rest goes back to its lines."""
    row = await queries.locked(session, tables.VentureGrant, key)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_grant(GrantStatus(row.status), GrantStatus.REPORTED)
    left, shares = row.spent_fen or 0, []
    for draw in row.draws:
        if fen := min(left, draw["value_fen"]):
            shares.append(Share(UUID(draw["line_id"]), fen))
            left -= fen
    await budgets.pay(session, holder(row.id), shares, by=by, now=now)
    await budgets.give_back(session, holder(row.id), by=by, now=now)
    row.status, row.closed_at, row.paid_fen = GrantStatus.CLOSED, now, row.spent_fen or 0
    touch(row, by, now)
    note(session, by, "close", GRANT, row.id, row.area_code, {"paid_fen": row.paid_fen})
    return row


async def _agree(
    session: AsyncSession,
    row: tables.VentureApplication,
    found: tables.VentureCall,
    said: DecisionIn,
    *,
    by: Actor,
    now: datetime,
) -> None:
    shares = [Share(draw.line_id, draw.value_fen) for draw in said.draws]
    rules.check_money(
        said.granted_fen,
        sum(share.fen for share in shares),
        asked_fen=row.asked_fen,
        largest_fen=found.largest_grant_fen,
        left_fen=found.pot_fen - found.granted_fen,
    )
    grant = tables.VentureGrant(
        call_id=found.id,
        application_id=row.id,
        grantee_id=row.applicant_id,
        area_code=found.area_code,
        value_fen=said.granted_fen,
        paid_fen=0,
        draws=[draw.model_dump(mode="json") for draw in said.draws],
        status=GrantStatus.AGREED,
        agreed_at=now,
        **made(by, now),
    )
    session.add(grant)
    found.granted_fen += said.granted_fen
    touch(found, by, now)
    await session.flush()
    await budgets.commit(session, holder(found.id), shares, to=holder(grant.id), by=by, now=now)


async def _check_sponsor(
    session: AsyncSession, found: tables.VentureCall, applicant: UUID, *, now: datetime
) -> None:
    held = await evidence.in_force(session, now)
    around = await evidence.surroundings(session, [(applicant, found.sponsor_id)], held)
    tied = conflicts(
        *(applicant, found.sponsor_id, around.bonds, around.bodies),
        day=city_day(now),
        years=around.years,
    )
    rules.check_ties(tied, RELATION)


async def _check_reviewer(
    session: AsyncSession,
    row: tables.VentureApplication,
    found: tables.VentureCall,
    said: ReviewIn,
    keys: Keys,
    *,
    by: Actor,
    now: datetime,
) -> None:
    today = city_day(now)
    ties = await queries.reviewer(session, keys.index.candidates(LABEL, by.subject), today)
    if ties is None or not said.has_no_interest or by.acts_for(row.applicant_id):
        raise rules.ReviewerConflict
    rule = (await rule_table(session)).at(today, found.area_code).rule(RELATION)
    close = await bidders.close_to(session, [row.applicant_id], today)
    if panel_rules.partial(ties, [row.applicant_id], close, today=today, rule=rule):
        raise rules.ReviewerConflict


def holder(key: UUID) -> Holder:
    """A call or a grant as the ledger knows it."""
    return Holder(HolderKind.GRANT, key)


def note(
    session: AsyncSession,
    by: Actor,
    step: str,
    kind: str,
    key: UUID,
    area: str | None,
    after: dict[str, Any],
) -> None:
    """Write a step of a call, project or grant into the audit log."""
    audit.note(session, by, action=f"venture.{step}", target=(kind, key), area=area, after=after)
