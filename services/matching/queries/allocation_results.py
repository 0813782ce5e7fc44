"""What a run leaves behind: its decisions, its proof in pieces, its prices of scarcity."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.bulk import copy_columns
from common.contracts.matching import NeedStatus, UnmetReason
from common.contracts.matching_allocation import Lapse, RunStatus
from common.errors import NotFound
from matching import tables
from matching.domain.drafts import UNMET
from matching.queries.allocation import WHAT

R, X, F = tables.AllocationRun, tables.AllocationChoice, tables.AllocationFile
PIECE: Final = 8 * 1024 * 1024


async def forget(session: AsyncSession, run_id: UUID) -> None:
    """Remove what is stored of a run."""
    for table in (X, F, tables.AllocationPrice):
        await session.execute(delete(table).where(table.run_id == run_id))


async def put_choices(
    session: AsyncSession, run_id: UUID, columns: Mapping[str, Sequence[Any]]
) -> None:
    """Store what was decided of each need."""
    await copy_columns(session, X, {"run_id": repeat(run_id, len(columns["need_id"])), **columns})


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


async def put_prices(
    session: AsyncSession, run_id: UUID, offerings: Sequence[UUID], minutes: Sequence[float]
) -> None:
    """Store the prices of scarcity that are above nothing."""
    columns = {
        "run_id": repeat(run_id, len(offerings)),
        "offering_id": offerings,
        "minutes": minutes,
    }
    await copy_columns(session, tables.AllocationPrice, columns)


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
    run_id = await _newest(session)
    price = tables.AllocationPrice
    rows = await session.execute(
        select(price.offering_id, price.minutes).where(price.run_id == run_id)
    )
    return run_id, {row.offering_id: row.minutes for row in rows}


async def scarce(session: AsyncSession) -> tuple[UUID | None, Sequence[Row[tuple[str, str]]]]:
    """The run that was committed last, and in which street what has a price by it."""
    run_id = await _newest(session)
    price, supply = tables.AllocationPrice, tables.Supply
    street = func.rpad(func.left(supply.area_code, 9), 12, "0").label("street")
    statement = (
        select(street, supply.category)
        .join(price, price.offering_id == supply.offering_id)
        .where(price.run_id == run_id)
        .distinct()
    )
    return run_id, (await session.execute(statement)).all()


async def _newest(session: AsyncSession) -> UUID | None:
    newest = select(R.id).where(R.status == RunStatus.COMMITTED)
    return await session.scalar(newest.order_by(R.committed_at.desc()).limit(1))


async def lapse(session: AsyncSession, run_id: UUID, why: Mapping[UUID, Lapse]) -> None:
    """Say of some choices, by need, why the commit makes no referral of them."""
    by_reason: dict[Lapse, list[UUID]] = defaultdict(list)
    for need_id, reason in why.items():
        by_reason[reason].append(need_id)
    for reason, ids in by_reason.items():
        lapsed = update(X).where(X.run_id == run_id, X.need_id.in_(ids)).values(lapse=reason)
        await session.execute(lapsed.execution_options(synchronize_session=False))


async def owed(
    session: AsyncSession, run_id: UUID, *, after: UUID, limit: int
) -> Sequence[tuple[tables.Need, UnmetReason]]:
    """Needs of the entitled that a run does not serve and that are still open, locked, and why.

    Nor does it serve those whose choice lapsed, unless a referral sees to them.
    """
    need = tables.Need
    statement = (
        select(need, X.reason, X.lapse)
        .join(X, X.need_id == need.id)
        .where(X.run_id == run_id, X.reason.is_not(None) | X.lapse.in_(UNMET), X.need_id > after)
        .where(need.is_statutory, need.status == NeedStatus.OPEN)
        .order_by(need.id)
        .limit(limit)
        .with_for_update(of=need)
    )
    rows = await session.execute(statement)
    return [
        (need, UNMET[Lapse(lapse)] if lapse else UnmetReason(str(reason)))
        for need, reason, lapse in rows
    ]


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
