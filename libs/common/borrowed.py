"""A connection of the pool as the driver knows it, for who needs nothing else of SQLAlchemy."""

from collections.abc import Sequence
from typing import Any

from asyncpg import PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine


class Borrowed:
    """Taken with the first statement; sound, and given back, when the server has answered."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lent: Any = None
        self._is_sound = True

    async def fetched(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """What a statement finds."""
        if self._lent is None:
            self._lent = await self._taken()
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
        if self._is_sound:
            lent.close()
        else:
            lent.invalidate()
