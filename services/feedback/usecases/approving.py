"""What takes somebody's approval: more time, a clock at rest, another body, taking back.

The clock runs on, and the first receiver stays responsible, until the approval is given.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import (
    Approval,
    ClockReason,
    PauseIn,
    RouteIn,
    SendBackIn,
)
from common.crypto.keys import Keys
from common.edge import must_match
from feedback import tables
from feedback.domain import cases as case_rules
from feedback.domain import clocks
from feedback.domain import routing as routing_rules
from feedback.domain.boundaries import check_decided
from feedback.domain.routing import RoutedBy
from feedback.queries import cases as queries
from feedback.queries.ground import ground
from feedback.usecases import boundaries, case_steps, routing, settling
from feedback.usecases.case_steps import Step


async def _to_approve(session: AsyncSession, case_id: UUID, version: int, by: Actor) -> tables.Case:
    """A case of the approver's area, locked, at the version that was read."""
    row = await queries.found(session, queries.within(by), case_id, lock=True)
    must_match(row.version, version)
    return row


async def take_back(
    session: AsyncSession,
    case_id: UUID,
    approval: Approval,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """An office decides that what was handed over is processed here after all.

    So it is none of what was recognised, if anything was.
    """
    row = await _to_approve(session, case_id, version, by)
    if row.status != CaseStatus.HANDED_OVER:
        raise case_rules.NotHandedOver(current=row.status)
    facts = {} if row.boundary is None else await boundaries.clear(session, row, now)
    step = Step("take_back", by, now, keys, words=approval.words, is_shared=True, facts=facts)
    await settling.reopen(session, row, step)
    return row


async def extend(
    session: AsyncSession,
    case_id: UUID,
    approval: Approval,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """A complex case gets the longer time of its rule; in time, and not again and again."""
    row = await _to_approve(session, case_id, version, by)
    must_run(row)
    clocks.check_own_clock(case_steps.clock_of(row), row.hotline_number)
    clocks.check_not_late(row.due_at, now)
    stands = await ground(session)
    in_force = stands.at(row.area_code, now)
    clocks.check_extension(row.extensions, in_force)
    before = case_steps.clock_of(row)
    clock = clocks.extended(CaseKind(row.kind), before, in_force, stands.calendar)
    row.extensions += 1
    row.extended_at = now
    step = Step("extend", by, now, keys, reason=approval.words, facts={"rule": clock.rule})
    await case_steps.set_clock(session, row, clock, ClockReason.EXTENDED, step)
    row.escalates_at = clocks.escalates(row.due_at, 0, in_force, stands.calendar)
    case_steps.write(session, row, step)
    return row


async def pause(
    session: AsyncSession,
    case_id: UUID,
    wish: PauseIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """The clock stands still for a reason that the rule names; who resumes the work starts it."""
    row = await _to_approve(session, case_id, version, by)
    clocks.check_own_clock(case_steps.clock_of(row), row.hotline_number)
    clocks.check_not_late(row.due_at, now)
    clocks.check_pause(wish.reason, (await ground(session)).at(row.area_code, now))
    step = Step("pause", by, now, keys, reason=wish.words, facts={"reason": wish.reason})
    case_steps.move(session, row, CaseStatus.PAUSED, step)
    return row


async def resume(session: AsyncSession, row: tables.Case, paused_at: datetime, step: Step) -> None:
    """The days that were left are counted on from today; the case has been moved already.

    A deadline that the hotline has set meanwhile stays as it is.
    """
    stands = await ground(session)
    in_force = stands.at(row.area_code, step.now)
    before = case_steps.clock_of(row)
    after = clocks.again(before, stands.calendar)  # by notices since, too
    if before.days is not None:
        after = clocks.resumed(after, paused_at, step.now, stands.calendar)
    if after != before:
        reason = replace(step, reason=f"{after.days} 个工作日 / working days left")
        await case_steps.set_clock(session, row, after, ClockReason.RESUMED, reason)
    row.escalates_at = clocks.escalates(row.due_at, 0, in_force, stands.calendar)


async def ask_send_back(
    session: AsyncSession,
    row: tables.Case,
    wish: SendBackIn,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> None:
    """The body says that a locked case is not its own; it answers for it until that is approved."""
    must_run(row)
    stands = await ground(session)
    routing_rules.check_send_back(
        wish.reason,
        row.send_backs,
        row.routed_at,
        now,
        stands.at(row.area_code, now),
        stands.calendar,
    )
    row.is_send_back_asked = True
    facts = {"reason": wish.reason}
    case_steps.write(session, row, Step("ask_send_back", by, now, keys, wish.words, facts=facts))


async def refuse_send_back(
    session: AsyncSession,
    case_id: UUID,
    approval: Approval,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """The first receiver goes on, and has asked as often as it may."""
    row = await _to_approve(session, case_id, version, by)
    if not row.is_send_back_asked:
        raise routing_rules.NothingAsked
    case_steps.decide_send_back(row)
    case_steps.write(session, row, Step("refuse_send_back", by, now, keys, approval.words))
    return row


async def name_body(
    session: AsyncSession,
    case_id: UUID,
    wish: RouteIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """Another body answers from now on: by an approved send-back, or because a person decides.

    The deadline stays what it was.
    """
    row = await _to_approve(session, case_id, version, by)
    must_run(row)
    check_decided(row.boundary, row.boundary_word)
    in_force = (await ground(session)).at(row.area_code, now)
    row.line = await routing.line_of(session, wish.body_id, wish.line, in_force)
    facts = {"from": str(row.responsible_body_id), "to": str(wish.body_id), "line": row.line}
    case_steps.decide_send_back(row)
    row.responsible_body_id, row.service_item_id = wish.body_id, None
    row.routed_by, row.routed_at = RoutedBy.HAND, now
    case_steps.write(session, row, Step("route", by, now, keys, wish.words, facts=facts))
    return row


def must_run(row: tables.Case) -> None:
    """Only while the clock runs."""
    status = CaseStatus(row.status)
    if status not in case_rules.RUNNING:
        running = ", ".join(sorted(case_rules.RUNNING))
        raise case_rules.CaseCannotMove(current=status, wanted=status, allowed=running)
