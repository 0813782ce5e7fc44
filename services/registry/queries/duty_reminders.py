"""Reminders of duty: which venues keep rosters, what is open, and all of it renewed at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry import tables
from registry.queries.finding import under
from registry.tables.duties import OPEN_REMINDER

R: Final = tables.DutyReminder
_RENEWED: Final = ("first_gap_at", "uncovered_minutes", "area_code")


async def rostered(session: AsyncSession) -> set[UUID]:
    """The venues that keep rosters, or once did."""
    return set(await session.scalars(select(tables.Duty.venue_id).distinct()))


async def renew(session: AsyncSession, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Let exactly these venues have an open reminder; what is no longer so is settled."""
    still = bindparam("still", [row["venue_id"] for row in rows], ARRAY(Uuid))
    gone = update(R).where(R.settled_at.is_(None), R.venue_id != func.all(still))
    await session.execute(gone.values(settled_at=now))
    if not rows:
        return
    new = insert(R)
    renewed = new.on_conflict_do_update(
        index_elements=["venue_id"],
        index_where=text(OPEN_REMINDER),
        set_={name: new.excluded[name] for name in _RENEWED},
    )
    await session.execute(renewed, list(rows))


async def page(
    session: AsyncSession, area: str, *, after: UUID | None, limit: int
) -> Sequence[tables.DutyReminder]:
    """A page of the open reminders of an area, by id: the oldest first."""
    statement = select(R).where(under(R.area_code, area), R.settled_at.is_(None))
    if after is not None:
        statement = statement.where(R.id > after)
    return (await session.scalars(statement.order_by(R.id).limit(limit + 1))).all()
