"""500 residents race for 50 slots, also while the service or PostgreSQL is killed.

Each slot has exactly one winner, every acknowledged booking stands, and nobody hears anything but
"booked" or "taken". Who got no answer asks again under the same id.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Secrets, Urls
from deploy.local.postgres import LocalPostgres
from tests.insisting import insisting
from tests.living import Living, living
from tests.registry.race import CLIENTS, SLOTS, Told, crowd, slots
from tests.registry.small_city import listing, upload

Header = dict[str, str]
Bearer = Callable[..., Header]
MIDWAY = 15  # slots given when somebody is killed
PATIENCE_S = 180


def kill_and_start(server: LocalPostgres) -> None:
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    server.start()


async def race(
    service: Living, bearer: Bearer, disturb: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Let them race, disturb them midway, and hold what is there against what was told."""
    city = bearer(Role.CITY_OFFICE, area="31", line="*")
    headers = [bearer(Role.RESIDENT, subject=f"resident-{n}") for n in range(CLIENTS)]
    told = Told()
    async with asyncio.timeout(PATIENCE_S), insisting(service.base) as callers:
        assert (await upload(callers.client, city, listing())).status_code == 201
        wanted = await slots(callers.client, city)
        running = asyncio.create_task(crowd(callers, headers, wanted, told))
        if disturb is not None:
            while len(told.booked) < MIDWAY:
                await asyncio.sleep(0.002)
            assert len(told.booked) < SLOTS
            await disturb()
        await running

    async with database(service.urls.app, pool_size=1) as opened, opened.sessions() as session:
        stands = await session.execute(text("SELECT id::text, status FROM booking"))
        statuses = {row.id: row.status for row in stands}
        free = await session.scalar(
            text(
                "SELECT count(*) FROM booking b WHERE NOT EXISTS"
                " (SELECT FROM space_occupancy o WHERE o.holder_id = b.id)"
            )
        )
    assert told.heard == {"booked": SLOTS, "slot-taken": CLIENTS - SLOTS}
    assert Counter(told.booked.values()) == dict.fromkeys(range(SLOTS), 1)
    assert statuses == dict.fromkeys(told.booked, "confirmed")
    assert free == 0


async def test_each_slot_has_exactly_one_winner(
    fresh_database: Urls, secrets: Secrets, bearer: Bearer
) -> None:
    async with living("registry", fresh_database, secrets) as service:
        await race(service, bearer)


async def test_a_killed_service_books_nothing_twice_and_loses_nothing(
    fresh_database: Urls, secrets: Secrets, bearer: Bearer
) -> None:
    async with living("registry", fresh_database, secrets) as service:

        async def disturb() -> None:
            service.kill()
            await asyncio.to_thread(service.start)

        await race(service, bearer, disturb)


async def test_a_killed_postgresql_books_nothing_twice_and_loses_nothing(
    durable: LocalPostgres, secrets: Secrets, bearer: Bearer
) -> None:
    urls = durable.urls("registry")
    async with living("registry", urls, secrets) as service:
        await race(service, bearer, lambda: asyncio.to_thread(kill_and_start, durable))
