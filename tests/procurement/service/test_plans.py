"""Long-term plans through the API: each item says who wanted it, no year exceeds itself."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common import mirrors
from common.contracts.feeds import Kind
from common.feed.client import Change
from tests.procurement.cases import STREET, Header, Sessions, at, key, opened_line
from tests.procurement.deals import VALUE, fund, prepared

PLAN: dict[str, Any] = {
    "title": "南京东路街道为老服务三年计划",
    "area_code": STREET,
    "field": "social_service",
    "aims": "以助餐、助浴、探访为主，逐年扩大到高龄独居老人。",
    "document": "南东街办〔2026〕3号",
    "years": [{"year": year, "intended_fen": 50_000_00} for year in (2026, 2027, 2028)],
}
ITEM: dict[str, Any] = {
    "year": 2026,
    "title": "社区法律咨询",
    "category": "legal_advice",
    "target_groups": ["everyone"],
    "money_fen": 20_000_00,
    "method": "selection",
    "department": "justice",
    "reason": "司法条线统一布置，本年未及提交居民议事。",
}


async def post(
    client: httpx.AsyncClient, header: Header, path: str, body: Any = None, **more: str
) -> httpx.Response:
    return await client.post(f"/v1{path}", json=body, headers={**header, **key(), **more})


async def drawn_up(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    answer = await post(client, header, "/plans", {**PLAN, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told_agenda(sessions: Sessions, **more: Any) -> dict[str, Any]:
    """An agenda as feedback's feed tells it."""
    item = {
        "id": str(uuid4()),
        "title": "开办老年助餐",
        "category": "meal",
        "service_item_id": None,
        "area_code": STREET,
        "target_groups": ["elderly"],
        "money_fen": 30_000_00,
        "wished_method": "framework",
    }
    state = {"id": str(uuid4()), "area_code": STREET, "status": "published", "items": [item]}
    state |= {"superseded_by_id": None, **more}
    async with sessions.begin() as session:
        change = Change("agenda", UUID(state["id"]), 1, state)
        await mirrors.apply(session, Kind.AGENDA, [change])
    return state


async def test_a_draft_is_of_the_street_and_a_published_plan_of_everybody(
    client: httpx.AsyncClient, clerk: Header, other_head: Header
) -> None:
    plan = await drawn_up(client, clerk)
    hidden = await client.get(f"/v1/plans/{plan['id']}")
    foreign = await post(client, other_head, f"/plans/{plan['id']}/publication", None, **at(plan))
    done = await post(client, clerk, f"/plans/{plan['id']}/publication", None, **at(plan))
    listed = await client.get("/v1/plans", params={"area": "310101", "year": 2028})

    assert (hidden.status_code, foreign.status_code) == (404, 404)
    assert (done.status_code, done.json()["status"]) == (200, "published")
    assert [each["id"] for each in listed.json()["items"]] == [plan["id"]]


@pytest.mark.parametrize("years", [[2026], [2026, 2028], [2026, 2026], list(range(2026, 2032))])
async def test_a_plan_has_consecutive_years_and_not_too_many(
    client: httpx.AsyncClient, clerk: Header, years: list[int]
) -> None:
    wanted = [{"year": year, "intended_fen": 1} for year in years]
    answer = await post(client, clerk, "/plans", {**PLAN, "years": wanted})

    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-plan")


async def test_two_published_plans_of_a_field_do_not_share_a_year(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    plans = [await drawn_up(client, clerk) for _ in range(2)]
    answers = [
        await post(client, clerk, f"/plans/{each['id']}/publication", None, **at(each))
        for each in plans
    ]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["type"] == "plan-overlaps"


async def test_a_residents_item_is_taken_over_as_they_fixed_it_and_once(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    plan, agenda = await drawn_up(client, clerk), await told_agenda(sessions)
    wish = {
        "agenda_id": agenda["id"],
        "agenda_item_id": agenda["items"][0]["id"],
        "year": 2027,
    }
    path = f"/plans/{plan['id']}/agenda-items"
    made, again = [await post(client, clerk, path, wish) for _ in range(2)]

    item = made.json()
    assert (item["origin"], item["department"], item["reason"]) == ("agenda", None, None)
    assert (item["money_fen"], item["method"]) == (30_000_00, "framework")
    assert (item["title"], item["target_groups"]) == ("开办老年助餐", ["elderly"])
    assert again.status_code == 409


async def test_an_agenda_that_does_not_bind_gives_no_item(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    plan = await drawn_up(client, clerk)
    path = f"/plans/{plan['id']}/agenda-items"
    for status, slug in (("withdrawn", "agenda-not-binding"), ("published", "not-found")):
        agenda = await told_agenda(sessions, status=status)
        wish = {"agenda_id": agenda["id"], "agenda_item_id": str(uuid4()), "year": 2026}
        assert (await post(client, clerk, path, wish)).json()["type"] == slug


async def test_a_departments_item_says_so_and_no_year_takes_more_than_was_meant(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    plan = await drawn_up(client, clerk)
    path = f"/plans/{plan['id']}/department-items"
    first, second, third = [await post(client, clerk, path, ITEM) for _ in range(3)]
    item = first.json()
    dropped = await post(
        *(client, clerk, f"/purchase-items/{item['id']}/drop"),
        {"reason": "与区级项目重复，改由区级统一购买。"},
        **at(item),
    )
    fourth = await post(client, clerk, path, ITEM)
    years = (await client.get(f"/v1/plans/{plan['id']}", headers=clerk)).json()["years"]

    assert (item["origin"], item["department"]) == ("department", "justice")
    assert item["reason"].startswith("司法条线")
    assert (third.status_code, third.json()["type"]) == (409, "plan-year-exceeded")
    assert (dropped.json()["status"], fourth.status_code) == ("dropped", 201)
    assert [year["itemised_fen"] for year in years] == [40_000_00, 0, 0]
    assert second.status_code == 201


async def test_a_purchase_that_is_funded_for_another_item_leaves_the_former(
    client: httpx.AsyncClient, head: Header, clerk: Header, sessions: Sessions
) -> None:
    """There and back: whichever of two rows is written first, the purchase has one item."""
    plan = await drawn_up(client, clerk)
    path = f"/plans/{plan['id']}/department-items"
    one, two = [(await post(client, clerk, path, ITEM)).json()["id"] for _ in range(2)]
    tender, line = await prepared(sessions), (await opened_line(client, head))["id"]

    async def status_of(item: str) -> str:
        answer = await client.get(f"/v1/purchase-items/{item}", headers=clerk)
        return str(answer.json()["status"])

    told = []
    for item in (one, two, one, one):
        answer = await fund(client, head, tender, (line, VALUE), purchase_item_id=item)
        assert answer.status_code == 200, answer.text
        assert answer.json()["purchase_item_id"] == item
        told.append([await status_of(each) for each in (one, two)])

    assert told == [
        ["tendering", "planned"],
        ["planned", "tendering"],
        ["tendering", "planned"],
        ["tendering", "planned"],
    ]


async def test_a_closed_plan_takes_no_item(client: httpx.AsyncClient, clerk: Header) -> None:
    plan = await drawn_up(client, clerk)
    path = f"/plans/{plan['id']}"
    plan = (await post(client, clerk, f"{path}/publication", None, **at(plan))).json()
    closed = await post(client, clerk, f"{path}/closure", None, **at(plan))
    refused = await post(client, clerk, f"{path}/department-items", ITEM)
    again = await post(client, clerk, f"{path}/publication", None, **at(closed.json()))

    assert closed.json()["status"] == "closed"
    assert refused.json()["type"] == again.json()["type"] == "plan-cannot-move"
