"""Cases: one, many, by telephone number, likely duplicates, what is overdue; the feed's states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts import feedback as contracts
from common.contracts.feedback_cases import Boundary, CaseFile, HandOver, JoinedCase
from common.drafts import held
from common.errors import NotFound, Text
from common.scope import by_area, by_line, own, under
from feedback import tables

C, K, CS = tables.Case, tables.CaseContact, tables.CaseStep
WHAT: Final = Text("工单", "case")
# What is handed over, or may have to be, is nobody's business but that of those who decide it.
PROCESSED_HERE: Final = and_(C.boundary.is_(None), C.handed_over_to.is_(None))
_UNDECIDED: Final = and_(C.boundary.is_not(None), C.handed_over_to.is_(None))
_ANSWERS: Final = (contracts.CaseStatus.ANSWERED, contracts.CaseStatus.FIXED)
_STATE: Final = tuple(contracts.Case.model_fields)
_FILE: Final = (
    *_STATE,
    *("line", "channel", "routed_by", "contact_due_at", "is_contact_provisional"),
    *("first_answered_at", "is_answered_in_time", "is_send_back_asked"),
    *("public_words", "lon", "lat", "version", "updated_at"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of cases is asked for."""

    status: contracts.CaseStatus | None = None
    kind: contracts.CaseKind | None = None
    category: str | None = None
    body_id: UUID | None = None
    number: str | None = None
    area: str | None = None
    is_open: bool | None = None
    is_overdue: bool = False
    is_undecided: bool = False
    is_send_back_asked: bool = False
    contact_due_by: datetime | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """A resident's own; staff's within area and line; a body's that it has to answer.

    A body reads nothing that may accuse it: what was recognised is the desk's until it is decided.
    """
    ways = [raised_by(actor), by_line(actor, C.area_code, C.line)]
    if Role.PROVIDER in actor.roles and actor.org is not None:
        ways.append(and_(C.responsible_body_id == actor.org, PROCESSED_HERE))
    return or_(*ways)


def raised_by(actor: Actor) -> ColumnElement[bool]:
    """The resident's own."""
    return own(actor, C.resident)


def within(actor: Actor) -> ColumnElement[bool]:
    """What lies in the caller's area, of whatever line: for those who approve and merge."""
    return by_area(actor, C.area_code)


def listing(
    actor: Actor, filters: Filters, *, after: tuple[str, UUID] | None, limit: int
) -> Select[tables.Case]:
    """A page of cases by area and id; one row more than `limit` tells of a next page."""
    statement = select(C).where(visible(actor), *_asked(filters))
    if after is not None:
        statement = statement.where(tuple_(C.area_code, C.id) > tuple_(*map(literal, after)))
    return statement.order_by(C.area_code, C.id).limit(limit + 1)


async def page(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[tables.Case]:
    """The cases of a page."""
    return (await session.scalars(listing(actor, filters, after=after, limit=limit))).all()


def _asked(filters: Filters) -> list[ColumnElement[bool]]:
    columns: tuple[tuple[Any, Any], ...] = (
        (C.status, filters.status),
        (C.kind, filters.kind),
        (C.category, filters.category),
        (C.responsible_body_id, filters.body_id),
        (C.number, filters.number),
    )
    found = [column == value for column, value in columns if value is not None]
    if filters.area is not None:
        found.append(under(C.area_code, filters.area))
    if filters.is_open is not None:
        found.append(C.closed_at.is_(None) if filters.is_open else C.closed_at.is_not(None))
    if filters.is_overdue:
        found += [C.escalation_level > 0, C.closed_at.is_(None)]
    if filters.is_undecided:
        found.append(_UNDECIDED)
    if filters.is_send_back_asked:
        found.append(C.is_send_back_asked)
    if filters.contact_due_by is not None:
        found += [
            *(C.accepted_at.is_(None), C.closed_at.is_(None)),
            C.contact_due_at <= filters.contact_due_by,
        ]
    return found


async def found(
    session: AsyncSession,
    scope: ColumnElement[bool],
    case_id: UUID,
    *,
    lock: bool = False,
) -> tables.Case:
    """One case within a scope; locked until the transaction ends when it will change."""
    statement = select(C).where(C.id == case_id, scope)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=case_id)
    return row


async def locked(session: AsyncSession, case_id: UUID) -> tables.Case:
    """A case as it is now, locked until the transaction ends; whoever asks has been let in."""
    return await found(session, true(), case_id, lock=True)


