"""Notices of holidays that were loaded here: rows, and what others are told of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_calendar import CalendarNotice
from common.errors import NotFound, Text
from feedback import tables

N: Final = tables.CalendarNotice
WHAT: Final = Text("节假日安排", "holiday notice")


async def notices(session: AsyncSession) -> Sequence[tables.CalendarNotice]:
    """All that were ever loaded, in order."""
    return (await session.scalars(select(N).order_by(N.id))).all()


async def in_force(session: AsyncSession) -> list[CalendarNotice]:
    """Those that count."""
    rows = await session.scalars(select(N).where(N.withdrawn_at.is_(None)).order_by(N.id))
    return [told(row) for row in rows]


async def locked(session: AsyncSession, notice_id: UUID) -> tables.CalendarNotice:
    """One notice, to be withdrawn."""
    row = await session.scalar(select(N).where(N.id == notice_id).with_for_update())
    if row is None:
        raise NotFound(what=WHAT, key=notice_id)
    return row


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, CalendarNotice]:
    """The feed's states; what was withdrawn is gone."""
    rows = await session.scalars(select(N).where(N.id.in_(ids), N.withdrawn_at.is_(None)))
    return {row.id: told(row) for row in rows}


WAITS: Final = "SELECT EXISTS (SELECT FROM calendar_notice WHERE recounted_at IS NULL)"


async def not_recounted(session: AsyncSession) -> tables.CalendarNotice | None:
    """A notice by which deadlines are still to be set anew; another process may have it locked."""
    row: tables.CalendarNotice | None = await session.scalar(
        select(N)
        .where(N.recounted_at.is_(None))
        .order_by(N.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return row


def told(row: tables.CalendarNotice) -> CalendarNotice:
    """A notice as others are told it."""
    plain: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("id", "version", "title", "year", "document", "issued_on", "source")
    }
    return CalendarNotice(**plain, **row.arranged)
