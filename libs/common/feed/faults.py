"""What a reader of a feed can be refused with, and which database faults pass by themselves."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError

from common.errors import Gone, NotFound, Text
from common.problem_details import sqlstate_of


class CursorGone(Gone):
    """The cursor leads nowhere any more; `start` is where to begin."""

    slug = "feed-cursor-gone"
    title = Text("变更流游标已失效", "The feed cursor is gone")
    detail = Text(
        "{reason}；请从 {start} 重新读取。", "A new start is needed: {reason}. Begin at {start}."
    )

    def answer_headers(self) -> dict[str, str]:
        """Where to begin, for programs."""
        return {"Link": f'<{self.facts["start"]}>; rel="first"', "Cache-Control": "no-store"}


class NoSuchFeed(NotFound):
    """The service has no feed of this kind."""

    slug = "no-such-feed"
    title = Text("没有此变更流", "No such feed")
    detail = Text("没有名为 {kind} 的变更流。", "There is no feed {kind}.")


# SQLSTATE classes: connection, rollback (serialization), resources, operator, system.
_PASSING: Final = ("08", "40", "53", "57", "58")


def passes(fault: BaseException) -> bool:
    """Whether a fault is the database's, not the record's: the same step may succeed later."""
    if isinstance(fault, DBAPIError):
        state = sqlstate_of(fault)
        return fault.connection_invalidated or not state or state.startswith(_PASSING)
    return isinstance(fault, OSError | asyncpg.InterfaceError | TimeoutError)


def is_rollback(fault: BaseException) -> bool:
    """Whether PostgreSQL rolled back for concurrency's sake and wants the transaction again."""
    return isinstance(fault, DBAPIError) and sqlstate_of(fault).startswith("40")
