"""What several requests write at the same time goes to the database as one statement.

A statement costs PostgreSQL more than its rows do: its plan is made ready, each CHECK of a table is
read anew, the commit waits for the disk. So whoever comes while a statement is under way waits for
the next, and goes with all others that wait and say the same of other records. Nobody waits where
nothing is under way. The transactions stay apart as far as anybody can see: when the common
statement is refused, nothing of it has happened, and each goes by itself and meets its own refusal.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from typing import Any, Final, NamedTuple

from asyncpg import OperatorInterventionError, PostgresConnectionError, PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine

from common import ending
from common.borrowed import Borrowed

# Each number of records is a statement of its own, which each connection prepares: so few of them.
SIZES: Final = (16, 12, 8, 6, 4, 3, 2, 1)
# A statement under way for longer may wait for somebody's lock: the next ones go without it.
PATIENCE_S: Final = 0.02
MOST_UNDER_WAY: Final = 4
_CUT_OFF: Final = (OperatorInterventionError, PostgresConnectionError)

Parts = Sequence[ending.Part]


class _Waiting(NamedTuple):
    """What one transaction writes, and whom to tell how it went."""

    shape: ending.Shape
    parts: Parts
    told: "asyncio.Future[None]"


class Gathering:
    """What is written on the connections of one process, each statement a transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._awaited: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    async def write(self, parts: Parts) -> None:
        """Write what a transaction has to say, alone or with others; raises what it would alone."""
        shape = ending.shape(parts)
        if shape is None:
            await self._say(ending.by_itself(parts))
            return
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(shape, parts, told))
        if len(self._waiting) == 1:
            loop.call_soon(self._send)  # with all that come in the same turn of the loop
        await told

    def _send(self) -> None:
        """Send what waits, unless a statement is under way that is worth waiting for."""
        if self._awaited is not None or len(self._under_way) >= MOST_UNDER_WAY or not self._waiting:
            return
        sent = asyncio.create_task(self._send_one(self._taken()), context=Context())
        self._under_way.add(sent)
        self._awaited = sent
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._go_on, sent)
        sent.add_done_callback(self._go_on)

    def _go_on(self, sent: "asyncio.Task[None]") -> None:
        """A statement has ended, or has been under way for too long: the next."""
        if sent.done():
            self._under_way.discard(sent)
        if sent is self._awaited and self._patience is not None:
            self._patience.cancel()
            self._awaited = self._patience = None
        self._send()

    def _taken(self) -> list[_Waiting]:
        """Who goes next: the first, and who writes the same of other records."""
        shape = self._waiting[0].shape
        alike = _apart([each for each in self._waiting if each.shape == shape])
        taken = alike[: next(size for size in SIZES if size <= len(alike))]
        left = {id(each) for each in taken}
        self._waiting = deque(each for each in self._waiting if id(each) not in left)
        return taken

    async def _send_one(self, taken: Sequence[_Waiting]) -> None:
        """One statement; where it is refused, each goes by itself."""
        try:
            await self._say(ending.as_one(ending.together([each.parts for each in taken])))
        except Exception as fault:
            if len(taken) > 1 and _is_refusal(fault):
                for each in taken:
                    await self._send_one([each])
            _tell(taken, fault)
        except BaseException:
            for each in taken:
                each.told.cancel()
            raise
        else:
            _tell(taken, None)

    async def _say(self, statement: tuple[str, Sequence[Any]]) -> None:
        borrowed = Borrowed(self._engine)
        try:
            await borrowed.fetched(*statement)
        finally:
            borrowed.give_back()


def _apart(alike: Sequence[_Waiting]) -> list[_Waiting]:
    """Those of whom no two name one record: a statement changes it once, and one would be lost."""
    named: set[Any] = set()
    found = []
    for each in alike:
        records = ending.named(each.parts)
        if named.isdisjoint(records):
            named |= records
            found.append(each)
    return found


def _tell(taken: Sequence[_Waiting], fault: BaseException | None) -> None:
    """How it went, to who was not told yet and waits still."""
    for each in taken:
        if each.told.done():
            continue
        if fault is None:
            each.told.set_result(None)
        else:
            each.told.set_exception(fault)


def _is_refusal(fault: Exception) -> bool:
    """Whether nothing was written for sure: who is cut off from the server does not know."""
    return isinstance(fault, PostgresError) and not isinstance(fault, _CUT_OFF)
