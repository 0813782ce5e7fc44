"""SM3 sums for items that an older release has numbered: a few at a time, beside all other work."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.crypto.digest import sm3
from common.feed import statements as sql
from common.feed.items import data_of

BATCH: Final = 500


async def sum_up(sessions: async_sessionmaker[AsyncSession], *, batch: int = BATCH) -> int:
    """Give all items their SM3 that have none of their present state; how many there were."""
    summed = 0
    while True:
        async with sessions.begin() as session:
            rows = (await session.execute(sql.UNSUMMED, {"batch": batch})).all()
            if not rows:
                return summed
            values = {
                "kinds": [row.kind for row in rows],
                "ids": [row.record_id for row in rows],
                "numbers": [row.change_number for row in rows],
                "sums": [sm3(data_of(*row)) for row in rows],
            }
            await session.execute(sql.SUMMED, values)
            summed += len(rows)
