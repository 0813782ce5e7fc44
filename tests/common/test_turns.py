"""Turns, on two connections: one key waits, another does not, and a commit lets the next go on."""

import asyncio

from common.db import database
from common.turns import has_turn, take_turn
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


async def test_who_need_not_wait_goes_without_a_turn_that_another_has(
    fresh_database: Urls,
) -> None:
    async with database(fresh_database.app, pool_size=2) as opened:
        first, second = opened.sessions(), opened.sessions()
        taken = await has_turn(first, "survey")
        refused, other = await has_turn(second, "survey"), await has_turn(second, "reminders")
        await first.commit()
        later = await has_turn(second, "survey")
        await asyncio.gather(first.close(), second.close())

    assert (taken, refused, other, later) == (True, False, True, True)
