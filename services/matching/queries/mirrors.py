"""Records of other services as the feeds last told them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from matching import tables
from matching.queries.scope import under

M = tables.Mirrored
STRIDE: Final = 5_000
_PUT: Final = text(
    "INSERT INTO mirrored AS m (kind, record_id, area_code, state)"
    " SELECT :kind, CAST(r ->> 'id' AS uuid), coalesce(r ->> 'area_code', r ->> 'code'), r"
    " FROM jsonb_array_elements(CAST(:states AS jsonb)) AS r ORDER BY 2"
    " ON CONFLICT (kind, record_id) DO UPDATE SET area_code = excluded.area_code,"
    " state = excluded.state"
)


async def put(session: AsyncSession, kind: Kind, states: str) -> None:
    """Take over states, given as a JSON array."""
    await session.execute(_PUT, {"kind": kind.value, "states": states})


async def drop(session: AsyncSession, kind: Kind, ids: Sequence[UUID]) -> None:
    """These records are gone."""
    gone = func.any(bindparam(None, list(ids), ARRAY(Uuid)))
    await session.execute(delete(M).where(M.kind == kind.value, M.record_id == gone))


async def one(session: AsyncSession, kind: Kind, record_id: UUID) -> dict[str, Any] | None:
    """A record's state; None when there is none, or none any more."""
    statement = select(M.state).where(M.kind == kind.value, M.record_id == record_id)
    found: dict[str, Any] | None = await session.scalar(statement)
    return found


async def within(
    session: AsyncSession, kind: Kind, area: str, *, limit: int
) -> Sequence[dict[str, Any]]:
    """States of a kind that lie in an area, by area code and id; one more than `limit`."""
    statement = (
        select(M.state)
        .where(M.kind == kind.value, under(M.area_code, area))
        .order_by(M.area_code, M.record_id)
        .limit(limit + 1)
    )
    return (await session.scalars(statement)).all()


async def walk(session: AsyncSession, kind: Kind) -> AsyncIterator[Sequence[dict[str, Any]]]:
    """All states of a kind by id, portion by portion."""
    after = UUID(int=0)
    while True:
        statement = (
            select(M.record_id, M.state)
            .where(M.kind == kind.value, M.record_id > after)
            .order_by(M.record_id)
            .limit(STRIDE)
        )
        rows = (await session.execute(statement)).all()
        if rows:
            yield [row.state for row in rows]
            after = rows[-1].record_id
        if len(rows) < STRIDE:
            return