async def by_number(session: AsyncSession, number: str) -> tables.Case:
    """The case of a number that people tell each other."""
    row = await session.scalar(select(C).where(C.number == number))
    if row is None:
        raise NotFound(what=WHAT, key=number)
    return row


async def number_of(session: AsyncSession, case_id: UUID) -> str | None:
    """The number of a case."""
    found: str | None = await session.scalar(select(C.number).where(C.id == case_id))
    return found


async def by_phone(
    session: AsyncSession, actor: Actor, indexes: Sequence[bytes], limit: int
) -> Sequence[tables.Case]:
    """Cases whose contact has this number, newest first, among those the caller may see."""
    statement = (
        select(C)
        .join(K, K.case_id == C.id)
        .where(K.phone_index.in_(indexes), visible(actor))
        .order_by(C.id.desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def contact(session: AsyncSession, case_id: UUID) -> tables.CaseContact | None:
    """How to reach who raised a case; None: anonymous, or erased."""
    return await session.get(K, case_id)


async def steps(session: AsyncSession, case_id: UUID) -> Sequence[tables.CaseStep]:
    """Every step of a case, in order."""
    statement = select(CS).where(CS.case_id == case_id).order_by(CS.seq)
    return (await session.scalars(statement)).all()


async def clocks(session: AsyncSession, case_id: UUID) -> Sequence[tables.CaseClock]:
    """Every setting of a case's deadline, in order."""
    row = tables.CaseClock
    statement = select(row).where(row.case_id == case_id).order_by(row.seq)
    return (await session.scalars(statement)).all()


async def escalations(session: AsyncSession, case_id: UUID) -> Sequence[tables.CaseEscalation]:
    """The steps of the ladder that a case went, in order."""
    row = tables.CaseEscalation
    statement = select(row).where(row.case_id == case_id).order_by(row.clock, row.level)
    return (await session.scalars(statement)).all()


async def last_answer(session: AsyncSession, case_id: UUID) -> tables.CaseStep | None:
    """The newest step in which the body answered."""
    statement = (
        select(CS)
        .where(CS.case_id == case_id, CS.action.in_(_ANSWERS))
        .order_by(CS.seq.desc())
        .limit(1)
    )
    row: tables.CaseStep | None = await session.scalar(statement)
    return row


async def has_answered(session: AsyncSession, case_id: UUID, name: str) -> bool:
    """Whether somebody answered a case since it was reopened last."""
    last = select(func.coalesce(func.max(CS.seq), 0)).where(
        CS.case_id == case_id, CS.status == contracts.CaseStatus.REOPENED
    )
    answers = select(CS.seq).where(
        CS.case_id == case_id,
        CS.action.in_(_ANSWERS),
        CS.by == name,
        CS.seq > last.scalar_subquery(),
    )
    return await session.scalar(answers.limit(1)) is not None


def shown(
    row: tables.Case,
    body: str | None,
    words: str | None,
    now: datetime,
    joined: JoinedCase | None = None,
) -> CaseFile:
    """A case as those see it who raised it or work on it; its body is known by name."""
    boundary = None
    if row.boundary is not None:
        boundary = Boundary(
            channel=HandOver(row.boundary),
            word=row.boundary_word or "",
            rule=row.boundary_rule or "",
        )
    return CaseFile(
        **held(row, _FILE),
        responsible_body=body,
        is_contact_overdue=(row.accepted_at or row.closed_at or now) > row.contact_due_at,
        words=words,
        boundary=boundary,
        joined=joined,
    )


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Case]:
    """The feed's states: the neighbourhood, never a point, a person or a word."""
    columns: list[Any] = [getattr(C, name) for name in _STATE]
    rows = await session.execute(select(*columns).where(C.id == func.any(list(ids))))
    return {row.id: contracts.Case(**row._asdict()) for row in rows}


async def to_forget(
    session: AsyncSession, *, closed_before: datetime, limit: int
) -> Sequence[tables.Case]:
    """Cases that ended so long ago that nobody needs to reach who raised them; locked."""
    statement = (
        select(C)
        .join(K, K.case_id == C.id)
        .where(C.closed_at < closed_before)
        .order_by(C.id)
        .limit(limit)
        .with_for_update(of=C, skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def forget_contacts(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Erase how to reach who raised some cases."""
    await session.execute(delete(K).where(K.case_id.in_(ids)))
