"""An expert who leaves while a panel is drawn, each on a connection of its own."""

import asyncio

from sqlalchemy import text

from common.db import database
from tests.harness import Urls
from tests.procurement.service.test_panels import opened
from tests.procurement.tendering import Market

LEAVE = (
    "UPDATE expert SET is_active = false, left_at = now(), left_reason = '退休' WHERE id = :expert"
)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def test_a_draw_waits_for_who_is_leaving_and_leaves_them_out(
    real_market: Market, fresh_database: Urls
) -> None:
    await real_market.enrol(6)
    tender = await opened(real_market)
    (leaving, *_) = (await real_market.get(real_market.district, "experts?limit=200"))["items"]
    async with database(fresh_database.app, pool_size=2) as other:
        async with other.sessions.begin() as session:
            await session.execute(text(LEAVE), {"expert": leaving["id"]})
            drawing = asyncio.create_task(real_market.panel(tender))
            async with other.sessions() as watching:
                while not drawing.done() and not await watching.scalar(text(WAITING)):
                    await asyncio.sleep(0.01)
            waited = not drawing.done()
        panel = await drawing

    assert waited
    assert leaving["id"] not in panel["pool"]
    assert len(panel["pool"]) == 5
