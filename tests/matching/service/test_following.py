"""The matching follows the registry: what is published there is known here, until it is gone."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.contracts.feeds import Kind, Visibility
from common.contracts.vocabulary import Service
from common.feed.client import FeedClient
from common.feed.consumer import catch_up
from common.following import applying
from matching.consumers import FOLLOWED
from matching.tables import Mirrored, Supply
from tests.harness import Apps, Databases
from tests.matching.service.test_collective_needs import raised
from tests.matching.service.test_collective_needs import step as take
from tests.registry.inventory import move, published
from tests.registry.service.test_pledges import pledged, step
from tests.registry.small_city import listing, upload

Header = dict[str, str]
PUBLIC = [
    kind
    for kind in FOLLOWED
    if kind.service is Service.REGISTRY and kind.visibility is Visibility.PUBLIC
]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def service() -> str:
    return "matching"


@pytest.fixture
async def registry(apps: Apps, databases: Databases) -> AsyncIterator[httpx.AsyncClient]:
    """A registry of this test's own: real commits, feeds numbered."""
    with databases.fresh("registry") as urls:
        async with apps.live("registry", urls) as calls:
            yield calls


async def followed(registry: httpx.AsyncClient, sessions: Sessions, *kinds: Kind) -> None:
    """Take over all that the registry has committed by now."""
    for kind in kinds:
        while True:
            feeds = (await registry.get("/readyz")).json()["feeds"]
            if not any(feed["waiting"] for feed in feeds):
                break
        source = FeedClient(registry, f"registry/{kind}", f"/feeds/{kind}")
        await catch_up(source, sessions, applying(FOLLOWED[kind]))


async def count(sessions: Sessions, kind: Kind) -> int:
    async with sessions() as session:
        statement = select(func.count()).where(Mirrored.kind == kind.value)
        return int(await session.scalar(statement) or 0)


async def test_what_the_registry_publishes_is_mirrored_and_what_it_takes_back_is_dropped(
    registry: httpx.AsyncClient, city: Header, sessions: Sessions
) -> None:
    assert (await upload(registry, city, listing())).status_code == 201
    offering = await published(registry, city, name="助餐")
    await followed(registry, sessions, *PUBLIC)
    areas, offerings = await count(sessions, Kind.AREA), await count(sessions, Kind.OFFERING)

    await move(registry, city, offering, "suspended", reason="装修")
    await followed(registry, sessions, Kind.OFFERING)

    assert areas == 12
    assert (offerings, await count(sessions, Kind.OFFERING)) == (1, 0)
    async with sessions() as session:
        supply = (await session.scalars(select(Supply))).one()
    assert (str(supply.offering_id), supply.is_open) == (offering["id"], False)


async def test_a_street_sees_its_three_lists(
    registry: httpx.AsyncClient,
    client: httpx.AsyncClient,
    city: Header,
    clerk: Header,
    sessions: Sessions,
) -> None:
    assert (await upload(registry, city, listing())).status_code == 201
    for title in ("演示数据 旧", "演示数据 更旧"):
        given = await pledged(registry, city, title=title)
        await step(registry, city, given, "delivery", {"note": "已用"})
    lent = await pledged(registry, city)
    waiting, bought = await raised(client, clerk), await raised(client, clerk)
    await take(client, clerk, bought, "purchase")
    await followed(registry, sessions, Kind.PLEDGE)

    lists = (await client.get("/v1/lists/310101002?limit=1")).json()
    away = (await client.get("/v1/lists/310105001")).json()

    assert [each["id"] for each in lists["needs"]] == [waiting["id"]]
    assert [each["pledge_id"] for each in lists["resources"]] == [lent["id"]]
    assert [each["id"] for each in lists["projects"]] == [bought["id"]]
    assert lists["complete"] is True
    assert (away["needs"], away["resources"], away["projects"]) == ([], [], [])
