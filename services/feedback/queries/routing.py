"""Who answers for what: service items and organisations as the registry's feeds last told them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feeds import Kind
from common.contracts.registry.organisations import OrganisationKind, OrganisationStatus
from common.contracts.registry.service_items import ItemStatus
from feedback.tables import Mirrored

M: Final = Mirrored
_ITEMS: Final = select(M.state).where(
    M.kind == "service_item",
    M.state["category"].astext == bindparam("category"),
    M.area_code.in_(bindparam("codes", expanding=True)),
    M.state["status"].astext == ItemStatus.PUBLISHED.value,
)
_STREET: Final = (
    select(M.state)
    .where(
        M.kind == Kind.ORGANISATION.value,
        M.area_code == bindparam("town"),
        M.state["kind"].astext == OrganisationKind.STREET.value,
        M.state["status"].astext == OrganisationStatus.ACTIVE.value,
    )
    .order_by(M.record_id)
    .limit(1)
)


async def items(
    session: AsyncSession, category: str, codes: Sequence[str]
) -> Sequence[Mapping[str, Any]]:
    """Published service items of a category in some areas."""
    found = await session.scalars(_ITEMS, {"category": category, "codes": list(codes)})
    return found.all()


async def street(session: AsyncSession, area_code: str) -> Mapping[str, Any] | None:
    """The office of the town in which an area lies."""
    town = area_code[:9].ljust(12, "0")
    found: Mapping[str, Any] | None = await session.scalar(_STREET, {"town": town})
    return found


async def body(session: AsyncSession, body_id: UUID) -> Mapping[str, Any] | None:
    """An organisation that exists still."""
    found = await mirrors.one(session, Kind.ORGANISATION, body_id)
    is_there = found is not None and found["status"] == OrganisationStatus.ACTIVE
    return found if is_there else None


async def body_name(session: AsyncSession, body_id: UUID | None) -> str | None:
    """What a body is called; None when there is none, or its name is not known here."""
    if body_id is None:
        return None
    found = await mirrors.one(session, Kind.ORGANISATION, body_id)
    return found["name"] if found else None


async def offering(session: AsyncSession, offering_id: UUID) -> Mapping[str, Any] | None:
    """A published offering."""
    return await mirrors.one(session, Kind.OFFERING, offering_id)
