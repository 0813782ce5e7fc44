"""Ideas, deputies, desk days, supervision and issues: pages by id, one of them, the ledger."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor, is_area
from common.codes import Division
from common.contracts.feedback import CaseStatus
from common.contracts.feedback_supervision import Ledger, Verdict
from common.errors import NotFound, Text
from common.records import name_of
from common.scope import by_area, under
from feedback import tables
from feedback.domain.supervision import serves
from feedback.queries.cases import PROCESSED_HERE

D, DD, S, C = tables.Deputy, tables.DeskDay, tables.Supervision, tables.Case
R = TypeVar("R", tables.Idea, tables.Deputy, tables.DeskDay, tables.Supervision, tables.Issue)
_WHAT: Final[dict[type[Any], Text]] = {
    tables.Idea: Text("一线建议", "idea"),
    tables.Deputy: Text("代表委员", "deputy"),
    tables.DeskDay: Text("接待日", "desk day"),
    tables.Supervision: Text("督办", "supervision"),
    tables.Issue: Text("跨部门议题", "issue"),
}


async def page(
    session: AsyncSession,
    table: type[R],
    *conditions: ColumnElement[bool],
    after: UUID | None,
    limit: int,
) -> Sequence[R]:
    """A page of records by id; one row more than `limit` tells of a next page."""
    statement = select(table).where(*conditions)
    if after is not None:
        statement = statement.where(table.id > after)
    return (await session.scalars(statement.order_by(table.id).limit(limit + 1))).all()


async def found(session: AsyncSession, table: type[R], record_id: UUID, *, lock: bool = False) -> R:
    """One record; locked until the transaction ends when it will change."""
    statement = select(table).where(table.id == record_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=_WHAT[table], key=record_id)
    return row


def is_open_idea(*, wanted: bool) -> ColumnElement[bool]:
    """Ideas that wait for an answer, or those that have one."""
    column = tables.Idea.outcome
    return column.is_(None) if wanted else column.is_not(None)


def of_area(column: Any, area: str | None) -> list[ColumnElement[bool]]:
    """What lies in an area; everything when none is given."""
    return [] if area is None else [under(column, area)]


def issues_of(actor: Actor) -> ColumnElement[bool]:
    """Issues of the caller's area."""
    return by_area(actor, tables.Issue.area_code)


async def deputies(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tables.Deputy]:
    """Deputies by id."""
    rows = await session.scalars(select(D).where(D.id.in_(ids)))
    return {row.id: row for row in rows}


async def serving(
    session: AsyncSession, actor: Actor, area_code: str, today: date
) -> tables.Deputy | None:
    """The caller as a deputy of an area in a term that runs."""
    if not actor.covers(area_code):
        return None
    return await in_office(session, name_of(actor), area_code, today)


async def in_office(
    session: AsyncSession, account: str, area_code: str, today: date
) -> tables.Deputy | None:
    """An account as a deputy of an area in a term that runs."""
    rows = await session.scalars(select(D).where(D.account == account).order_by(D.id))
    for row in rows:
        within = area_code.startswith(Division.parse(row.area_code).short)
        if within and serves(row.term_from, row.term_to, today):
            return row
    return None


async def steps(session: AsyncSession, issue_id: UUID) -> Sequence[tables.IssueStep]:
    """Every step of an issue, in order."""
    row = tables.IssueStep
    statement = select(row).where(row.issue_id == issue_id).order_by(row.seq)
    return (await session.scalars(statement)).all()


async def ledger(session: AsyncSession, area: str | None) -> Ledger:
    """What came of supervision in an area, or in the city."""
    days = select(func.count()).select_from(DD).where(*of_area(DD.area_code, area))
    in_time = S.answered_at < S.due_at
    counts = select(
        func.count(),
        func.count().filter(S.answered_at.is_not(None)),
        func.count().filter(in_time),
        *(func.count().filter(S.verdict == verdict) for verdict in Verdict),
    ).where(*of_area(S.area_code, area))
    requested, answered, timely, *judged = (await session.execute(counts)).one()
    return Ledger(
        area_code=area,
        desk_days=int(await session.scalar(days) or 0),
        requested=requested,
        answered=answered,
        answered_in_time=timely,
        **{verdict.value: count for verdict, count in zip(Verdict, judged, strict=True)},
    )


def unanswered(now: datetime) -> list[ColumnElement[bool]]:
    """Requests that should have been answered by now."""
    return [S.answer.is_(None), S.due_at <= now]


async def wards(session: AsyncSession, actor: Actor, today: date) -> list[str]:
    """The areas of the caller's terms that run today: significant digits."""
    rows = await session.scalars(select(D).where(D.account == name_of(actor)).order_by(D.id))
    return [
        Division.parse(row.area_code).short
        for row in rows
        if serves(row.term_from, row.term_to, today)
    ]


def observable(actor: Actor, served: Sequence[str]) -> ColumnElement[bool]:
    """Cases of a deputy's wards, but for what is, or may be, a matter of discipline or a court."""
    if not is_area(actor.area):
        return false()
    within = or_(false(), *(under(C.area_code, each) for each in served))
    return under(C.area_code, str(actor.area)) & within & PROCESSED_HERE


async def observed(
    session: AsyncSession,
    where: ColumnElement[bool],
    *,
    status: CaseStatus | None,
    is_overdue: bool,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Case]:
    """A page of the cases that a deputy may observe, by id."""
    statement = select(C).where(where)
    if status is not None:
        statement = statement.where(C.status == status)
    if is_overdue:
        statement = statement.where(C.escalation_level > 0, C.closed_at.is_(None))
    if after is not None:
        statement = statement.where(C.id > after)
    return (await session.scalars(statement.order_by(C.id).limit(limit + 1))).all()
