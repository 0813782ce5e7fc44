"""What a resident says of the outcome, by whatever way: a case is confirmed, or goes on anew.

Who waits for the answer to another case, because theirs was merged into it, judges for themselves:
what they confirm is written on their own case, and what they do not accept goes on as their own.
"""

from datetime import datetime

from sqlalchemy import true
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback import CaseStatus
from common.contracts.feedback_cases import ClockReason, JoinedCase
from common.crypto.keys import Keys
from feedback import tables
from feedback.domain import cases as rules
from feedback.domain import clocks
from feedback.domain.duplicates import NotAnsweredYet
from feedback.domain.late_steps import Late
from feedback.queries import cases as queries
from feedback.queries import duplicates
from feedback.queries.ground import Ground, ground
from feedback.queries.routing import body_name
from feedback.usecases import case_steps
from feedback.usecases.case_steps import Step
from feedback.usecases.late_steps import moved


async def settle(session: AsyncSession, row: tables.Case, wanted: CaseStatus, step: Step) -> None:
    """Confirm, reopen or withdraw a locked case."""
    into = await goes_on_in(session, row)
    if into is not None and CaseStatus(into.status) in rules.UNDER_WAY:
        raise NotAnsweredYet(into=into.number, status=into.status)
    if wanted is CaseStatus.REOPENED:
        if into is not None:
            await keep_joint_answer(session, row, into)
        await reopen(session, row, step)
    elif wanted is CaseStatus.CONFIRMED and into is not None:
        row.confirmed_at = step.now
        case_steps.write(session, row, step)
    else:
        case_steps.move(session, row, wanted, step)


async def keep_joint_answer(session: AsyncSession, row: tables.Case, into: tables.Case) -> None:
    """What was answered since a case was merged was answered to it; nothing before was."""
    answered_at = await duplicates.answered_since_merged(session, row.id, into.id)
    case_steps.keep_first_answer(row, answered_at)


async def reopen(session: AsyncSession, row: tables.Case, step: Step) -> None:
    """A second handling, with a clock of its own: ours, whoever set that of the first.

    Where nobody was contacted yet, that has its time anew as well.
    """
    stands = await ground(session)
    in_force = stands.at(row.area_code, step.now)
    clock = clocks.reopened(step.now, in_force, stands.calendar)
    await case_steps.set_clock(session, row, clock, ClockReason.REOPENED, step)
    row.escalation_level = 0
    if row.accepted_at is None:
        _contact_anew(row, stands, step.now)
    case_steps.move(session, row, CaseStatus.REOPENED, step)
    row.escalates_at = clocks.escalates(row.due_at, 0, in_force, stands.calendar)


def _contact_anew(row: tables.Case, stands: Ground, now: datetime) -> None:
    """Whom it was told to that nobody was contacted, it is not told again."""
    contact = clocks.first_contact(now, stands.at(row.area_code, now), stands.calendar)
    row.contact_due_at, row.is_contact_provisional = contact.due_at, contact.is_provisional
    level = row.contact_escalation_level
    row.contact_escalates_at = moved(
        *(Late.CONTACT, contact.due_at, level, row.area_code, stands, now)
    )


async def joined(session: AsyncSession, row: tables.Case, keys: Keys) -> JoinedCase | None:
    """The case that goes on for a duplicate, with its answer once there is one in this round."""
    into = await goes_on_in(session, row)
    if into is None:
        return None
    answered_at = into.fixed_at or into.answered_at
    answer = await queries.last_answer(session, into.id) if answered_at else None
    return JoinedCase(
        number=into.number,
        status=CaseStatus(into.status),
        responsible_body=await body_name(session, into.responsible_body_id),
        due_at=into.due_at,
        answer=answer and case_steps.opened(answer, keys),
        answered_at=answered_at,
        closed_at=into.closed_at,
    )


async def goes_on_in(session: AsyncSession, row: tables.Case) -> tables.Case | None:
    """The case that goes on for a duplicate; None for one that was not merged."""
    if row.duplicate_of_id is None:
        return None
    return await queries.found(session, true(), row.duplicate_of_id)
