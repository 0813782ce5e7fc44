"""What readers see of a case: its history, its deadline day by day, what is public of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.calendar import Step as DayStep
from common.contracts import feedback_cases as contracts
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import HandOver
from common.crypto.keys import Keys
from common.scope import is_own
from feedback import tables
from feedback.domain import clocks
from feedback.queries import cases as queries
from feedback.queries.ground import ground
from feedback.queries.routing import body_name
from feedback.usecases import case_steps, cases, settling


async def file(
    session: AsyncSession, row: tables.Case, *, keys: Keys, now: datetime
) -> contracts.CaseFile:
    """A case with its words; of a duplicate, also what came of the case that goes on for it."""
    body = await body_name(session, row.responsible_body_id)
    joined = await settling.joined(session, row, keys)
    return queries.shown(row, body, cases.opened_words(keys, row), now, joined)


async def history(
    session: AsyncSession, case_id: UUID, *, keys: Keys, by: Actor
) -> list[contracts.CaseStep]:
    """Every step; a resident reads neither names nor what was said inside the house."""
    row = await queries.found(session, queries.visible(by), case_id)
    is_resident = is_own(by, row.resident)
    return [
        contracts.CaseStep(
            seq=step.seq,
            at=step.at,
            action=step.action,
            status=CaseStatus(step.status),
            by=None if is_resident else step.by,
            words=case_steps.opened(step, keys) if step.is_shared or not is_resident else None,
            facts=step.facts,
        )
        for step in await queries.steps(session, case_id)
    ]


async def deadline(session: AsyncSession, case_id: UUID, *, by: Actor) -> contracts.Deadline:
    """The present deadline explained, with every earlier setting and each escalation."""
    row = await queries.found(session, queries.visible(by), case_id)
    stands = await ground(session)
    explained = clocks.explained(case_steps.clock_of(row), stands.calendar)
    is_resident = is_own(by, row.resident)
    settings = [
        contracts.ClockSet.model_validate(each) for each in await queries.clocks(session, case_id)
    ]
    if is_resident:
        settings = [each.model_copy(update={"by": None}) for each in settings]
    return contracts.Deadline(
        due_at=row.due_at,
        is_provisional=row.is_due_provisional,
        rule=row.deadline_rule,
        days=[day(step) for step in explained.steps] if explained else [],
        history=settings,
        escalations=[
            contracts.Escalation(level=each.level, at=each.at)
            for each in await queries.escalations(session, case_id)
        ],
    )


def day(step: DayStep) -> contracts.DayCounted:
    """One day on the way to a deadline."""
    return contracts.DayCounted(
        on=step.day,
        count=step.count,
        reason=step.reason,
        holiday=step.holiday,
        is_provisional=step.provisional,
        text=f"{step.text.zh} / {step.text.en}",
    )


async def public(session: AsyncSession, number: str) -> contracts.PublicCase:
    """Where a case stands, for anybody who was told its number."""
    row = await queries.by_number(session, number)
    into = row.duplicate_of_id and await queries.number_of(session, row.duplicate_of_id)
    return contracts.PublicCase(
        number=row.number,
        kind=CaseKind(row.kind),
        category=row.category,
        status=CaseStatus(row.status),
        responsible_body=await body_name(session, row.responsible_body_id),
        public_words=row.public_words,
        received_at=row.received_at,
        due_at=row.due_at,
        is_due_provisional=row.is_due_provisional,
        answered_at=row.answered_at,
        fixed_at=row.fixed_at,
        confirmed_at=row.confirmed_at,
        overdue_at=row.overdue_at,
        handed_over_to=None if row.handed_over_to is None else HandOver(row.handed_over_to),
        duplicate_of=into or None,
        closed_at=row.closed_at,
    )
