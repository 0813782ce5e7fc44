"""A session that goes straight to the driver, for who reads a little and writes with one statement.

SQLAlchemy's session, connection and results cost a hot route five times what its statements do.
This one has what such a route uses: `info`, `rows`, and at the end one statement with all that
waits (`common.ending`), together with what others have waiting (`common.gathering`). Whoever asks
it for more (an entity, a transaction of several statements) is given an ordinary session, opened in
its place, and sees no difference.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from common import ending
from common.borrowed import Borrowed
from common.gathering import Gathering

Done = Callable[[ending.Info], None]


async def rows(session: AsyncSession, sql: str, *values: Any) -> Sequence[Any]:
    """What a statement finds, handed to the driver as it is: `$1` stands for its first value."""
    if isinstance(session, Straight):
        return await session.rows(sql, values)
    connection = await session.connection()
    return (await connection.exec_driver_sql(sql, values)).all()


def begins_anew(session: AsyncSession) -> bool:
    """Whether a request whose last statement is refused is met again, by the road."""
    return isinstance(session, Straight)


async def written(session: AsyncSession, sql: str, *values: Any) -> None:
    """Have a statement done that finds nothing, handed to the driver as it is."""
    connection = await session.connection()
    await connection.exec_driver_sql(sql, values)


class Straight:
    """One transaction; `journal` is asked at its end what else goes along, `done` is told then."""

    def __init__(
        self,
        engine: AsyncEngine,
        opens: Callable[[], AsyncSession],
        journal: ending.Journal,
        done: Done,
        gathering: Gathering,
    ) -> None:
        self._borrowed = Borrowed(engine)
        self._opens = opens
        self._journal = journal
        self._done = done
        self._gathering = gathering
        self._info: ending.Info = {}
        self._session: AsyncSession | None = None
        ending.go_straight(self._info)

    @property
    def info(self) -> ending.Info:
        """What waits to be written."""
        return self._info

    async def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """What a statement finds."""
        if self._session is None and ending.is_alone(self._info):
            return await self._borrowed.fetched(sql, values)
        return await rows(self._ordinary(), sql, *values)

    async def flush(self) -> None:
        """Nothing to do, unless there is an ordinary session after all."""
        if self._session is not None:
            await self._session.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ordinary(), name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._session is not None:
            async with self._session:
                if kind is None:
                    await self._session.commit()
            return
        self._borrowed.give_back()
        if kind is None:
            await self._end()

    async def _end(self) -> None:
        """Write what waits, together with what others have waiting."""
        parts = ending.waiting(self._info, self._journal)
        if parts:
            await self._gathering.write(parts)
        self._done(self._info)

    def _ordinary(self) -> AsyncSession:
        """The session in this one's place; it takes a connection of its own when it needs one."""
        if self._session is None:
            self._borrowed.give_back()
            self._session = self._opens()
            self._session.sync_session.begin()
            self._session.info.update(self._info)
            self._info = self._session.info
            ending.go_round(self._session.sync_session)
        return self._session
