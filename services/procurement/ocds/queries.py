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
# As states of a shelf: a release never changes, a record does with each release.
_RELEASED = (
    *(RELEASE.key.label("id"), RELEASE.number.label("version")),
    RELEASE.released_at.label("updated_at"),
)
_RECORDED = (
    *(RECORD.tender_id.label("id"), RECORD.number.label("version")),
    RECORD.released_at.label("updated_at"),
)


async def releases(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[Told]:
    """A page of releases in the order of their writing; one more tells of a next page."""
    statement = select(*_RELEASED).order_by(RELEASE.key)
    if after is not None:
        statement = statement.where(RELEASE.key > after)
    return (await session.execute(statement.limit(limit + 1))).all()


async def release(session: AsyncSession, ocid: str, number: int) -> Told | None:
    """One release of a process by its number."""
    statement = (
        select(*_RELEASED)
        .join(RECORD, RECORD.tender_id == RELEASE.tender_id)
        .where(RECORD.ocid == ocid, RELEASE.number == number)
    )
    return (await session.execute(statement)).one_or_none()


async def bodies(session: AsyncSession, keys: Sequence[UUID]) -> dict[UUID, bytes]:
    """Releases as they were written."""
    statement = select(RELEASE.key, cast(RELEASE.body, Text)).where(RELEASE.key.in_(keys))
    return {key: body.encode() for key, body in await session.execute(statement)}


async def records(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[Told]:
    """A page of records in the order of their processes; one more tells of a next page."""
    statement = select(*_RECORDED).where(RECORD.number > 0).order_by(RECORD.tender_id)
    if after is not None:
        statement = statement.where(RECORD.tender_id > after)
    return (await session.execute(statement.limit(limit + 1))).all()


async def record(session: AsyncSession, ocid: str) -> Told | None:
    """One record."""
    statement = select(*_RECORDED).where(RECORD.ocid == ocid, RECORD.number > 0)
    return (await session.execute(statement)).one_or_none()


async def compiled(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Told]:
    """What the releases of processes compile to."""
    statement = select(
        RECORD.tender_id, RECORD.ocid, RECORD.number, cast(RECORD.compiled, Text).label("text")
    )
    return (await session.execute(statement.where(RECORD.tender_id.in_(ids)))).all()


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
