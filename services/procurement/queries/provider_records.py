"""The lines of provider files: one, locked; those of many files at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import NotFound, Text
from common.spelt import belonging
from procurement import tables

P, Q, X, T = tables.Provider, tables.Qualification, tables.Exclusion, tables.Tie
QUALIFICATION: Final = Text("资质", "qualification")
EXCLUSION: Final = Text("禁入记录", "exclusion")
TIE: Final = Text("关系", "tie")


@dataclass(slots=True)
class Lines:
    """The lines of one file, in the order in which they were entered."""

    qualifications: list[tables.Qualification] = field(default_factory=list)
    exclusions: list[tables.Exclusion] = field(default_factory=list)
    ties: list[tables.Tie] = field(default_factory=list)


PUBLISHED: Final = {
    "qualifications": belonging(
        select(Q.code, Q.name, Q.number, Q.valid_from_on, Q.valid_to_on, Q.status, Q.persons)
        .where(Q.provider_id == P.id)
        .order_by(Q.id)
    ),
    "exclusions": belonging(
        select(X.reason, X.document, X.from_on, X.to_on).where(X.provider_id == P.id).order_by(X.id)
    ),
    "ties": belonging(
        select(T.organisation_id, T.kind, T.from_on, T.to_on)
        .where(T.provider_id == P.id)
        .order_by(T.id)
    ),
}
"""What is published of the lines of a file, as columns of it."""


async def lines(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Lines]:
    """All lines of many files, in three queries."""
    found: defaultdict[UUID, Lines] = defaultdict(Lines)
    for row in await session.scalars(_of(Q, ids)):
        found[row.provider_id].qualifications.append(row)
    for row in await session.scalars(_of(X, ids)):
        found[row.provider_id].exclusions.append(row)
    for row in await session.scalars(_of(T, ids)):
        found[row.provider_id].ties.append(row)
    return found


def _of(table: Any, ids: Sequence[UUID]) -> Any:
    return select(table).where(table.provider_id.in_(ids)).order_by(table.id)


async def locked_qualification(session: AsyncSession, key: UUID) -> tables.Qualification:
    """A qualification, locked until the transaction ends."""
    row = await session.scalar(select(Q).where(Q.id == key).with_for_update())
    if row is None:
        raise NotFound(what=QUALIFICATION, key=key)
    return row


async def locked_exclusion(session: AsyncSession, key: UUID) -> tables.Exclusion:
    """An exclusion, locked until the transaction ends."""
    row = await session.scalar(select(X).where(X.id == key).with_for_update())
    if row is None:
        raise NotFound(what=EXCLUSION, key=key)
    return row


async def locked_tie(session: AsyncSession, key: UUID) -> tables.Tie:
    """A tie, locked until the transaction ends."""
    row = await session.scalar(select(T).where(T.id == key).with_for_update())
    if row is None:
        raise NotFound(what=TIE, key=key)
    return row
