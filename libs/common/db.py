"""PostgreSQL: naming, engines, sessions, and what every commit carries with it.

A transaction's feed marks and audit entries are collected in `session.info` and written by ONE
statement just before its commit (`common.ending`), so that a change costs one round trip more than
it would without them. After the commit the feed is told that there is work.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Session

from common import ending
from common.borrowed import Borrowed, SharedPool, some_at_hand
from common.gathering import MOST_UNDER_WAY, Gathering
from common.straight import Straight

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
# What many write together is long, and says where each value goes: a plan made for its values is
# the plan without them. PostgreSQL would make five such plans on each connection before it sees it,
# and asyncpg would not keep what is longer than 15 kB, nor anything for more than five minutes.
WRITES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "server_settings": {"plan_cache_mode": "force_generic_plan"},
        "max_cacheable_statement_size": 0,
        "max_cached_statement_lifetime": 0,
    }
)


def service_metadata() -> MetaData:
    """A `MetaData` whose constraints get the same names everywhere."""
    return MetaData(naming_convention=NAMING)


platform = service_metadata()


class Platform(DeclarativeBase):
    """Tables that each service has in its own database: outbox, feed, audit, idempotency, rules."""

    metadata = platform


class Entry(Protocol):
    """An audit entry, as this module needs it."""

    def as_row(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        ...


@dataclass(frozen=True, slots=True)
class Database:
    """One service's database: the engine, the way to a session, and who is told after a commit.

    What lanes write goes by `writers`.
    """

    engine: AsyncEngine
    writers: AsyncEngine
    sessions: "Sessions"
    url: str
    listeners: list["Listener"]
    bulk_runs: set[UUID] = field(default_factory=set)

    @property
    def is_busy(self) -> bool:
        """Whether this process writes in bulk: followers then leave it most of the machine."""
        return bool(self.bulk_runs)

    async def holds(self, question: str, *values: Any) -> bool:
        """Whether a question (`SELECT EXISTS …`) is answered with yes.

        What a job that looks again and again asks first: one round trip, where a transaction that
        finds nothing to do is three and more.
        """
        borrowed = Borrowed(self.engine)
        try:
            [[answer]] = await borrowed.fetched(question, values)
        finally:
            borrowed.give_back()
        return bool(answer)


def driver_url(url: str) -> str:
    """The address for SQLAlchemy; `postgresql://` is what operators write."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def direct_url(url: str) -> str:
    """The address for asyncpg itself, used by listeners and leaders."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def database(
    url: str, *, pool_size: int = 10, wait_s: float = 10, journal: bool = True
) -> AsyncIterator[Database]:
    """Open the pool; who gets no connection in `wait_s` is refused.

    `journal=False` writes neither feed nor audit (for measurements only).
    """
    engine = _engine(url, pool_size, wait_s)
    writers = _engine(url, MOST_UNDER_WAY, wait_s, WRITES)
    listeners: list[Listener] = []
    try:
        with some_at_hand(engine), some_at_hand(writers):
            sessions = session_factory(engine, listeners, journal=journal)
            sessions.gathering = Gathering(writers)
            yield Database(engine, writers, sessions, url, listeners)
    finally:
        await engine.dispose()
        await writers.dispose()


def _engine(
    url: str, pool_size: int, wait_s: float, more: Mapping[str, Any] = _NOTHING
) -> AsyncEngine:
    settings = {"application_name": "linli", "timezone": "UTC", **more.get("server_settings", {})}
    return create_async_engine(
        driver_url(url),
        poolclass=SharedPool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # a fault's message reaches the log; what people wrote must not
        pool_pre_ping=False,  # a dead connection answers 503 once and is replaced, see app.py
        pool_timeout=wait_s,
        pool_use_lifo=True,  # who was used last has its statements prepared, and what they read
        json_deserializer=orjson.loads,
        connect_args={**more, "server_settings": settings},
    )


class Sessions(async_sessionmaker[AsyncSession]):
    """Makes sessions: ordinary ones, and such as go straight to the driver while that is enough."""

    engine: AsyncEngine | None = None
    journal: ending.Journal
    told: Callable[[ending.Info], None]
    gathering: Gathering | None = None

    def straight(self) -> AbstractAsyncContextManager[Any]:
        """A session with its transaction; on a given connection an ordinary one."""
        if self.engine is None or self.gathering is None:
            return self.begin()
        return Straight(self.engine, self, self.journal, self.told, self.gathering)


def session_factory(
    bind: Any, listeners: list["Listener"], *, journal: bool = True, **options: Any
) -> Sessions:
    """Sessions on an engine or a connection, with the journal hooked to their commit."""

    plain = _without_begin(bind)
    written = _journal if journal else _nothing

    class JournalSession(Session):
        def get_bind(self, *which: Any, **named: Any) -> Engine | Connection:
            if plain is not None and ending.goes_at_once(self):
                return plain
            return super().get_bind(*which, **named)

    def end(session: Session) -> None:
        if not session.in_nested_transaction():  # only the outermost commit tells
            session.flush()  # so that a constraint speaks before the journal is written
            ending.end(session, written)

    def told(info: ending.Info) -> None:
        if marked := info.pop("marked", ()):
            for listener in listeners:
                listener(marked)

    event.listen(JournalSession, "after_begin", ending.note_begin)
    event.listen(JournalSession, "before_flush", ending.refuse_early)
    event.listen(JournalSession, "before_commit", end)
    event.listen(JournalSession, "after_commit", lambda session: told(session.info))
    made = Sessions(bind, sync_session_class=JournalSession, expire_on_commit=False, **options)
    made.engine = bind if isinstance(bind, AsyncEngine) else None
    made.gathering = Gathering(bind) if isinstance(bind, AsyncEngine) else None
    made.journal, made.told = written, told
    return made


def _without_begin(bind: Any) -> Engine | None:
    """The engine whose statements stand for themselves; a given connection has begun already."""
    if not isinstance(bind, AsyncEngine):
        return None
    return bind.sync_engine.execution_options(isolation_level="AUTOCOMMIT")


Mark = tuple[str, UUID]
Listener = Callable[[Sequence[Mark]], None]
"""Told after a commit which records it changed; entries without a mark tell nobody."""

_MARK: Final = "INSERT INTO feed_outbox (kind, record_id)"
_MARK_MANY: Final = (
    "INSERT INTO feed_outbox (kind, record_id)"
    " SELECT m.kind, m.record_id FROM unnest(?::text[], ?::uuid[]) AS m (kind, record_id)"
)
_NOTE: Final = "INSERT INTO audit_inbox (entry)"
_NOTE_MANY: Final = (
    "INSERT INTO audit_inbox (entry)"
    " SELECT e.entry FROM jsonb_array_elements(?::jsonb) AS e (entry)"
)
_FEW: Final = 4  # so many are written as rows, which cost the server less than a set does


async def flush_journal(session: AsyncSession) -> None:
    """Write what has been collected so far, so that a very long transaction stays small."""
    await session.run_sync(lambda opened: ending.write(opened, _journal(opened.info)))


def _nothing(_: ending.Info) -> list[ending.Part]:
    return []


def _journal(info: ending.Info) -> list[ending.Part]:
    """What the transaction has collected for feed and audit; each record is marked once."""
    marks: list[Mark] = list(dict.fromkeys(info.pop("marks", ())))
    entries: list[Entry] = info.pop("audit", [])
    journal = []
    if marks:
        journal.append(_marked(marks))
        info.setdefault("marked", []).extend(marks)
    if entries:
        journal.append(_noted([entry.as_row() for entry in entries]))
    return journal


def _marked(marks: Sequence[Mark]) -> ending.Part:
    if len(marks) <= _FEW:
        rows = ", ".join(["(?, ?)"] * len(marks))
        return ending.Part(_MARK, tuple(chain.from_iterable(marks)), row=rows)
    kinds, ids = zip(*marks, strict=True)
    return ending.Part(_MARK_MANY, ([*kinds], [*ids]))


def _noted(entries: Sequence[dict[str, Any]]) -> ending.Part:
    if len(entries) <= _FEW:
        rows = ", ".join(["(?)"] * len(entries))
        return ending.Part(_NOTE, tuple(map(_json, entries)), row=rows)
    return ending.Part(_NOTE_MANY, (_json(entries),))


def _json(said: Any) -> str:
    return orjson.dumps(said, default=str).decode()
