"""Rooms and duty of a demo street: a hall that divides, and who answers in each of some venues.

All of it is 演示数据 and names nobody. A street that has rooms already is left alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.duties import DutyIn, PostIn
from common.contracts.registry.spaces import Equipment, SpaceIn
from registry import tables
from registry.demo.organisations import NOTE, Street
from registry.usecases.duties import add_duty
from registry.usecases.spaces import add_space

HOUSES: Final = 3  # venues of a street that share their rooms
QUARTER: Final = timedelta(days=90)
PURPOSES: Final = [
    *(SpacePurpose.SERVICE, SpacePurpose.ACTIVITY, SpacePurpose.DELIBERATION),
    SpacePurpose.ADMINISTRATION,
]


async def furnish(
    streets: Sequence[Street],
    sessions: async_sessionmaker[AsyncSession],
    *,
    by: Actor,
    now: datetime,
) -> dict[str, int]:
    """Rooms and rosters for some venues of each street; how many were made."""
    counts = {"space": 0, "duty": 0}
    for street in streets:
        async with sessions.begin() as session:
            if await session.scalar(_has_rooms(street)):
                continue
            for venue_id in await _venues(session, street):
                counts["space"] += await _rooms(session, venue_id, by=by, now=now)
                await _roster(session, venue_id, by=by, now=now)
                counts["duty"] += 1
    return counts


def _of_street(street: Street) -> Any:
    return func.left(tables.Venue.area_code, 9) == street.code[:9]


def _has_rooms(street: Street) -> Any:
    venue, space = tables.Venue, tables.Space
    return select(exists().where(space.venue_id == venue.id, _of_street(street)))


async def _venues(session: AsyncSession, street: Street) -> list[UUID]:
    venue = tables.Venue
    known = (_of_street(street), venue.hours.is_not(None), venue.status == "active")
    statement = select(venue.id).where(*known).order_by(venue.code).limit(HOUSES)
    return list(await session.scalars(statement))


async def _rooms(session: AsyncSession, venue_id: UUID, *, by: Actor, now: datetime) -> int:
    """A hall of two rooms, and a small room beside it."""
    halves = []
    for letter in "AB":
        wanted = SpaceIn(
            venue_id=venue_id,
            name=f"{NOTE} 多功能厅{letter}",
            capacity=40,
            floor_area_m2=60,
            equipment=[Equipment.PROJECTOR, Equipment.TABLES],
            purposes=PURPOSES,
            buffer_after_minutes=15,
        )
        halves.append((await add_space(session, wanted, by=by, now=now)).id)
    whole = SpaceIn(
        venue_id=venue_id,
        name=f"{NOTE} 多功能厅（全厅）",
        parts=halves,
        capacity=90,
        equipment=[Equipment.PROJECTOR, Equipment.SOUND, Equipment.STAGE],
        purposes=PURPOSES,
        is_approval_needed=True,
        buffer_after_minutes=30,
    )
    small = SpaceIn(venue_id=venue_id, name=f"{NOTE} 议事室", capacity=12, purposes=PURPOSES)
    for wanted in (whole, small):
        await add_space(session, wanted, by=by, now=now)
    return len(halves) + 2


async def _roster(session: AsyncSession, venue_id: UUID, *, by: Actor, now: datetime) -> None:
    """A quarter in which the head answers and a social worker stands behind."""
    today = city_day(now)
    wanted = DutyIn(
        venue_id=venue_id,
        valid_from=today,
        valid_to=today + QUARTER,
        a=PostIn(title=f"{NOTE} 站长", phone="021-12345"),
        b=PostIn(title=f"{NOTE} 值班社工", phone="021-12345"),
    )
    await add_duty(session, wanted, by=by, now=now)
