"""Turns: transactions that would meet in the database follow each other instead.

An exclusion constraint decides between two periods, but two writers who meet at it wait for each
other until PostgreSQL ends one after a second, as a deadlock. Whoever is about to write such a
period takes a turn first; the constraint stays the judge.
"""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turn(session: AsyncSession, *key: object) -> None:
    """Wait until no other transaction of this service holds `key`; until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(_number(key))))


async def has_turn(session: AsyncSession, *key: object) -> bool:
    """Whether `key` is this transaction's, until it ends; False when another one holds it."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_number(key)))))


def _number(key: tuple[object, ...]) -> ColumnElement[int]:
    return func.hashtextextended(":".join(map(str, key)), 0)
