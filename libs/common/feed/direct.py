"""Connections beside the pool, for locks and notifications, which a pooler loses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from common.db import direct_url

MARKED: Final = "linli_feed_marked"
NUMBERED: Final = "linli_feed_numbered"

_SETTINGS: Final = {
    # A peer that vanished is noticed in half a minute, so that its lock is free again.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "timezone": "UTC",
}


@asynccontextmanager
async def direct(url: str, name: str) -> AsyncIterator[Any]:
    """One asyncpg connection; `name` is what operators see in pg_stat_activity."""
    connection = await asyncpg.connect(
        direct_url(url),
        timeout=5,
        command_timeout=15,
        server_settings={**_SETTINGS, "application_name": name},
    )
    try:
        yield connection
    finally:
        try:
            await connection.close(timeout=1)
        except Exception:
            # Broken, or cancelled in the middle of a word: it cannot say good-bye.
            connection.terminate()
