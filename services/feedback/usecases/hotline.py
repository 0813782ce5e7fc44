"""Orders exchanged with the 12345 hotline: one order is one case, and the case has one clock.

The hotline's deadline counts for the handling for which it was set; after a reopening ours runs,
until the hotline sets another. An order is known by the hotline's number; who sends it twice, or
twice at once, finds it there.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feedback import Case, CaseStatus
from common.contracts.feedback_cases import CaseChannel, ClockReason
from common.contracts.feedback_hotline import HotlineCallBack, HotlineOrder, HotlineOrderIn
from common.crypto.keys import Keys
from common.errors import Conflict, NotFound, Text
from common.turns import take_turn
from feedback import tables
from feedback.domain import cases as rules
from feedback.domain import clocks
from feedback.domain.clocks import Clock
from feedback.domain.routing import RoutedBy
from feedback.queries import cases as case_queries
from feedback.queries import hotline as queries
from feedback.queries.ground import ground
from feedback.queries.routing import body_name
from feedback.usecases import case_steps, cases, settling
from feedback.usecases.case_steps import Step

_WHAT: Final = Text("热线工单", "order of the hotline")


class OrderOfAnotherCase(Conflict):
    """A case belongs to one order, and an order to one case."""

    slug = "order-of-another-case"
    title = Text("工单已对应其他热线工单", "The case has another order")
    detail = Text(
        "工单 {case} 已对应热线工单 {order}。", "Case {case} is order {order} of the hotline."
    )


async def put(
    session: AsyncSession,
    number: str,
    order: HotlineOrderIn,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """Take an order over: as a new case, as one that is here already, or as a changed deadline.

    Changed is what differs from the last deadline of the hotline: an order that is sent again as it
    was leaves the clock alone that runs since.
    """
    await take_turn(session, "hotline", number)
    row = await queries.by_number(session, number)
    if row is None and order.case_number is not None:
        row = await _link(session, number, order.case_number, keys=keys, by=by, now=now)
    if row is None:
        return await _open(session, number, order, keys=keys, by=by, now=now)
    due_at = order.due_at
    if due_at is not None and due_at != await queries.deadline_set(session, row.id):
        await _set_deadline(session, row, due_at, Step("hotline", by, now, keys))
    return row


async def call_back(
    session: AsyncSession,
    number: str,
    said: HotlineCallBack,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """What the resident told the hotline of an answer, or that nobody was reached.

    Telling it again changes nothing, however far the case has come since. That the case which goes
    on for a merged one was reopened is another resident's word: this one's is still heard.
    """
    row = await found(session, number)
    wanted = rules.check_call_back(
        is_reached=said.is_reached, is_satisfied=said.is_satisfied, words=said.words
    )
    if rules.is_reopened_since(said.answered_at, row.reopened_at):
        return row
    facts = {"called_back": "not_reached" if wanted is None else "hotline"}
    step = Step("call_back", by, now, keys, words=said.words, is_shared=True, facts=facts)
    if wanted is None:
        await _keep_attempt(session, row, step)
    elif not _has_told(row, wanted):
        await settling.settle(session, row, wanted, step)
    return row


async def found(session: AsyncSession, number: str) -> tables.Case:
    """The case of an order, locked."""
    row = await queries.by_number(session, number)
    if row is None:
        raise NotFound(what=_WHAT, key=number)
    return row


async def shown(session: AsyncSession, row: tables.Case, keys: Keys) -> HotlineOrder:
    """What the hotline learns: state, body, and the answer that it tells the resident.

    Where the order was merged, it is the answer of the case that goes on.
    """
    joined = await settling.joined(session, row, keys)
    told = joined and (joined.answer, joined.answered_at)
    if joined is None and (last := await case_queries.last_answer(session, row.id)):
        told = case_steps.opened(last, keys), last.at
    answer, answered_at = told or (None, None)
    return HotlineOrder(
        hotline_number=row.hotline_number or "",
        case=Case.model_validate(row),
        responsible_body=await body_name(session, row.responsible_body_id),
        joined=joined,
        answer=answer,
        answered_at=answered_at,
    )


def _has_told(row: tables.Case, wanted: CaseStatus) -> bool:
    """Whether a case stands where the hotline's word leads; a merged one keeps its status.

    A second handling that is under way has no answer yet which could be judged again.
    """
    if wanted is CaseStatus.CONFIRMED:
        return row.confirmed_at is not None
    return row.reopened_at is not None and CaseStatus(row.status) in rules.UNDER_WAY


async def _keep_attempt(session: AsyncSession, row: tables.Case, step: Step) -> None:
    """That nobody was reached; the same again, with nothing between, is told again."""
    last = await queries.newest_step(session, row)
    told = last and (last.action, last.by, last.facts, case_steps.opened(last, step.keys))
    if told != (step.action, case_steps.staff_name(step.by), step.facts, step.words):
        case_steps.write(session, row, step)


async def _open(
    session: AsyncSession,
    number: str,
    order: HotlineOrderIn,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    raised = cases.Raised(
        kind=order.kind,
        category=order.category,
        words=order.words,
        area_code=order.area_code,
        channel=CaseChannel.HOTLINE,
        lon=order.lon,
        lat=order.lat,
        contact=order.contact,
        received_at=min(order.received_at, now),
        hotline_number=number,
        hotline_due_at=order.due_at,
    )
    return (await cases.open_case(session, raised, keys=keys, by=by, now=now)).row


async def _link(
    session: AsyncSession, number: str, case_number: str, *, keys: Keys, by: Actor, now: datetime
) -> tables.Case:
    row = await queries.by_case_number(session, case_number)
    if row is None:
        raise NotFound(what=case_queries.WHAT, key=case_number)
    if row.hotline_number is not None:
        raise OrderOfAnotherCase(case=case_number, order=row.hotline_number)
    row.hotline_number = number
    case_steps.write(session, row, Step("link", by, now, keys, facts={"hotline_number": number}))
    return row


async def _set_deadline(
    session: AsyncSession, row: tables.Case, due_at: datetime, step: Step
) -> None:
    """The hotline's deadline takes the place of ours; that an earlier one was missed stays."""
    stands = await ground(session)
    clock = Clock(city_day(step.now), None, due_at, False, RoutedBy.HOTLINE)
    await case_steps.set_clock(session, row, clock, ClockReason.HOTLINE, step)
    if CaseStatus(row.status) in rules.RUNNING:
        in_force = stands.at(row.area_code, step.now)
        row.escalation_level = 0
        row.escalates_at = clocks.escalates(due_at, 0, in_force, stands.calendar)
    case_steps.write(session, row, step)
