"""Delegations of venues, and the one that holds for a power."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.delegations import Power
from common.errors import NotFound, Text
from common.scope import by_area
from registry import tables
from registry.queries.venues import area_of

D, C, V = tables.Delegation, tables.Decision, tables.Venue
WHAT: Final = Text("授权", "delegation")


async def of_venue(
    session: AsyncSession, actor: Actor, venue_id: UUID
) -> Sequence[tables.Delegation]:
    """The delegations of a venue of the caller's area, the newest first."""
    statement = (
        select(D)
        .join(V, V.id == D.venue_id)
        .where(D.venue_id == venue_id, by_area(actor, V.area_code))
        .order_by(D.valid_from.desc(), D.id)
    )
    return (await session.scalars(statement)).all()


async def delegation_for_update(
    session: AsyncSession, delegation_id: UUID
) -> tuple[tables.Delegation, str]:
    """A delegation, locked until the transaction ends, and the area of its venue."""
    row = (
        await session.scalars(select(D).where(D.id == delegation_id).with_for_update())
    ).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=delegation_id)
    return row, await area_of(session, row.venue_id)


async def decisions(session: AsyncSession, delegation_id: UUID) -> Sequence[tables.Decision]:
    """What was decided by a delegation, in order."""
    statement = select(C).where(C.delegation_id == delegation_id).order_by(C.decided_at, C.id)
    return (await session.scalars(statement)).all()


async def in_force(
    session: AsyncSession, venue_id: UUID, power: Power, on: date
) -> tables.Delegation | None:
    """The delegation of a power that holds on a day, shared until the transaction ends."""
    statement = select(D).where(
        D.venue_id == venue_id,
        D.power == power,
        D.valid_from <= on,
        D.valid_to > on,
        D.revoked_at.is_(None),
    )
    return (await session.scalars(statement.with_for_update(read=True))).one_or_none()
