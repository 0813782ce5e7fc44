"""Draws: one, many, their strata and candidates."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import feedback_draws as contracts
from common.errors import NotFound, Text
from common.scope import under
from feedback import tables
from feedback.domain.sortition import Placed

D, S, C = tables.Draw, tables.DrawStratum, tables.DrawCandidate
WHAT: Final = Text("抽签", "draw")


async def page(
    session: AsyncSession, *, area: str | None, after: UUID | None, limit: int
) -> Sequence[tables.Draw]:
    """A page of draws, oldest first; one row more than `limit` tells of a next page."""
    ways: list[ColumnElement[bool]] = []
    if area is not None:
        ways.append(under(D.area_code, area))
    if after is not None:
        ways.append(D.id > after)
    return (await session.scalars(select(D).where(*ways).order_by(D.id).limit(limit + 1))).all()


async def found(session: AsyncSession, draw_id: UUID, *, lock: bool = False) -> tables.Draw:
    """One draw; locked until the transaction ends when it is to be changed."""
    statement = select(D).where(D.id == draw_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=draw_id)
    return row


async def strata(
    session: AsyncSession, draw_ids: Sequence[UUID]
) -> dict[UUID, list[tables.DrawStratum]]:
    """The strata of draws by code."""
    statement = select(S).where(S.draw_id.in_(draw_ids)).order_by(S.draw_id, S.code)
    found: dict[UUID, list[tables.DrawStratum]] = {each: [] for each in draw_ids}
    for row in await session.scalars(statement):
        found[row.draw_id].append(row)
    return found


async def listed(session: AsyncSession, draw_id: UUID) -> dict[str, str]:
    """The candidates of a draw: code to stratum."""
    rows = await session.execute(select(C.code, C.stratum).where(C.draw_id == draw_id))
    return {row.code: row.stratum for row in rows}


async def put(
    session: AsyncSession, draw_id: UUID, candidates: Sequence[contracts.CandidateIn]
) -> None:
    """Put candidates on the list."""
    rows = [
        {"draw_id": draw_id, "code": each.code, "stratum": each.stratum, "is_drawn": False}
        for each in candidates
    ]
    await session.execute(insert(C), rows)


async def place(session: AsyncSession, draw_id: UUID, placed: Sequence[Placed]) -> None:
    """Write down where the lot put each candidate."""
    statement = (
        update(C)
        .where(C.draw_id == draw_id, C.code == bindparam("of"))
        .values(position=bindparam("at"), is_drawn=bindparam("drawn"))
        .execution_options(synchronize_session=None)
    )
    connection = await session.connection()
    await connection.execute(
        statement, [{"of": p.code, "at": p.position, "drawn": p.is_drawn} for p in placed]
    )


async def candidates(
    session: AsyncSession, draw_id: UUID, *, after: tuple[str, str] | None, limit: int
) -> Sequence[tables.DrawCandidate]:
    """A page of candidates by stratum and code; one more than `limit` tells of a next page."""
    statement = select(C).where(C.draw_id == draw_id)
    if after is not None:
        stratum, code = after
        later = (C.stratum == stratum) & (C.code > code)
        statement = statement.where((C.stratum > stratum) | later)
    return (await session.scalars(statement.order_by(C.stratum, C.code).limit(limit + 1))).all()


async def shown(session: AsyncSession, rows: Sequence[tables.Draw]) -> list[contracts.Draw]:
    """Draws as they are answered."""
    ids = [row.id for row in rows]
    groups = await strata(session, ids)
    counted = func.count().label("number")
    statement = select(C.draw_id, counted).where(C.draw_id.in_(ids)).group_by(C.draw_id)
    counts = {row.draw_id: row.number for row in await session.execute(statement)}
    names = set(contracts.Draw.model_fields) - {"strata", "candidates"}
    found = []
    for row in rows:
        values: dict[str, Any] = {name: getattr(row, name) for name in names}
        listed = [contracts.Stratum.model_validate(stratum) for stratum in groups[row.id]]
        found.append(contracts.Draw(**values, strata=listed, candidates=counts.get(row.id, 0)))
    return found
