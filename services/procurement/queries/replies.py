"""What providers said about judgements on them, and what was decided."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_ratings import ReplyKind, Verdict
from common.errors import NotFound, Text
from procurement import tables
from procurement.queries.evidence import Source

R = tables.Reply
WHAT: Final = Text("答复", "reply")


async def verdicts(
    session: AsyncSession, sources: Collection[Source]
) -> Mapping[Source, Verdict | None]:
    """The appeals against judgements: the verdict, or None while it is open.

    They are held as they are until the transaction ends, so that none is decided meanwhile.
    """
    if not sources:
        return {}
    key = tuple_(R.provider_id, R.source, R.source_id)
    statement = (
        select(R.provider_id, R.source, R.source_id, R.verdict)
        .where(R.kind == ReplyKind.APPEAL, key.in_([tuple(each) for each in sources]))
        .with_for_update(read=True)
    )
    rows = await session.execute(statement)
    return {
        Source(row.provider_id, row.source, row.source_id): row.verdict and Verdict(row.verdict)
        for row in rows
    }


async def of_source(session: AsyncSession, source: Source) -> Sequence[tables.Reply]:
    """All that was said about one judgement, oldest first."""
    statement = select(R).where(
        R.provider_id == source.provider_id,
        R.source == source.source,
        R.source_id == source.source_id,
    )
    return (await session.scalars(statement.order_by(R.id))).all()


async def locked(session: AsyncSession, reply_id: UUID) -> tables.Reply:
    """A reply as it is now, locked until the transaction ends."""
    statement = select(R).where(R.id == reply_id).with_for_update()
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=reply_id)
    return row
