"""Turns: transactions that would meet in the database follow each other instead.

An exclusion constraint decides between two periods, but two writers who meet at it wait for each
other until PostgreSQL ends one after a second, as a deadlock. Whoever is about to write such a
period takes a turn first; the constraint stays the judge.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turn(session: AsyncSession, *key: object) -> None:
    """Wait until no other transaction of this service holds `key`; until the transaction ends."""
    number = func.hashtextextended(":".join(map(str, key)), 0)
    await session.execute(select(func.pg_advisory_xact_lock(number)))
