"""Turns, on two connections: one key waits, another does not, and a commit lets the next go on."""

import asyncio

from common.db import database
from common.turns import take_turn
from deploy.local.environment import Urls


async def test_a_key_is_held_until_the_transaction_ends_and_no_other_key_waits(
    fresh_database: Urls,
) -> None:
    async with database(fresh_database.app, pool_size=3) as opened:
        first, second = opened.sessions(), opened.sessions()
        await take_turn(first, "plan", "310101002", "health")
        await take_turn(second, "plan", "310101002", "education")
        waiting = asyncio.create_task(take_turn(second, "plan", "310101002", "health"))

        done, _ = await asyncio.wait([waiting], timeout=0.3)
        await first.commit()
        await asyncio.wait_for(waiting, 10)
        await asyncio.gather(first.close(), second.close())

    assert not done
