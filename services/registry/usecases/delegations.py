"""Delegations: given, revoked, decided by, and asked for where a power is used."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.auth.roles import STAFF, Role
from common.clock import city_day
from common.contracts.registry.delegations import DecisionIn, DelegationIn, Power
from common.errors import Conflict, Text
from common.ids import uuid7
from registry import tables
from registry.domain import delegations as domain
from registry.domain.areas import check_period
from registry.queries import delegations as queries
from registry.queries import organisations
from registry.queries.references import must_exist
from registry.queries.venues import venue_for_update
from registry.usecases.editing import PURPOSE, made, touch

KIND: Final = "delegation"


class DelegationOverlaps(Conflict):
    """The venue's head holds the power on some of these days already."""

    slug = "delegation-overlaps"
    title = Text("授权期重叠", "Delegated already")
    detail = Text(
        "该载体同一事项在此期间已有授权，请先撤销。",
        "The venue's head holds this power on some of these days; revoke that first.",
    )


async def delegate(
    session: AsyncSession, wanted: DelegationIn, *, by: Actor, now: datetime
) -> tables.Delegation:
    """Give a power to the head of a venue in the caller's area."""
    await organisations.standing(session, wanted.organisation_ids)
    venue = await venue_for_update(session, wanted.venue_id)
    by.must_cover(venue.area_code)
    check_period(wanted.valid_from, wanted.valid_to)
    bodies = {f"/organisation_ids/{n}": each for n, each in enumerate(wanted.organisation_ids)}
    await must_exist(session, tables.Organisation, bodies)

    row = tables.Delegation(id=uuid7(), **wanted.model_dump(), **made(by, now))
    session.add(row)
    await session.flush()
    _tell(session, by, "give", row.id, venue.area_code, wanted.model_dump(mode="json"))
    return row


async def revoke(
    session: AsyncSession, delegation_id: UUID, *, by: Actor, now: datetime
) -> tables.Delegation:
    """Take a power back; what was decided by it stands."""
    row, area = await queries.delegation_for_update(session, delegation_id)
    by.must_cover(area)
    if row.revoked_at is None:
        row.revoked_at = now
        touch(row, by, now)
        _tell(session, by, "revoke", row.id, area, {"revoked_at": now.isoformat()})
    return row


async def decide(
    session: AsyncSession, delegation_id: UUID, wanted: DecisionIn, *, by: Actor, now: datetime
) -> tables.Decision:
    """Decide alone, within the power; kept with the limit that held."""
    await organisations.standing(session, [wanted.organisation_id])
    row, area = await queries.delegation_for_update(session, delegation_id)
    by.must_cover(area)
    bodies = {"/organisation_id": wanted.organisation_id}
    await must_exist(session, tables.Organisation, bodies)
    domain.must_allow(row, wanted.amount_fen, wanted.organisation_id, city_day(now))

    kept = tables.Decision(
        id=uuid7(),
        delegation_id=row.id,
        **wanted.model_dump(),
        limit_fen=row.limit_fen,
        decided_at=now,
        decided_by=by.alias(PURPOSE),
    )
    session.add(kept)
    await session.flush()
    _tell(session, by, "decide", row.id, area, wanted.model_dump(mode="json"))
    return kept


async def must_hold(
    session: AsyncSession, venue_id: UUID, power: Power, *, by: Actor, now: datetime
) -> None:
    """Refuse a venue's head who was not given the power. Desks and offices need no delegation."""
    if by.roles & STAFF != {Role.VENUE_HEAD}:
        return
    if await queries.in_force(session, venue_id, power, city_day(now)) is None:
        raise domain.NotDelegated(power=power)


def _tell(
    session: AsyncSession, by: Actor, verb: str, key: UUID, area: str, after: dict[str, Any]
) -> None:
    audit.note(session, by, action=f"delegation.{verb}", target=(KIND, key), area=area, after=after)
