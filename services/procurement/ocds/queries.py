"""Releases and records as PostgreSQL keeps them: text in, text out, never parsed on the way."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from procurement import tables

RELEASE, RECORD = tables.OcdsRelease, tables.OcdsRecord
Told = Row[*tuple[Any, ...]]
_BODY = cast(RELEASE.body, Text).label("text")
_COMPILED = cast(RECORD.compiled, Text).label("text")


async def releases(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[Told]:
    """A page of releases in the order of their writing; one more tells of a next page."""
    statement = select(RELEASE.key, RELEASE.released_at, _BODY).order_by(RELEASE.key)
    if after is not None:
        statement = statement.where(RELEASE.key > after)
    return (await session.execute(statement.limit(limit + 1))).all()


async def release(session: AsyncSession, ocid: str, number: int) -> Told | None:
    """One release of a process by its number."""
    statement = (
        select(RELEASE.released_at, _BODY)
        .join(RECORD, RECORD.tender_id == RELEASE.tender_id)
        .where(RECORD.ocid == ocid, RELEASE.number == number)
    )
    return (await session.execute(statement)).one_or_none()


async def records(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[Told]:
    """A page of records in the order of their processes; one more tells of a next page."""
    statement = _records()
    if after is not None:
        statement = statement.where(RECORD.tender_id > after)
    return (await session.execute(statement.limit(limit + 1))).all()


async def record(session: AsyncSession, ocid: str) -> Told | None:
    """One record."""
    return (await session.execute(_records().where(RECORD.ocid == ocid))).one_or_none()


def _records() -> Any:
    return (
        select(RECORD.tender_id, RECORD.ocid, RECORD.released_at, _COMPILED)
        .where(RECORD.number > 0)
        .order_by(RECORD.tender_id)
    )


async def linked(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Told]]:
    """Number, date and tags of the releases behind records, oldest first."""
    statement = (
        select(RELEASE.tender_id, RELEASE.number, RELEASE.released_at, RELEASE.tag)
        .where(RELEASE.tender_id.in_(ids))
        .order_by(RELEASE.tender_id, RELEASE.number)
    )
    found: dict[UUID, list[Told]] = defaultdict(list)
    for row in await session.execute(statement):
        found[row.tender_id].append(row)
    return found
