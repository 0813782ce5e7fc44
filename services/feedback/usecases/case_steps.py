"""One step of a case: status, times, version, history, feed and audit, all in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import ActorKind
from common.contracts.feedback import CaseStatus
from common.contracts.feedback_cases import ClockReason
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.records import name_of, touch
from feedback import tables
from feedback.domain import cases as rules
from feedback.domain.clocks import Clock, Due
from feedback.domain.dispatches import within
from feedback.queries.dispatches import waiting

KIND: Final = "case"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to a case, by whom and when; `words` are told to the resident if shared."""

    action: str
    by: Actor
    now: datetime
    keys: Keys
    words: str | None = None
    is_shared: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    reason: str | None = None


def move(session: AsyncSession, row: tables.Case, wanted: CaseStatus, step: Step) -> None:
    """Move a locked case. Raises `CaseCannotMove`.

    A body that answers what it wanted to send back has taken it; it has asked all the same.
    """
    current = CaseStatus(row.status)
    rules.check_step(current, wanted)
    if wanted not in rules.UNDER_WAY:
        decide_send_back(row)
    for name, value in rules.stamps(current, wanted, step.now).items():
        setattr(row, name, value)
    write(session, row, step)


def decide_send_back(row: tables.Case) -> None:
    """A send-back that was asked for waits no more; asking for it counts, however it ended."""
    row.send_backs += row.is_send_back_asked
    row.is_send_back_asked = False


def keep_first_answer(row: tables.Case, answered_at: datetime | None) -> None:
    """Keep when a case was answered for the first time, and whether in time."""
    if row.first_answered_at is None:
        for name, value in rules.first_answer(answered_at, row.due_at).items():
            setattr(row, name, value)


def write(session: AsyncSession, row: tables.Case, step: Step) -> None:
    """A new version of a locked case, kept in its history and told."""
    touch(row, step.by, step.now)
    tell(session, row, step)


def tell(session: AsyncSession, row: tables.Case, step: Step) -> None:
    """Keep how a case stands now in its history; mark the feed, note the audit."""
    session.add(tables.CaseStep(**kept(row, step)))
    announce(session, row, step)


def announce(session: AsyncSession, row: tables.Case, step: Step) -> None:
    """Mark the feed, note the audit."""
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        step.by,
        action=f"case.{step.action}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"status": row.status, **step.facts},
        reason=step.reason,
    )


async def set_clock(
    session: AsyncSession, row: tables.Case, clock: Clock, reason: ClockReason, step: Step
) -> None:
    """Set the deadline of a locked case anew and keep why; what was set before stays in history.

    The database moves with it when work in a house is due: no later than the case, and otherwise
    when it would be by itself.
    """
    if clock.due_at != row.due_at:
        await _note_moved(session, row, Due(clock.due_at, clock.is_provisional), step)
    row.clock += 1
    for name, value in columns(clock).items():
        setattr(row, name, value)
    session.add(tables.CaseClock(**set_by(row, clock, reason, step)))


async def _note_moved(session: AsyncSession, row: tables.Case, due: Due, step: Step) -> None:
    """Asked before the case is written: afterwards nothing tells what was due when."""
    action = "dispatch.shorten" if due.at < row.due_at else "dispatch.lengthen"
    changes = [
        audit.Change(each, row.area_code, before.told(), after.told(), step.reason)
        for each, (before, own) in (await waiting(session, row.id)).items()
        if (after := within(due, own)).at != before.at
    ]
    audit.note_many(session, step.by, action=action, kind="dispatch", changes=changes)


def columns(clock: Clock) -> dict[str, Any]:
    """A clock as a case carries it."""
    return {
        "clock_started_on": clock.started_on,
        "clock_days": clock.days,
        "due_at": clock.due_at,
        "is_due_provisional": clock.is_provisional,
        "deadline_rule": clock.rule,
    }


def clock_of(row: tables.Case) -> Clock:
    """The present clock of a case."""
    return Clock(
        started_on=row.clock_started_on,
        days=row.clock_days,
        due_at=row.due_at,
        is_provisional=row.is_due_provisional,
        rule=row.deadline_rule,
    )


def set_by(row: tables.Case, clock: Clock, reason: ClockReason, step: Step) -> dict[str, Any]:
    """A setting of the deadline, for the history."""
    return {
        "case_id": row.id,
        "seq": row.clock,
        "at": step.now,
        "reason": reason,
        "started_on": clock.started_on,
        "days": clock.days,
        "due_at": clock.due_at,
        "is_provisional": clock.is_provisional,
        "rule": clock.rule,
        "by": staff_name(step.by),
        "words": step.reason,
    }


def staff_name(by: Actor) -> str | None:
    """Who acted, where it is not a resident or nobody in particular."""
    return None if by.kind in {ActorKind.RESIDENT, ActorKind.ANONYMOUS} else name_of(by)


def kept(row: tables.Case, step: Step) -> dict[str, Any]:
    """How a case stands now, for its history."""
    context = _place(row.id, row.version)
    return {
        "case_id": row.id,
        "seq": row.version,
        "at": step.now,
        "action": step.action,
        "status": row.status,
        "by": staff_name(step.by),
        "words": step.words and step.keys.fields.seal(step.words, context=context),
        "is_shared": step.is_shared,
        "facts": step.facts,
    }


def opened(row: tables.CaseStep, keys: Keys) -> str | None:
    """What was said with a step, in clear."""
    if row.words is None:
        return None
    return keys.fields.open(row.words, context=_place(row.case_id, row.seq))


def _place(case_id: UUID, seq: int) -> str:
    return place("case_step", "words", f"{case_id}/{seq}")
