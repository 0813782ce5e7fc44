"""What is planned, at once: a plan is published once, and a purchase is funded for one item."""

import asyncio

import httpx

from common.db import database
from tests.harness import Urls
from tests.procurement.cases import Header, at, opened_line
from tests.procurement.deals import VALUE, fund, prepared
from tests.procurement.service.test_plans import ITEM, drawn_up, post


async def test_plans_published_at_once_leave_one_and_name_the_clash(
    live_client: httpx.AsyncClient, clerk: Header
) -> None:
    plans = [await drawn_up(live_client, clerk) for _ in range(4)]

    answers = await asyncio.gather(
        *(
            post(live_client, clerk, f"/plans/{each['id']}/publication", None, **at(each))
            for each in plans
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"plan-overlaps"}


async def test_a_purchase_funded_for_two_items_at_once_is_for_one_of_them(
    live_client: httpx.AsyncClient, fresh_database: Urls, head: Header, clerk: Header
) -> None:
    plan = await drawn_up(live_client, clerk)
    path = f"/plans/{plan['id']}/department-items"
    items = [(await post(live_client, clerk, path, ITEM)).json()["id"] for _ in range(2)]
    line = (await opened_line(live_client, head))["id"]
    async with database(fresh_database.app, pool_size=2) as opened:
        tender = await prepared(opened.sessions)

    answers = await asyncio.gather(
        *(
            fund(live_client, head, tender, (line, VALUE), purchase_item_id=each)
            for each in items * 2
        )
    )
    told = (await live_client.get(f"/v1/tenders/{tender}/funding", headers=head)).json()
    states = {
        each: (await live_client.get(f"/v1/purchase-items/{each}", headers=clerk)).json()["status"]
        for each in items
    }

    assert [answer.status_code for answer in answers] == [200] * 4
    assert states.pop(told["purchase_item_id"]) == "tendering"
    assert list(states.values()) == ["planned"]
