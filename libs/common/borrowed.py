"""A connection of the pool as the driver knows it, for who needs nothing else of SQLAlchemy.

To give a connection back to the pool, and to take one out a moment later, costs a hot route as much
as what it says to the server. So a few stay at hand for whoever comes next, until somebody would
have to wait for the pool.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from asyncpg import PostgresError
from sqlalchemy import AsyncAdaptedQueuePool, QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

SHARE: Final = 4  # one connection in so many may stay at hand: the others are for all


class Hand:
    """Connections that were given back and did not go to the pool, the last one uppermost."""

    def __init__(self, pool: QueuePool) -> None:
        self._pool = pool
        self._most = pool.size() // SHARE
        self._lent: list[Any] = []

    def take(self) -> Any:
        """One that stands; None where there is none."""
        while self._lent:
            lent = self._lent.pop()
            if not lent.driver_connection.is_closed():
                return lent
            lent.invalidate()  # the server has ended it meanwhile
        return None

    def keep(self, lent: Any) -> None:
        """Have it stay, or go to the pool where there are enough, or where others may wait for it.

        The pool hands what it gets to who waits there; of what stays at hand they would not hear.
        """
        if len(self._lent) < self._most and self._pool.checkedout() < self._pool.size():
            self._lent.append(lent)
        else:
            lent.close()

    def let_go(self) -> None:
        """Give the pool one that stands, the one that has lain longest; it is needed there."""
        while self._lent:
            lent = self._lent.pop(0)
            if not lent.driver_connection.is_closed():
                lent.close()
                return
            lent.invalidate()

    def open(self) -> None:
        """Let all go, and keep none."""
        self._most = 0
        while self._lent:
            self._lent.pop().close()


class SharedPool(AsyncAdaptedQueuePool):
    """Nobody waits for a connection while one lies at hand."""

    hand: Hand | None = None

    def _do_get(self) -> ConnectionPoolEntry:
        if self.hand is not None and self.checkedout() >= self.size():
            self.hand.let_go()
        return super()._do_get()


@contextmanager
def some_at_hand(engine: AsyncEngine) -> Iterator[None]:
    """While an engine with a `SharedPool` is open, a few of its connections may stay at hand."""
    pool = cast(SharedPool, engine.pool)
    hand = pool.hand = Hand(pool)
    try:
        yield
    finally:
        pool.hand = None
        hand.open()


class Borrowed:
    """Taken with the first statement; sound, and given back, when the server has answered."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._hand: Hand | None = getattr(engine.pool, "hand", None)
        self._lent: Any = None
        self._is_sound = True

    async def fetched(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """What a statement finds."""
        if self._lent is None:
            self._lent = (self._hand and self._hand.take()) or await self._taken()
        connection = self._lent.driver_connection
        self._is_sound = False
        try:
            found: Sequence[Any] = await connection.fetch(sql, *values)
        except PostgresError:
            self._is_sound = not connection.is_closed()
            raise
        self._is_sound = True
        return found

    async def _taken(self) -> Any:
        """A connection of the pool. Where none can be made, the driver's own words say why."""
        try:
            return await self._engine.raw_connection()
        except self._engine.dialect.loaded_dbapi.Error as fault:
            raise fault.__cause__ or fault from None

    def give_back(self) -> None:
        """Needed no longer, or not for now."""
        lent, self._lent = self._lent, None
        if lent is None:
            return
        if not self._is_sound:
            lent.invalidate()
        elif self._hand is not None:
            self._hand.keep(lent)
        else:
            lent.close()
