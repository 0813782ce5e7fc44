"""The demo city's money: it balances, and holds one thing that is paid twice."""

import httpx
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import utc_now
from registry.demo.load import LOADER
from registry.demo.money import SOURCES, endow
from registry.demo.organisations import Street
from tests.registry.inventory import street

Header = dict[str, str]


async def test_a_demo_street_has_money_and_one_thing_is_paid_twice(
    small_city: httpx.AsyncClient, city: Header, sessions: async_sessionmaker[AsyncSession]
) -> None:
    for name in ("演示数据 街道办事处", "演示数据 社会组织"):
        await street(small_city, city, name=name)
    place = Street("310101002000", "南京东路街道", {})
    made = await endow([place], sessions, by=LOADER, now=utc_now())
    again = await endow([place], sessions, by=LOADER, now=utc_now())
    funds = (await small_city.get("/v1/funds", headers=city)).json()["items"]
    found = (await small_city.get("/v1/funding-findings", headers=city)).json()["items"]

    assert made == {"programme": 1, "fund": len(SOURCES), "bundle": 0, "concession": 0}
    assert again == {"programme": 0, "fund": 0, "bundle": 0, "concession": 0}
    assert all(each["available_fen"] == each["committed_fen"] for each in funds)
    assert [each["rule"] for each in found] == ["double_funding.recipient"]
