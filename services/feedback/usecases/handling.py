"""What becomes of a case: handled by its body, judged by its resident, called back about."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.roles import Role
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import (
    Approval,
    CallBack,
    CaseMove,
    CaseVerdict,
    HandOverIn,
    PublicWords,
)
from common.crypto.keys import Keys
from common.edge import must_match
from common.records import name_of
from common.scope import is_staff
from feedback import tables
from feedback.domain import cases as rules
from feedback.domain.boundaries import check_waits
from feedback.domain.duplicates import OthersWait
from feedback.queries import cases as queries
from feedback.queries import duplicates
from feedback.usecases import approving, boundaries, case_steps, settling
from feedback.usecases.case_steps import Step

_UPHELD: Final = {True: "true", False: "false"}


def is_body(by: Actor, row: tables.Case) -> bool:
    """Whether the caller speaks for the responsible body."""
    return Role.PROVIDER in by.roles and by.acts_for(row.responsible_body_id)


def must_handle(by: Actor, row: tables.Case) -> None:
    """Refuse who is neither the responsible body nor staff of the area and line."""
    if is_body(by, row):
        return
    by.must_cover(row.area_code)
    by.must_see_line(row.line)


def must_stand_over(by: Actor, row: tables.Case) -> None:
    """Refuse who is not staff of the area and line, or speaks for the responsible body."""
    if is_body(by, row) or not is_staff(by):
        raise rules.NotByTheBody(body=row.responsible_body_id)
    by.must_cover(row.area_code)
    by.must_see_line(row.line)


async def to_handle(session: AsyncSession, case_id: UUID, version: int, by: Actor) -> tables.Case:
    """A case that the caller may handle, locked, at the version that was read."""
    return await _opened(session, case_id, version, by, must_handle)


async def to_stand_over(
    session: AsyncSession, case_id: UUID, version: int, by: Actor
) -> tables.Case:
    """A case over which the caller stands, locked, at the version that was read."""
    return await _opened(session, case_id, version, by, must_stand_over)


async def handle(
    session: AsyncSession,
    case_id: UUID,
    done: CaseMove,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """The body contacts, works, answers, or says that it is fixed. The first of these accepts."""
    row = await to_handle(session, case_id, version, by)
    rules.check_not_ended(CaseStatus(row.status), row.closed_at)
    wanted = CaseStatus(done.status)
    rules.check_reply(CaseKind(row.kind), wanted, done.words, is_upheld=done.is_upheld)
    facts = {} if done.is_upheld is None else {"is_upheld": _UPHELD[done.is_upheld]}
    step = Step(wanted, by, now, keys, words=done.words, is_shared=True, facts=facts)
    if done.is_upheld is not None:
        row.is_upheld = done.is_upheld
    row.accepted_at = row.accepted_at or now
    if wanted in rules.REPLIES:
        case_steps.keep_first_answer(row, now)
    was_paused, paused_at = row.status == CaseStatus.PAUSED, row.paused_at
    case_steps.move(session, row, wanted, step)
    if was_paused and paused_at is not None:
        await approving.resume(session, row, paused_at, step)
    return row


async def judge(
    session: AsyncSession,
    case_id: UUID,
    verdict: CaseVerdict,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """The resident confirms, reopens, or withdraws: for nobody else, where others were merged.

    Whose case was merged judges the answer of the one that goes on, for themselves.
    """
    row = await queries.found(session, queries.raised_by(by), case_id, lock=True)
    must_match(row.version, version)
    wanted = CaseStatus(verdict.status)
    rules.check_verdict(wanted, verdict.words)
    if wanted is CaseStatus.WITHDRAWN and await duplicates.has_merged(session, case_id):
        raise OthersWait(number=row.number)
    step = Step(wanted, by, now, keys, words=verdict.words, is_shared=True)
    await settling.settle(session, row, wanted, step)
    return row


async def call_back(
    session: AsyncSession,
    case_id: UUID,
    said: CallBack,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """Staff who did not answer ask the resident by telephone and write the verdict down."""
    row = await to_stand_over(session, case_id, version, by)
    wanted = rules.check_call_back(
        is_reached=said.is_reached, is_satisfied=said.is_satisfied, words=said.words
    )
    if await queries.has_answered(session, row.duplicate_of_id or row.id, name_of(by)):
        raise rules.ConfirmedByItself
    facts = {"called_back": "reached" if said.is_reached else "not_reached"}
    step = Step("call_back", by, now, keys, words=said.words, is_shared=True, facts=facts)
    if wanted is None:
        case_steps.write(session, row, step)
        return row
    await settling.settle(session, row, wanted, step)
    return row


async def hand_over(
    session: AsyncSession,
    case_id: UUID,
    wish: HandOverIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """A person decides that a matter is not processed here, and to whom it goes.

    Never the body itself; and only an office where no word told that it belongs there.
    """
    row = await to_stand_over(session, case_id, version, by)
    is_office = by.may(Permission.COMPLAINT_EXTEND)
    rules.check_hand_over(row.boundary, wish.channel, by_office=is_office)
    row.handed_over_to = wish.channel
    facts = {"channel": wish.channel.value}
    if row.boundary is not None:
        facts["recognised"] = row.boundary
    step = Step("hand_over", by, now, keys, words=wish.words, is_shared=True, facts=facts)
    case_steps.move(session, row, CaseStatus.HANDED_OVER, step)
    return row


async def dismiss_boundary(
    session: AsyncSession,
    case_id: UUID,
    why: Approval,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """A person decides that a matter is none of what was recognised; it goes its ordinary way.

    Not who speaks for the body to which it then goes.
    """
    row = await to_stand_over(session, case_id, version, by)
    check_waits(row.boundary, row.handed_over_to)
    facts = await boundaries.clear(session, row, now)
    if is_body(by, row):
        raise rules.NotByTheBody(body=row.responsible_body_id)
    said = why.words
    step = Step("dismiss_boundary", by, now, keys, said, is_shared=True, facts=facts, reason=said)
    case_steps.write(session, row, step)
    return row


async def publish(
    session: AsyncSession,
    case_id: UUID,
    wish: PublicWords,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """What the public may read of a case, in words that name nobody; null takes it back."""
    row = await to_handle(session, case_id, version, by)
    row.public_words = wish.public_words
    case_steps.write(session, row, Step("publish", by, now, keys))
    return row


async def _opened(
    session: AsyncSession,
    case_id: UUID,
    version: int,
    by: Actor,
    must: Callable[[Actor, tables.Case], None],
) -> tables.Case:
    row = await queries.found(session, queries.visible(by), case_id, lock=True)
    must(by, row)
    must_match(row.version, version)
    return row
