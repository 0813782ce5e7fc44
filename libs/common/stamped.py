"""What changes seldom and is asked for with each request: a process keeps it until it changes."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

Value = TypeVar("Value")
Stamp = tuple[Any, ...]


class Stamped(Generic[Value]):
    """The last that was read, with the stamp it had; the stamp changes with whatever it rests on.

    The stamp is asked for beside something else, in a round trip that is made anyway.
    """

    def __init__(self, read: Callable[[AsyncSession], Awaitable[Value]]) -> None:
        self._read = read
        self._kept: tuple[Stamp, Value] | None = None

    async def at(self, session: AsyncSession, stamp: Stamp) -> Value:
        """What stands at a stamp that was just read; read anew only when it is another one."""
        kept = self._kept
        if kept is None or kept[0] != stamp:
            kept = self._kept = stamp, await self._read(session)
        return kept[1]
