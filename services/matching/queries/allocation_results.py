"""What a run leaves behind: its decisions, its proof in pieces, its prices of scarcity."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.matching import NeedStatus, UnmetReason
from common.contracts.matching_allocation import RunStatus
from common.errors import NotFound
from matching import tables
from matching.queries.allocation import WHAT

R, X, F = tables.AllocationRun, tables.AllocationChoice, tables.AllocationFile
PIECE: Final = 8 * 1024 * 1024
_BATCH: Final = 5_000


async def put_choices(
    session: AsyncSession, run_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Store what was decided, by COPY."""
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection
    names = ("need_id", "offering_id", "walking_m", "reason", "rule", "competition")
    records = ((run_id, *(row[name] for name in names)) for row in rows)
    await driver.copy_records_to_table(X.__tablename__, records=records, columns=("run_id", *names))


async def put_file(session: AsyncSession, run_id: UUID, content: bytes) -> None:
    """Store inputs and certificate in pieces."""
    pieces = range(0, len(content), PIECE)
    rows = [
        {"run_id": run_id, "number": number, "content": content[start : start + PIECE]}
        for number, start in enumerate(pieces)
    ]
    await session.execute(insert(F), rows)


async def file(session: AsyncSession, run_id: UUID) -> bytes:
    """Inputs and certificate of a run. Raises `NotFound` when it has none."""
    statement = select(F.content).where(F.run_id == run_id).order_by(F.number)
    content = b"".join(await session.scalars(statement))
    if not content:
        raise NotFound(what=WHAT, key=run_id)
    return content


async def put_prices(session: AsyncSession, run_id: UUID, prices: Mapping[UUID, float]) -> None:
    """Store the prices of scarcity that are above nothing, in minutes."""
    rows = [
        {"run_id": run_id, "offering_id": offering_id, "minutes": minutes}
        for offering_id, minutes in prices.items()
        if minutes > 0
    ]
    for start in range(0, len(rows), _BATCH):
        await session.execute(insert(tables.AllocationPrice), rows[start : start + _BATCH])


async def prices(
    session: AsyncSession, run_id: UUID, *, after: tuple[float, UUID] | None, limit: int
) -> Sequence[tables.AllocationPrice]:
    """A page of prices, the highest first; one more than `limit`."""
    price = tables.AllocationPrice
    statement = select(price).where(price.run_id == run_id)
    if after is not None:
        minutes, offering_id = after
        statement = statement.where(
            tuple_(-price.minutes, price.offering_id)
            > tuple_(literal(-minutes), literal(offering_id))
        )
    statement = statement.order_by(price.minutes.desc(), price.offering_id).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def newest_prices(session: AsyncSession) -> tuple[UUID | None, Mapping[UUID, float]]:
    """The run that was committed last, and its prices of scarcity in minutes by offering."""
    newest = select(R.id).where(R.status == RunStatus.COMMITTED)
    run_id = await session.scalar(newest.order_by(R.committed_at.desc()).limit(1))
    price = tables.AllocationPrice
    rows = await session.execute(
        select(price.offering_id, price.minutes).where(price.run_id == run_id)
    )
    return run_id, {row.offering_id: row.minutes for row in rows}


async def owed(
    session: AsyncSession, run_id: UUID, *, after: UUID, limit: int
) -> Sequence[tuple[tables.Need, UnmetReason]]:
    """Needs of the entitled that a run does not serve and that are still open, locked, and why."""
    need = tables.Need
    statement = (
        select(need, X.reason)
        .join(X, X.need_id == need.id)
        .where(X.run_id == run_id, X.reason.is_not(None), X.need_id > after)
        .where(need.is_statutory, need.status == NeedStatus.OPEN)
        .order_by(need.id)
        .limit(limit)
        .with_for_update(of=need)
    )
    rows = await session.execute(statement)
    return [(row[0], UnmetReason(str(row[1]))) for row in rows]


async def choices(
    session: AsyncSession, run_id: UUID, *, after: UUID | None, limit: int, unserved: bool | None
) -> Sequence[tables.AllocationChoice]:
    """A page of decisions by need; one more than `limit`."""
    statement = select(X).where(X.run_id == run_id)
    if unserved is not None:
        statement = statement.where(X.reason.is_not(None) if unserved else X.reason.is_(None))
    if after is not None:
        statement = statement.where(X.need_id > after)
    return (await session.scalars(statement.order_by(X.need_id).limit(limit + 1))).all()
