"""Files of cases: how many, which, one of them. Lists leave the content where it is."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from feedback.tables import Attachment

A: Final = Attachment


async def count(session: AsyncSession, case_id: UUID) -> int:
    """How many files a case has."""
    statement = select(func.count()).select_from(A).where(A.case_id == case_id)
    return int(await session.scalar(statement) or 0)


async def of_case(session: AsyncSession, case_id: UUID) -> Sequence[Attachment]:
    """The files of a case in the order in which they came."""
    statement = select(A).where(A.case_id == case_id).order_by(A.id)
    return (await session.scalars(statement.options(defer(A.content, raiseload=True)))).all()


async def one(session: AsyncSession, case_id: UUID, file_id: UUID) -> Attachment | None:
    """One file with its content."""
    return await session.get(A, (case_id, file_id))
