"""Registering counter devices, and switching them off."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, mirrors
from common.auth.actor import Actor
from common.contracts.feedback_ratings import DeviceIn, DevicePatch
from common.contracts.feeds import Kind
from common.edge import must_match
from common.errors import NotFound, Text
from common.ids import uuid7
from common.records import made, touch
from feedback import tables
from feedback.queries import devices as queries

KIND: Final = "rating_device"
VENUE: Final = Text("载体", "venue")


async def register(
    session: AsyncSession, wish: DeviceIn, *, by: Actor, now: datetime
) -> tables.Device:
    """Register a device at a venue of the caller's area."""
    venue = await mirrors.one(session, Kind.VENUE, wish.venue_id)
    if venue is None:
        raise NotFound(what=VENUE, key=wish.venue_id)
    by.must_cover(venue["area_code"])
    row = tables.Device(
        id=uuid7(),
        venue_id=wish.venue_id,
        area_code=venue["area_code"],
        name=wish.name,
        is_active=True,
        last_rated_at=None,
        **made(by, now),
    )
    session.add(row)
    _note(session, row, "rating_device.register", by)
    return row


async def switch(
    session: AsyncSession,
    device_id: UUID,
    wish: DevicePatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Device:
    """Switch a device on or off."""
    row = await queries.found(session, device_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    row.is_active = wish.is_active
    touch(row, by, now)
    _note(session, row, "rating_device.switch", by)
    return row


def _note(session: AsyncSession, row: tables.Device, action: str, by: Actor) -> None:
    after = {"venue": str(row.venue_id), "is_active": row.is_active}
    audit.note(session, by, action=action, target=(KIND, row.id), area=row.area_code, after=after)
