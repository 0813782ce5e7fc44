"""Cases that may be the same as another: those of the cells around, or of its neighbourhood."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback import CaseKind, CaseStatus
from feedback import tables
from feedback.domain.cases import REPLIES
from feedback.queries.cases import PROCESSED_HERE

C, CS = tables.Case, tables.CaseStep
MOST: Final = 300  # texts opened and compared for one question, the newest first
_COLUMNS: Final = (
    *(C.id, C.number, C.status, C.category, C.area_code, C.received_at, C.words),
    *(C.lon, C.lat, C.cell),
)
Found = Row[
    UUID, str, str, str, str, datetime, str, float | None, float | None, int | None, bool | None
]


def in_cells(cells: Sequence[int]) -> ColumnElement[bool]:
    """The cases of some cells."""
    return C.cell.in_(cells)


def in_neighbourhood(area_code: str) -> ColumnElement[bool]:
    """The cases of a neighbourhood."""
    return C.area_code == area_code


def told_to_strangers() -> ColumnElement[bool]:
    """Nobody learns by asking whether somebody asked for help, or accused an official."""
    return PROCESSED_HERE & (C.kind != CaseKind.HELP)


async def newest(
    session: AsyncSession,
    where: ColumnElement[bool],
    readable: ColumnElement[bool],
    told: ColumnElement[bool],
    *,
    since: UUID,
    but: UUID | None,
) -> Sequence[Found]:
    """The newest cases somewhere since an id, which tells the time: readable, or told of at all."""
    statement = select(*_COLUMNS, readable.label("is_readable")).where(
        *(where, or_(readable, told), C.id >= since),
        C.status.not_in((CaseStatus.DUPLICATE, CaseStatus.WITHDRAWN)),
    )
    if but is not None:
        statement = statement.where(C.id != but)
    rows = await session.execute(statement.order_by(C.id.desc()).limit(MOST))
    return rows.all()


async def pair(
    session: AsyncSession, scope: ColumnElement[bool], one: UUID, other: UUID
) -> dict[UUID, tables.Case]:
    """Two cases within a scope, locked in the order of their ids: no two merges can cross."""
    statement = select(C).where(C.id.in_((one, other)), scope).order_by(C.id).with_for_update()
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.id: row for row in rows}


async def has_merged(session: AsyncSession, case_id: UUID) -> bool:
    """Whether any case was merged into one."""
    return (
        await session.scalar(select(C.id).where(C.duplicate_of_id == case_id).limit(1)) is not None
    )


async def merged_into(session: AsyncSession, case_id: UUID) -> Sequence[tables.Case]:
    """The cases that were merged into one; locked."""
    statement = select(C).where(C.duplicate_of_id == case_id).order_by(C.id).with_for_update()
    return (await session.scalars(statement)).all()


async def answered_since_merged(
    session: AsyncSession, case_id: UUID, into_id: UUID
) -> datetime | None:
    """When the case that goes on was answered first since another was merged into it."""
    merged = select(func.max(CS.at)).where(CS.case_id == case_id, CS.action == "merge")
    statement = select(func.min(CS.at)).where(
        CS.case_id == into_id, CS.action.in_(REPLIES), CS.at > merged.scalar_subquery()
    )
    answered_at: datetime | None = await session.scalar(statement)
    return answered_at
