"""Organisations: one, many, and the bulk write of imports. Everything in them is public."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from common import text
from common.contracts.registry.organisations import OrganisationKind, OrganisationStatus
from common.errors import NotFound, Text
from registry import tables
from registry.queries import bulk
from registry.queries.areas import matches

O = tables.Organisation  # noqa: E741 - one letter per table, as in the other modules
WHAT: Final = Text("机构", "organisation")
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
    """Whose organisations a reader may see: all of them, organisations are public."""
    return true()


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


async def kinds_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Kind and status of organisations that exist."""
    rows = await session.execute(select(O.id, O.kind, O.status).where(O.id.in_(ids)))
    return {organisation_id: (kind, status) for organisation_id, kind, status in rows}


async def ids_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, UUID]:
    """Organisations by external code."""
    rows = await session.execute(select(O.code, O.id).where(O.code.in_(codes)))
    return {str(code): organisation_id for code, organisation_id in rows}


async def scopes_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, str]:
    """Where the organisations with these external codes lie: an import may only touch its own."""
    rows = await session.execute(select(O.code, O.area_code).where(O.code.in_(codes)))
    return {str(code): area_code for code, area_code in rows}


def search_tokens(name: str, short_name: str | None, *others: str | None) -> list[str]:
    """What an organisation is found by: names with pinyin; codes as they are."""
    return list(
        dict.fromkeys([*text.tokens(name, short_name), *text.tokens(*others, pinyin=False)])
    )


async def upsert(
    session: AsyncSession,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: str,
    now: datetime,
    scope: str | None = None,
) -> bulk.Outcome:
    """Bulk write by external code. Rows carry `code` and the other columns but `search`.

    With `scope` existing organisations outside that prefix are left alone.
    """
    filled = [
        {
            **row,
            "search": search_tokens(
                row["name"], row["short_name"], row["code"], row["credit_code"], row["address"]
            ),
        }
        for row in rows
    ]
    return await bulk.upsert(session, O, filled, key=("code",), by=by, now=now, guard=scope)
