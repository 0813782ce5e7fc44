"""Orders of the hotline: the case of a number, held so that nobody makes a second one."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from feedback.tables import Case

C = Case


async def by_number(session: AsyncSession, number: str) -> Case | None:
    """The case of an order, locked."""
    return await _locked(session, C.hotline_number == number)


async def by_case_number(session: AsyncSession, number: str) -> Case | None:
    """The case of a number of ours, locked."""
    return await _locked(session, C.number == number)


async def _locked(session: AsyncSession, where: ColumnElement[bool]) -> Case | None:
    statement = select(C).where(where).with_for_update()
    row: Case | None = await session.scalar(statement.execution_options(populate_existing=True))
    return row
