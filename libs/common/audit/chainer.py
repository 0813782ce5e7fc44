"""The chaining step: moves the inbox into the log, one leader at a time, in its own role.

Writers never wait for it: they only insert into the inbox, and the step takes what is committed.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import asyncpg
import orjson
from prometheus_client import Gauge

from common.audit.anchor import add_anchor, anchor_file
from common.audit.chain import START, Head, Link, chained
from common.clock import utc_now
from common.crypto.keyring import KeySettings
from common.crypto.keys import Keys
from common.db import direct_url
from common.pacing import make_way

BATCH: Final = 2000
BULK_REST: Final = 20
PAUSE_S: Final = 0.5
FOLLOWER_PAUSE_S: Final = 2.0
ANCHOR_EVERY: Final = timedelta(minutes=1)
# The application's role may not read the inbox: the leader tells when it has emptied it. 0: never.
LEVEL: Final = Gauge("audit_chained_timestamp_seconds", "All that was written till then is chained")
_LOCK: Final = 5_202_631  # any fixed number of its own

_WAITS = "SELECT EXISTS (SELECT FROM audit_inbox)"
_TAKE = (
    "DELETE FROM audit_inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM audit_inbox LIMIT $1))"
    " RETURNING entry"
)
_HEAD = "SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1"
_COLUMNS = (
    *("seq", "entry", "prev_hash", "hash", "at"),
    *("actor", "action", "target_kind", "target_id", "area", "outcome"),
)


class ChainSettings(KeySettings, Protocol):
    """What of the settings concerns the chain."""

    @property
    def audit_database_url(self) -> str | None:
        """The service's database, in the chaining role."""
        ...

    @property
    def anchor_dir(self) -> Path | None:
        """Where signed heads are kept."""
        ...


async def chaining(
    service: str, settings: ChainSettings, is_busy: Callable[[], bool] = lambda: False
) -> None:
    """Chain and anchor until cancelled. Several processes may run it: one leads, others wait.

    While `is_busy`, a full step is followed by a rest: writers in bulk have the machine first.
    """
    if settings.audit_database_url is None:
        raise LookupError("chaining needs the address of the audit role")
    keys = Keys.load(settings) if settings.anchor_dir else None
    connection = await asyncpg.connect(direct_url(settings.audit_database_url), timeout=10)
    try:
        await _lead(connection)
        clock = asyncio.get_running_loop().time
        anchored_at = datetime.min.replace(tzinfo=UTC)
        while True:
            started = clock()
            waits = await connection.fetchval(_WAITS)  # most looks find nothing to do
            moved = await chain_step(connection) if waits else 0
            spent_s = clock() - started
            if keys and settings.anchor_dir and utc_now() - anchored_at >= ANCHOR_EVERY:
                anchored_at = utc_now()
                await anchor_head(connection, service, settings.anchor_dir, keys, now=anchored_at)
            if moved < BATCH:
                LEVEL.set_to_current_time()
                await asyncio.sleep(PAUSE_S)
            else:
                await make_way(is_busy, BULK_REST * spent_s)
    finally:
        connection.terminate()


async def _lead(connection: asyncpg.Connection) -> None:
    """Wait until no other process leads. The lock goes with the connection, however it ends."""
    while True:
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            return
        await asyncio.sleep(FOLLOWER_PAUSE_S)


async def chain_step(connection: asyncpg.Connection, *, batch: int = BATCH) -> int:
    """Move up to `batch` entries from the inbox to the end of the log; how many were moved."""
    async with connection.transaction():
        taken = [orjson.loads(row["entry"]) for row in await connection.fetch(_TAKE, batch)]
        if not taken:
            return 0
        taken.sort(key=lambda entry: str(entry["id"]))  # ids carry the time of their making
        links = chained(await head_of(connection), taken)
        await connection.copy_records_to_table(
            "audit_entry", records=[_record(link) for link in links], columns=_COLUMNS
        )
        return len(links)


async def head_of(connection: asyncpg.Connection) -> Head:
    """Where the log ends."""
    row = await connection.fetchrow(_HEAD)
    return START if row is None else Head(row["seq"], row["hash"])


async def anchor_head(
    connection: asyncpg.Connection, service: str, directory: Path, keys: Keys, *, now: datetime
) -> Head:
    """Write the signed head of the log to the service's anchor file, unless it stands there."""
    head = await head_of(connection)
    if head.seq:
        file = anchor_file(directory, service)
        await asyncio.to_thread(add_anchor, file, service, head, keys.signer(), now)
    return head


def _record(link: Link) -> tuple[Any, ...]:
    copies = dict(link.copies)
    at = datetime.fromisoformat(str(copies.pop("at")))
    return (link.seq, link.entry, link.prev_hash, link.hash, at, *copies.values())
