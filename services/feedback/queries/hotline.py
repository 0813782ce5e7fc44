"""Orders of the hotline: the case of a number, held so that nobody makes a second one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_cases import ClockReason
from feedback.tables import Case, CaseClock, CaseStep

C, T = Case, CaseClock


async def by_number(session: AsyncSession, number: str) -> Case | None:
    """The case of an order, locked."""
    return await _locked(session, C.hotline_number == number)


async def by_case_number(session: AsyncSession, number: str) -> Case | None:
    """The case of a number of ours, locked."""
    return await _locked(session, C.number == number)


async def deadline_set(session: AsyncSession, case_id: UUID) -> datetime | None:
    """The last deadline that the hotline has set, whatever clock runs now; None: it never did."""
    statement = (
        select(T.due_at)
        .where(T.case_id == case_id, T.reason == ClockReason.HOTLINE, T.days.is_(None))
        .order_by(T.seq.desc())
        .limit(1)
    )
    due_at: datetime | None = await session.scalar(statement)
    return due_at


async def newest_step(session: AsyncSession, row: Case) -> CaseStep | None:
    """The step that made a case what it is."""
    return await session.get(CaseStep, (row.id, row.version))


async def _locked(session: AsyncSession, where: ColumnElement[bool]) -> Case | None:
    statement = select(C).where(where).with_for_update()
    row: Case | None = await session.scalar(statement.execution_options(populate_existing=True))
    return row
