"""What bookings took of the rooms of an area in a month."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.bookings import SpacePurpose
from registry import tables
from registry.domain.space_use import Month, Taken
from registry.queries.finding import under

S, V, B = tables.Space, tables.Venue, tables.Booking
_LONGEST: Final = timedelta(days=1)  # of a booking; its room's terms allow no longer one


async def rooms(session: AsyncSession, area: str, used: Collection[UUID]) -> list[Row[Any]]:
    """Rooms of an area that divide no further, with the hours that count.

    Those in use, and those that were used then: a room that is shut today has not been empty.
    """
    statement = (
        select(
            *(S.id, S.venue_id, S.name, V.area_code, V.name.label("venue_name")),
            func.coalesce(S.hours, V.hours).label("hours"),
        )
        .join(V, V.id == S.venue_id)
        .where(
            under(V.area_code, area),
            or_(and_(V.status == "active", S.status == "active"), S.id.in_(used)),
            func.cardinality(S.parts) == 0,
        )
        .order_by(V.area_code, S.venue_id, S.id)
    )
    return list(await session.execute(statement))


async def taken(session: AsyncSession, area: str, month: Month) -> list[Taken]:
    """Minutes by room and purpose: what was confirmed, and what of it was used.

    What was given back once it had begun, or missed, took the room until that was told.
    """
    start, end = month.starts_at, month.ends_at
    until = case(
        (B.status == "cancelled", func.least(B.ends_at, B.cancelled_at)),
        (B.status == "no_show", func.least(B.ends_at, B.settled_at)),
        else_=B.ends_at,
    )
    length = func.least(until, end) - func.greatest(B.starts_at, start)
    minutes = func.extract("epoch", length) / 60
    parts = case((func.cardinality(S.parts) == 0, array([S.id])), else_=S.parts)
    each = (
        select(
            func.unnest(parts).label("room_id"),
            B.purpose,
            minutes.label("booked"),
            case((B.status == "used", minutes), else_=0).label("used"),
        )
        .select_from(V)
        .join(B, B.venue_id == V.id)
        .join(S, S.id == B.space_id)
        .where(
            under(V.area_code, area),
            B.starts_at >= start - _LONGEST,
            B.starts_at < end,
            until > func.greatest(B.starts_at, start),
            B.status.in_(("confirmed", "used", "no_show", "cancelled")),
            or_(B.status != "cancelled", B.confirmed_at.is_not(None)),
        )
        .subquery()
    )
    c = each.c
    statement = select(c.room_id, c.purpose, func.sum(c.booked), func.sum(c.used)).group_by(
        c.room_id, c.purpose
    )
    return [
        Taken(room, SpacePurpose(purpose), round(booked), round(used))
        for room, purpose, booked, used in await session.execute(statement)
    ]
