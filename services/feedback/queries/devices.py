"""Counter devices: registered, switched off, used one turn at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.errors import NotFound, Text
from common.scope import by_area
from feedback import tables

V = tables.Device
WHAT: Final = Text("评价设备", "rating device")


async def found(session: AsyncSession, device_id: UUID, *, lock: bool = False) -> tables.Device:
    """One device; locked when it is to be changed."""
    statement = select(V).where(V.id == device_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=WHAT, key=device_id)
    return row


async def page(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[tables.Device]:
    """Devices of the caller's area; one more than `limit` tells of a next page."""
    statement = select(V).where(by_area(actor, V.area_code))
    if after is not None:
        statement = statement.where(V.id > after)
    return (await session.scalars(statement.order_by(V.id).limit(limit + 1))).all()


async def take_turn(
    session: AsyncSession, device_id: UUID, *, now: datetime, spacing_s: int
) -> bool:
    """Use a device unless its last turn was too short ago; of two at once one gets the turn."""
    statement = (
        update(V)
        .where(
            V.id == device_id,
            or_(V.last_rated_at.is_(None), V.last_rated_at <= now - timedelta(seconds=spacing_s)),
        )
        .values(last_rated_at=now)
        .returning(V.id)
    )
    return await session.scalar(statement) is not None
