"""Chores: whose turn it is to do what is due, among all processes of the service."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.turns import has_turn
from feedback import tables

C: Final = tables.Chore


async def waits(session: AsyncSession, name: str, *, now: datetime, pause: timedelta) -> bool:
    """Whether a chore is to be done; who has done it by then asks `is_due` before it is kept."""
    done_at = await session.scalar(select(C.done_at).where(C.name == name))
    return done_at is None or done_at <= now - pause


async def is_due(session: AsyncSession, name: str, *, now: datetime, pause: timedelta) -> bool:
    """Whether this transaction does a chore; it is done for all once the transaction commits."""
    if not await has_turn(session, "chore", name):
        return False
    statement = (
        insert(C)
        .values(name=name, done_at=now)
        .on_conflict_do_update(
            index_elements=[C.name], set_={"done_at": now}, where=C.done_at <= now - pause
        )
        .returning(C.name)
    )
    return await session.scalar(statement) is not None
