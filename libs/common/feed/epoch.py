"""Epochs: a database that was restored, copied or promoted makes all readers start from zero.

Three witnesses: the fingerprint of the database (system, timeline, database, table) stored beside
the heads, the anchor file outside, and the operator's word (`python -m common.feed new-epoch`).
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.feed.anchor import Anchored

log = structlog.get_logger(__name__)

# The timeline is read from the WAL's file name: after a promotion the control file still tells the
# old one until the next checkpoint.
_FINGERPRINT: Final = text(
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),"
    " left(pg_walfile_name(pg_current_wal_lsn()), 8),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()),"
    " 'feed_head'::regclass::oid)"
)
_ADDED: Final = text(
    "INSERT INTO feed_head (kind, last_number, purged_through, epoch, fingerprint, epoch_at)"
    " SELECT k.kind, 0, 0, coalesce(h.epoch, :epoch), coalesce(h.fingerprint, :fingerprint),"
    "  coalesce(h.epoch_at, now())"
    " FROM unnest(:kinds) AS k (kind)"
    " LEFT JOIN (SELECT * FROM feed_head LIMIT 1) h ON true"
    " ON CONFLICT (kind) DO NOTHING"
).bindparams(bindparam("kinds", type_=ARRAY(Text)))
_HEADS: Final = text(
    "SELECT kind, last_number, epoch, epoch_at, fingerprint FROM feed_head ORDER BY kind FOR UPDATE"
)
_RENEWED: Final = text(
    "UPDATE feed_head SET epoch = :epoch, fingerprint = :fingerprint, epoch_at = now()"
    " RETURNING epoch_at"
)


@dataclass(frozen=True, slots=True)
class Epoch:
    """The epoch in force, and where each feed stood when it was looked at."""

    name: str
    began_at: datetime
    last_numbers: Mapping[str, int]
    reason: str | None = None


async def settle(
    sessions: async_sessionmaker[AsyncSession],
    kinds: Iterable[str],
    *,
    anchored: Anchored | None = None,
    wanted: bool = False,
) -> Epoch:
    """Make the heads of `kinds` exist and begin a new epoch if the database is not what it was.

    Called before anything is numbered. `wanted`: the operator asks for a new epoch.
    """
    async with sessions.begin() as session:
        fingerprint = str(await session.scalar(_FINGERPRINT))
        fresh = secrets.token_hex(8)
        values = {"kinds": [*kinds], "epoch": fresh, "fingerprint": fingerprint}
        await session.execute(_ADDED, values)
        rows = (await session.execute(_HEADS)).all()
        if not rows:
            raise LookupError("the service has no feed")
        numbers = {row.kind: row.last_number for row in rows}
        first = rows[0]
        reason = _reason(first.fingerprint, fingerprint, wanted)
        if reason is None and anchored and anchored.shows_loss(first.epoch_at, numbers):
            reason = "behind-anchor"
        if reason is None:
            return Epoch(first.epoch, first.epoch_at, numbers)
        renewed = {"epoch": fresh, "fingerprint": fingerprint}
        began_at: datetime = (await session.scalars(_RENEWED, renewed)).all()[0]
    log.warning("feed epoch begins", reason=reason, epoch=fresh)
    return Epoch(fresh, began_at, numbers, reason)


def _reason(stored: str, found: str, wanted: bool) -> str | None:
    if wanted:
        return "asked"
    return "other-database" if stored != found else None
