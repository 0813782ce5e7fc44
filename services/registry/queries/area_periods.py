"""The history of areas, and what they hold: periods and memberships."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import NotFound, Text
from registry import tables

P, M = tables.AreaPeriod, tables.AreaMember
_KEPT: Final = (
    "code",
    "short_code",
    "division_kind",
    "name",
    "path_name",
    "parent_id",
    "source_edition",
)
WHAT: Final = Text("包含关系", "membership")


def fill(period: tables.AreaPeriod, area: tables.Area) -> None:
    """Make a period say what its area now is."""
    for name in _KEPT:
        setattr(period, name, getattr(area, name))


def opened(area: tables.Area, on: date) -> tables.AreaPeriod:
    """A period of an area as it now is, open at the end."""
    period = P(area_id=area.id, valid_from=on)
    fill(period, area)
    return period


async def last_periods(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tables.AreaPeriod]:
    """The newest period of each area."""
    statement = (
        select(P)
        .where(P.area_id.in_(ids))
        .order_by(P.area_id, P.valid_from.desc())
        .ext(distinct_on(P.area_id))
    )
    return {period.area_id: period for period in await session.scalars(statement)}


async def renew(session: AsyncSession, areas: Sequence[tables.Area], *, on: date) -> None:
    """From a day on, let history say what areas now are; what began that day is corrected."""
    last = await last_periods(session, [area.id for area in areas])
    opening = [area for area in areas if last[area.id].valid_from < on and area.valid_to is None]
    for area in opening:
        last[area.id].valid_to = on
    await session.flush()  # old periods end before new ones begin
    for area in areas:
        if area in opening:
            session.add(opened(area, on))
        else:
            fill(last[area.id], area)


async def names(session: AsyncSession, area_id: UUID) -> list[str]:
    """Every name that an area ever had; people search by the old ones for years."""
    statement = select(P.name).where(P.area_id == area_id).distinct()
    return list(await session.scalars(statement))


async def lock_containment(session: AsyncSession) -> None:
    """Let nobody else change what contains what until this transaction ends; readers go on.

    A cycle can close over four areas through two transactions that touch none in common, so row
    locks do not suffice.
    """
    await session.execute(text("LOCK TABLE area_member IN SHARE ROW EXCLUSIVE MODE"))


async def is_within(session: AsyncSession, area_id: UUID, container_id: UUID) -> bool:
    """Whether an area lies, directly or through others, in a container; by tree or membership."""
    found = await session.execute(_UPWARDS, {"area_id": area_id, "container_id": container_id})
    return found.first() is not None


# Climbing is cheap: an area has few containers, while a district holds a thousand areas.
_UPWARDS: Final = text(
    "WITH RECURSIVE up (id) AS ("
    " SELECT CAST(:area_id AS uuid)"
    " UNION"
    " SELECT above.id FROM up CROSS JOIN LATERAL ("
    "  SELECT parent_id AS id FROM area WHERE area.id = up.id AND parent_id IS NOT NULL"
    "  UNION ALL SELECT area_id FROM area_member WHERE member_id = up.id) AS above)"
    " SELECT 1 FROM up WHERE id = :container_id"
)


async def membership(
    session: AsyncSession, area_id: UUID, member_row_id: UUID
) -> tables.AreaMember:
    """One membership of a containing area, locked."""
    statement = select(M).where(M.area_id == area_id, M.id == member_row_id).with_for_update()
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=member_row_id)
    return found


async def members(
    session: AsyncSession, area_id: UUID, *, on: date | None, after: UUID | None, limit: int
) -> list[tables.AreaMember]:
    """A page of an area's memberships; those in force on a day, or all."""
    statement = select(M).where(M.area_id == area_id).order_by(M.id)
    if on is not None:
        statement = statement.where(M.valid_from <= on, or_(M.valid_to.is_(None), M.valid_to > on))
    if after is not None:
        statement = statement.where(M.id > after)
    return list(await session.scalars(statement.limit(limit + 1)))
