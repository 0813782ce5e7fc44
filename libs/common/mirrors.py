"""Records of other services as their feeds last told them: a table, how it is written and read.

A service that follows feeds declares `class Mirrored(MirroredColumns, Base)`; only feeds write it.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    Index,
    Text,
    Uuid,
    bindparam,
    column,
    delete,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from common.contracts.feeds import Kind
from common.feed.client import Change
from common.scope import under

STRIDE: Final = 5_000
HEAD: Final = ("name", "credit_code", "catalog_code", "task_code")
_PUT: Final = text(
    "INSERT INTO mirrored AS m (kind, record_id, area_code, state)"
    " SELECT :kind, CAST(r ->> 'id' AS uuid), coalesce(r ->> 'area_code', r ->> 'code'), r"
    " FROM jsonb_array_elements(CAST(:states AS jsonb)) AS r ORDER BY 2"
    " ON CONFLICT (kind, record_id) DO UPDATE SET area_code = excluded.area_code,"
    " state = excluded.state"
)
_MIRRORED: Final = table(
    "mirrored",
    column("kind", Text),
    column("record_id", Uuid),
    column("area_code", Text),
    column("state", JSONB),
)
_M: Final = _MIRRORED.c


class MirroredColumns:
    """The present state of a record of another service."""

    __tablename__ = "mirrored"

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            Index("ix_mirrored_area_code", "kind", "area_code", "record_id"),
            {"comment": "其他服务公开记录的副本，只由变更流写入"},
        )

    kind: Mapped[str] = mapped_column(primary_key=True, comment="变更流种类")
    record_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="记录标识")
    area_code: Mapped[str | None] = mapped_column(comment="记录所在区划，无则为空")
    state: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="记录的状态")


async def apply(session: AsyncSession, kind: Kind, changes: Sequence[Change]) -> None:
    """Take over a page of a feed: the last state of each record counts."""
    last = {change.id: change for change in changes}
    states = [change.data for change in last.values() if change.data is not None]
    gone = [change.id for change in last.values() if change.is_deleted]
    if states:
        await put(session, kind, orjson.dumps(states).decode())
    if gone:
        await drop(session, kind, gone)


async def put(session: AsyncSession, kind: Kind, states: str) -> None:
    """Take over states, given as a JSON array."""
    await session.execute(_PUT, {"kind": kind.value, "states": states})


async def drop(session: AsyncSession, kind: Kind, ids: Sequence[UUID]) -> None:
    """These records are gone."""
    gone = func.any(bindparam(None, list(ids), ARRAY(Uuid)))
    await session.execute(delete(_MIRRORED).where(_M.kind == kind.value, _M.record_id == gone))


async def one(session: AsyncSession, kind: Kind, record_id: UUID) -> dict[str, Any] | None:
    """A record's state; None when there is none, or none any more."""
    statement = select(_M.state).where(_M.kind == kind.value, _M.record_id == record_id)
    found: dict[str, Any] | None = await session.scalar(statement)
    return found


async def held(session: AsyncSession, kind: Kind, record_id: UUID) -> dict[str, Any] | None:
    """A record's state, held until the transaction ends: who decides by it decides alone."""
    statement = select(_M.state).where(_M.kind == kind.value, _M.record_id == record_id)
    found: dict[str, Any] | None = await session.scalar(statement.with_for_update())
    return found


async def many(
    session: AsyncSession, kind: Kind, ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """States of records by id; what is not there is left out."""
    if not ids:
        return {}
    wanted = func.any(bindparam(None, list(ids), ARRAY(Uuid)))
    statement = select(_M.record_id, _M.state).where(_M.kind == kind.value, _M.record_id == wanted)
    return {row.record_id: row.state for row in await session.execute(statement)}


async def heads(
    session: AsyncSession, kind: Kind, ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Names and codes of records by id: whole states are long, and cost as much to read."""
    if not ids:
        return {}
    wanted = func.any(bindparam(None, list(ids), ARRAY(Uuid)))
    told = [_M.state[each].astext.label(each) for each in HEAD]
    statement = select(_M.record_id, *told).where(_M.kind == kind.value, _M.record_id == wanted)
    rows = await session.execute(statement)
    return {row[0]: dict(zip(HEAD, row[1:], strict=True)) for row in rows}


async def within(
    session: AsyncSession, kind: Kind, area: str, *, status: str, limit: int
) -> Sequence[dict[str, Any]]:
    """States of a kind and status in an area, by area code and id; one more than `limit`."""
    statement = (
        select(_M.state)
        .where(_M.kind == kind.value, under(_M.area_code, area))
        .where(_M.state["status"].astext == status)
        .order_by(_M.area_code, _M.record_id)
        .limit(limit + 1)
    )
    return (await session.scalars(statement)).all()


async def walk(session: AsyncSession, kind: Kind) -> AsyncIterator[Sequence[dict[str, Any]]]:
    """All states of a kind by id, portion by portion."""
    after = UUID(int=0)
    while True:
        statement = (
            select(_M.record_id, _M.state)
            .where(_M.kind == kind.value, _M.record_id > after)
            .order_by(_M.record_id)
            .limit(STRIDE)
        )
        rows = (await session.execute(statement)).all()
        if rows:
            yield [row.state for row in rows]
            after = rows[-1].record_id
        if len(rows) < STRIDE:
            return
