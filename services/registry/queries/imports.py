"""Imports: jobs, the parts of their files, their errors; who works on which is settled here."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry.imports import ImportState
from common.errors import NotFound, Text
from registry import tables
from registry.queries import bulk

J, P, F = tables.ImportJob, tables.ImportPart, tables.ImportRowError
WHAT: Final = Text("导入任务", "import")
LEASE_S: Final = 20
ERRORS_KEPT: Final = 100_000
_OPEN: Final = (ImportState.QUEUED, ImportState.RUNNING)


def visible(by: Actor) -> ColumnElement[bool]:
    """One's own imports, and those that were asked for under one's area."""
    mine = J.owner == owner_of(by)
    if by.area is None or not by.may(Permission.IMPORT_READ):
        return mine
    return or_(mine, J.area.like(f"{by.area}%"))


def owner_of(actor: Actor) -> str:
    """Who an import belongs to."""
    return f"{actor.issuer}|{actor.subject}"


async def job(session: AsyncSession, job_id: UUID, *, by: Actor) -> tables.ImportJob:
    """One import."""
    found = (await session.scalars(select(J).where(J.id == job_id, visible(by)))).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=job_id)
    return found


async def page(
    session: AsyncSession, *, by: Actor, after: UUID | None, limit: int
) -> list[tables.ImportJob]:
    """A page of imports, the newest first."""
    statement = select(J).where(visible(by)).order_by(J.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(J.id < after)
    return list(await session.scalars(statement))


async def errors(
    session: AsyncSession, job_id: UUID, *, after: tuple[int, int] | None, limit: int
) -> list[tables.ImportRowError]:
    """A page of an import's errors, in the order of the file."""
    statement = select(F).where(F.job_id == job_id).order_by(F.row, F.place).limit(limit + 1)
    if after is not None:
        row, place = after
        statement = statement.where(or_(F.row > row, and_(F.row == row, F.place > place)))
    return list(await session.scalars(statement))


async def sentences(session: AsyncSession, job_id: UUID) -> dict[str, str]:
    """What is wrong with each row, in one sentence per row, for the report."""
    statement = (
        select(F.row, F.heading, F.message_zh, F.remedy_zh)
        .where(F.job_id == job_id)
        .order_by(F.row, F.place)
    )
    told: dict[str, str] = {}
    for row, heading, message, remedy in await session.execute(statement):
        sentence = f"【{heading}】{message}（{remedy}）"
        told[str(row)] = f"{told[str(row)]}；{sentence}" if str(row) in told else sentence
    return told


async def add_part(session: AsyncSession, job_id: UUID, number: int, content: bytes) -> None:
    """Keep a part of the file."""
    await session.execute(insert(P).values(job_id=job_id, number=number, content=content))


async def parts(session: AsyncSession, job_id: UUID) -> AsyncIterator[bytes]:
    """The file, part by part."""
    number = 0
    while True:
        statement = select(P.content).where(P.job_id == job_id, P.number == number)
        content = await session.scalar(statement)
        if content is None:
            return
        yield content
        number += 1


def _claimed() -> Select[Any]:
    """The oldest import that nobody works on. Made once: it is asked for twice a second."""
    other = aliased(J)
    lease = bindparam("lease", type_=J.lease.type)
    at_work = and_(
        other.kind == J.kind,
        other.state == ImportState.RUNNING,
        other.lease_until > func.clock_timestamp(),
        other.lease != lease,
    )
    before = and_(  # one's own imports go in the order asked for: later ones name earlier ones
        other.owner == J.owner,
        other.state.in_(_OPEN),
        tuple_(other.created_at, other.id) < tuple_(J.created_at, J.id),
    )
    busy = select(other.id).where(other.id != J.id, or_(at_work, before)).exists()
    free = or_(
        J.state == ImportState.QUEUED,
        J.lease == lease,
        J.lease_until < func.clock_timestamp(),
    )
    return (
        select(J)
        .where(J.state.in_(_OPEN), free, ~busy)
        .order_by(J.created_at, J.id)
        .limit(1)
        .with_for_update(of=J, skip_locked=True)
    )


WAITS: Final = (
    "SELECT EXISTS (SELECT FROM import_job WHERE state = 'queued')"
    " OR EXISTS (SELECT FROM import_job WHERE state = 'running')"
)
_CLAIMED: Final = _claimed()


async def claim(session: AsyncSession, lease: UUID) -> tables.ImportJob | None:
    """Take the oldest import that nobody works on: one of a kind at a time, one's own in order.

    `lease` is the process's own: what it left unfinished after a fault it takes up at once.
    """
    found: tables.ImportJob | None = await session.scalar(_CLAIMED, {"lease": lease})
    if found is not None:
        await renew(session, found.id, lease, take=True)
    return found


async def renew(session: AsyncSession, job_id: UUID, lease: UUID, *, take: bool = False) -> bool:
    """Keep the lease a while longer; False when another process has taken over."""
    until = func.clock_timestamp() + text(f"interval '{LEASE_S} seconds'")
    statement = update(J).where(J.id == job_id, J.state.in_(_OPEN)).values(lease_until=until)
    statement = statement.values(lease=lease) if take else statement.where(J.lease == lease)
    renewed = await session.execute(statement.returning(J.id))
    return renewed.first() is not None


async def held(session: AsyncSession, job_id: UUID, lease: UUID) -> tables.ImportJob | None:
    """The import, locked, if this process still works on it."""
    statement = select(J).where(J.id == job_id, J.lease == lease, J.state.in_(_OPEN))
    return (await session.scalars(statement.with_for_update())).one_or_none()


async def keep_errors(
    session: AsyncSession, job: tables.ImportJob, found: Sequence[Mapping[str, Any]]
) -> None:
    """Keep errors of rows, up to a bound; one per cell."""
    room = ERRORS_KEPT - job.errors_kept
    distinct = {(row["row"], row["place"]): {"job_id": job.id, **row} for row in found}
    kept = list(distinct.values())[: max(0, room)]
    await bulk.insert(session, F, kept)
    job.errors_kept += len(kept)


async def forget_errors(session: AsyncSession, job_id: UUID) -> None:
    """Begin anew."""
    await session.execute(delete(F).where(F.job_id == job_id))


async def purge(session: AsyncSession, *, now: datetime) -> int:
    """Forget files and errors whose time is over; the number of imports concerned."""
    due = select(J.id).where(J.purge_at < now)
    for table in (P, F):
        await session.execute(delete(table).where(table.job_id.in_(due)))
    done = await session.execute(
        update(J).where(J.purge_at < now).values(purge_at=None).returning(J.id)
    )
    return len(done.all())
