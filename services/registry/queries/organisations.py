"""Organisations: one and many. Everything in them is public."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.organisations import OrganisationKind, OrganisationStatus
from common.errors import NotFound, Text
from registry import tables
from registry.queries.areas import matches

O = tables.Organisation
WHAT: Final = Text("机构", "organisation")
ACTIVE: Final = OrganisationStatus.ACTIVE
SHOWN: Final = (
    "id",
    "code",
    "name",
    "short_name",
    "kind",
    "platform_kind",
    "credit_code",
    "filing_number",
    "filed_with_id",
    "evaluation_grade",
    "grade_valid_from",
    "grade_valid_to",
    "supervisor_id",
    "area_id",
    "area_code",
    "line",
    "address",
    "phone",
    "status",
    "dissolved_on",
    "version",
    "updated_at",
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of organisations is asked for."""

    words: str | None = None
    kind: OrganisationKind | None = None
    platform_kind: str | None = None
    credit_code: str | None = None
    code: str | None = None
    line: str | None = None
    area: str | None = None
    supervisor_id: UUID | None = None
    status: OrganisationStatus | None = None


def visible() -> ColumnElement[bool]:
    """Whose organisations a reader may see: all are public, but one merged into another is gone."""
    return O.merged_into_id.is_(None)


def shown() -> Select[Any]:
    """Organisations with the path name of their area."""
    columns = (getattr(O, name) for name in SHOWN)
    return (
        select(*columns, tables.Area.path_name.label("area_path"))
        .join(tables.Area, tables.Area.id == O.area_id)
        .where(visible())
    )


async def page(
    session: AsyncSession, filters: Filters, *, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """A page of organisations in order of their making."""
    wanted: list[ColumnElement[bool]] = [
        getattr(O, name) == value
        for name in (
            "kind",
            "platform_kind",
            "credit_code",
            "code",
            "line",
            "supervisor_id",
            "status",
        )
        if (value := getattr(filters, name)) is not None
    ]
    if filters.words is not None:
        wanted.append(matches(O.search, filters.words))
    if filters.area is not None:
        wanted.append(O.area_code.like(f"{filters.area}%"))
    if after is not None:
        wanted.append(O.id > after)
    return list(await session.execute(shown().where(*wanted).order_by(O.id).limit(limit + 1)))


async def organisation(
    session: AsyncSession, organisation_id: UUID, *, lock: bool = False
) -> tables.Organisation:
    """One organisation, dissolved or not."""
    statement = select(O).where(O.id == organisation_id, visible())
    if lock:
        statement = statement.with_for_update(key_share=True)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=organisation_id)
    return found


async def both_for_update(
    session: AsyncSession, one: UUID, other: UUID
) -> tuple[tables.Organisation, tables.Organisation]:
    """Two organisations, locked in id order so that two callers cannot block each other."""
    statement = (
        select(O)
        .where(O.id.in_((one, other)), visible())
        .order_by(O.id)
        .with_for_update(key_share=True)
    )
    found = {each.id: each for each in await session.scalars(statement)}
    for organisation_id in (one, other):
        if organisation_id not in found:
            raise NotFound(what=WHAT, key=organisation_id)
    return found[one], found[other]


async def standing(
    session: AsyncSession, ids: Sequence[UUID | None], *, held: bool = True
) -> set[UUID]:
    """Those of some organisations that stand; held, none is dissolved or merged until we are done.

    Locked before what names them (`queries.turns`): no two callers wait in a circle.
    """
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return set()
    statement = select(O.id).where(O.id.in_(wanted), visible(), O.status == ACTIVE).order_by(O.id)
    return set(await session.scalars(statement.with_for_update(read=True) if held else statement))


async def kinds_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Kind and status of organisations that exist."""
    if not ids:
        return {}
    rows = await session.execute(select(O.id, O.kind, O.status).where(O.id.in_(ids), visible()))
    return {organisation_id: (kind, status) for organisation_id, kind, status in rows}
