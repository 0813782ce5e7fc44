"""A database as it lies after a load, so that plans of it do not depend on what runs beside."""

import asyncio
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PATIENCE_S: Final = 120
_UNSEEN: Final = text(
    "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND relallvisible < relpages"
)


async def settle(connection: AsyncConnection) -> None:
    """Vacuum and analyse as autovacuum does after a load, until every page is seen by all.

    Whoever reads beside it, be it autovacuum's own analysis, holds that back; an index alone is
    then no cheap answer. `connection` commits each statement by itself.
    """
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            await connection.execute(text("VACUUM ANALYZE"))
            if await connection.scalar(_UNSEEN) == 0:
                return
            await asyncio.sleep(0.5)
