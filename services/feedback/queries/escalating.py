"""Cases whose deadline has passed go up, many in one statement; each level once a clock."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, column, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_dispatches import DispatchStatus
from feedback import tables
from feedback.domain.clocks import Due
from feedback.domain.rectifications import AWAITED

C, D = tables.Case, tables.Dispatch
_LATEST: Final = func.greatest(D.due_at, D.own_due_at)  # NULL is passed over
Overdue = Row[UUID, str, str, datetime, int, int, str, int]


async def due(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[Overdue]:
    """Cases to escalate, the longest overdue first; locked, and left alone by other processes."""
    statement = (
        select(
            *(C.id, C.area_code, C.line, C.due_at, C.clock, C.escalation_level),
            *(C.status, C.version),
        )
        .where(C.escalates_at <= now)
        .order_by(C.escalates_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(statement)).all()


async def unheard(
    session: AsyncSession, *, answered_before: datetime, limit: int
) -> Sequence[tables.Case]:
    """Open cases whose answer nobody has judged since some instant, the oldest first; locked."""
    answered_at = func.greatest(C.answered_at, C.fixed_at)
    statement = (
        select(C)
        .where(C.closed_at.is_(None), answered_at < answered_before)
        .order_by(answered_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def raise_levels(
    session: AsyncSession, nexts: Mapping[UUID, datetime | None], *, by: str, now: datetime
) -> None:
    """One level up for each, and when it goes up again; locked before."""
    given = (
        func.unnest(
            bindparam("ids", list(nexts), ARRAY(Uuid)),
            bindparam("nexts", list(nexts.values()), ARRAY(TIMESTAMP(timezone=True))),
        )
        .table_valued(column("id", Uuid), column("next", TIMESTAMP(timezone=True)))
        .render_derived()
    )
    await session.execute(
        update(C)
        .where(C.id == given.c.id)
        .values(
            escalation_level=C.escalation_level + 1,
            escalated_at=now,
            overdue_at=func.coalesce(C.overdue_at, C.due_at),
            escalates_at=given.c.next,
            version=C.version + 1,
            updated_at=now,
            updated_by=by,
        )
        .execution_options(synchronize_session=False)
    )


async def keep(session: AsyncSession, rows: Sequence[Overdue], *, by: str, now: datetime) -> None:
    """The ladder and the history of each: what the rows were before they went up."""
    climbed = [
        {"case_id": row.id, "clock": row.clock, "level": row.escalation_level + 1, "at": now}
        for row in rows
    ]
    steps = [
        {
            "case_id": row.id,
            "seq": row.version + 1,
            "at": now,
            "action": "escalate",
            "status": row.status,
            "by": by,
            "words": None,
            "is_shared": True,
            "facts": {"level": str(row.escalation_level + 1)},
        }
        for row in rows
    ]
    await session.execute(insert(tables.CaseEscalation), climbed)
    await session.execute(insert(tables.CaseStep), steps)


async def open_supervisions(
    session: AsyncSession, due_from: datetime
) -> Sequence[tables.Supervision]:
    """Requests that wait for an answer, or to be told further, until then or a provisional day.

    Locked.
    """
    row = tables.Supervision
    is_due = row.is_due_provisional | (row.due_at >= due_from) | (row.escalates_at >= due_from)
    statement = select(row).where(is_due, row.answer.is_(None)).order_by(row.id)
    return (await session.scalars(statement.with_for_update())).all()


async def open_loops(session: AsyncSession, due_from: date) -> Sequence[tables.BadRating]:
    """Bad ratings not through that some step, or who is told next of it, waits for; locked.

    Until then or later, or until a provisional day.
    """
    row = tables.BadRating
    given = func.jsonb_build_object("day", due_from.isoformat())
    path = text("'$.* ? (@.is_provisional == true || @.on >= $day)'")
    is_due = func.jsonb_path_exists(row.clocks, path, given) | (row.escalates_on >= due_from)
    statement = select(row).where(row.status.in_(AWAITED), is_due).order_by(row.rating_id)
    return (await session.scalars(statement.with_for_update())).all()


async def open_publicity(
    session: AsyncSession, until: date
) -> Sequence[Row[tables.Assessment, str]]:
    """Results that are public until then or a provisional day, locked; the area of their scheme."""
    row, scheme = tables.Assessment, tables.AssessmentScheme
    statement = (
        select(row, scheme.area_code)
        .join(scheme, scheme.id == row.scheme_id)
        .where(row.is_publicity_provisional | (row.publicity_to_on >= until))
        .where(row.final_at.is_(None))
        .order_by(row.id)
        .with_for_update(of=row)
    )
    return (await session.execute(statement)).all()


async def due_of_cases_at_work(session: AsyncSession, due_from: datetime) -> Mapping[UUID, Due]:
    """When cases are due whose work in a house waits until some instant or later.

    Locked, and before their work, as everybody does: no deadline becomes earlier while that of the
    work is set by it.
    """
    work = select(D.case_id).where(D.status == DispatchStatus.SENT, due_from <= _LATEST)
    statement = select(C.id, C.due_at, C.is_due_provisional).where(C.id.in_(work)).order_by(C.id)
    rows = await session.execute(statement.with_for_update(read=True))
    return {row[0]: Due(row[1], row[2]) for row in rows}


async def open_dispatches(
    session: AsyncSession, case_ids: Collection[UUID], due_from: datetime
) -> Sequence[tables.Dispatch]:
    """Work of locked cases that waits until some instant or later; locked."""
    statement = select(D).where(
        D.case_id.in_(case_ids), D.status == DispatchStatus.SENT, due_from <= _LATEST
    )
    return (await session.scalars(statement.order_by(D.id).with_for_update())).all()


async def going_up_since(
    session: AsyncSession, since: datetime, *, after: UUID, limit: int
) -> Sequence[tables.Case]:
    """Cases by id that go up at some instant or later, as none does before it is due; locked."""
    statement = (
        select(C)
        .where(C.escalates_at >= since, C.id > after)
        .order_by(C.id)
        .limit(limit)
        .with_for_update()
    )
    return (await session.scalars(statement)).all()
