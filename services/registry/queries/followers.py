"""Offerings copy area and place of their venue, concessions its area; here they follow it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from registry import tables
from registry.queries.turns import in_turn

O, V, C = tables.Offering, tables.Venue, tables.Concession


async def follow(
    session: AsyncSession, venues: Sequence[UUID], *, by: str, now: datetime
) -> list[UUID]:
    """Bring the offerings of moved venues up to date; returns their ids.

    The caller holds the venues' rows, so no offering is attached to them meanwhile.
    """
    statement = (
        update(O)
        .where(O.venue_id == V.id, in_turn(O.id, O.venue_id.in_(venues)))
        .values(
            area_id=V.area_id,
            area_code=V.area_code,
            lon=V.lon,
            lat=V.lat,
            place=V.place,
            version=O.version + 1,
            updated_at=now,
            updated_by=by,
        )
        .returning(O.id)
        .execution_options(synchronize_session=False)
    )
    return list(await session.scalars(statement))


async def follow_concessions(
    session: AsyncSession, venues: Sequence[UUID], *, by: str, now: datetime
) -> list[UUID]:
    """Let concessions lie where their venue lies, whose staff keep them; the ids that moved."""
    statement = (
        update(C)
        .where(
            C.venue_id == V.id,
            C.area_code != V.area_code,
            in_turn(C.id, C.venue_id.in_(venues)),
        )
        .values(area_code=V.area_code, version=C.version + 1, updated_at=now, updated_by=by)
        .returning(C.id)
        .execution_options(synchronize_session=False)
    )
    return list(await session.scalars(statement))


async def relying(session: AsyncSession, venue_id: UUID, *, on_hours: bool = False) -> int:
    """How many published offerings happen at a venue; `on_hours`: those without own hours."""
    statement = select(func.count()).where(
        O.venue_id == venue_id, O.status == literal_column("'published'")
    )
    if on_hours:
        statement = statement.where(O.hours.is_(None), O.channels.contains(["on_site"]))
    return int(await session.scalar(statement) or 0)
