"""Concessions and comparisons through the public API: promises, caps, savings, peers, platforms."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from tests.registry.inventory import WORKDAYS, made, pointers, published, slug, street, venue
from tests.registry.money import GRANT, book, fund, grant
from tests.registry.rooms import hall, room
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
WISH: dict[str, Any] = {
    "use": "low_fee",
    "category": "haircut",
    "floor_area_m2": 20,
    "price_ceiling_fen": 1_000,
    "reference_price_fen": 4_000,
    "price_basis": "周边三家理发店公示价均值",
    "price_unit": "次",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
}
MONTHS = {"from": "2026-02-01", "to": "2026-03-15"}


async def draft(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    if "operator_id" not in more:
        more["operator_id"] = (await street(client, header))["id"]
    if "venue_id" not in more:
        more["venue_id"] = (await venue(client, header, floor_area_m2=200))["id"]
    return await made(client, header, "/v1/concessions", {**WISH, **more})


async def step(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], **move: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/concessions/{record['id']}/status",
        json=move,
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def report(client: httpx.AsyncClient, header: Header, **figures: Any) -> httpx.Response:
    whole = {"month": "2026-02-10", "visits": 0, "services": 0, **figures}
    return await client.post("/v1/venue-months", json=whole, headers={**header, **key()})


async def account(client: httpx.AsyncClient, record: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/v1/concessions/{record['id']}/account", params=MONTHS)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_residents_savings_per_yuan_of_subsidy_come_from_the_ledger(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    new = await draft(small_city, head)
    await step(small_city, head, new, status="granted")
    money = await fund(small_city, head, holder_id=new["operator_id"])
    given = await grant(
        small_city,
        head,
        money,
        kind="rent",
        recipient_id=new["operator_id"],
        venue_id=new["venue_id"],
        concession_id=new["id"],
    )
    await book(small_city, head, money, f"grants/{given['id']}/payments", 120_000)
    await book(small_city, head, money, f"grants/{given['id']}/refunds", 20_000)
    at = {"venue_id": new["venue_id"], "concession_id": new["id"]}
    await report(small_city, head, **at, visits=90, services=100, income_fen=500_000)
    again = await report(small_city, head, **at, visits=100, services=100, income_fen=100_000)
    told = await account(small_city, new)

    assert again.json()["month"] == "2026-02-01"
    assert (told["visits"], told["average_price_fen"]) == (100, 1_000)
    assert told["is_promise_kept"] is True
    assert (told["subsidy_fen"], told["saved_fen"]) == (100_000, 300_000)
    assert told["saving_per_yuan"] == 3


async def test_a_room_is_of_its_venue_and_no_smaller_than_it_is(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    here, there = [(await venue(small_city, head, floor_area_m2=200))["id"] for _ in range(2)]
    space = await room(small_city, head, here, floor_area_m2=30)
    operator = (await street(small_city, head))["id"]
    wish = {**WISH, "operator_id": operator, "venue_id": there, "space_id": space["id"]}

    wrong = await small_city.post("/v1/concessions", json=wish, headers={**head, **key()})
    money = await fund(small_city, head, holder_id=operator)
    dangling = await small_city.post(
        f"/v1/funds/{money['id']}/grants",
        json={**GRANT, "recipient_id": operator, "concession_id": operator},
        headers={**head, **key()},
    )

    assert (wrong.status_code, slug(wrong)) == (422, "wrong-concession")
    assert pointers(wrong) == ["/space_id", "/floor_area_m2"]
    assert pointers(dangling) == ["/concession_id"]


async def test_a_hall_and_a_room_of_it_are_never_granted_for_the_same_days(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    house = (await venue(small_city, head, floor_area_m2=500))["id"]
    whole, left, right = await hall(small_city, head, house)
    drafts = [
        await draft(small_city, head, venue_id=house, space_id=space["id"], **days)
        for space, days in (
            (left, {}),
            (whole, {}),
            (right, {}),
            (whole, {"valid_from": "2027-01-01", "valid_to": "2028-01-01"}),
        )
    ]
    answers = [await step(small_city, head, each, status="granted") for each in drafts]

    assert [each.status_code for each in answers] == [200, 409, 200, 200]
    assert slug(answers[1]) == "space-granted"


async def test_a_broken_promise_is_told_and_few_visits_are_not(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    new = await draft(small_city, head)
    await step(small_city, head, new, status="granted")
    at = {"venue_id": new["venue_id"], "concession_id": new["id"]}
    await report(small_city, head, **at, visits=9, services=9, income_fen=18_000)
    few = await account(small_city, new)
    await report(small_city, head, **at, visits=20, services=10, income_fen=18_000)
    many = await account(small_city, new)

    assert (few["visits"], few["saved_fen"], few["average_price_fen"]) == (None, None, None)
    assert (many["average_price_fen"], many["is_promise_kept"]) == (1_800, False)
    assert many["saving_per_yuan"] is None


async def test_market_use_stays_under_the_cap_even_for_two_at_once(
    live_client: httpx.AsyncClient, city: Header, head: Header
) -> None:
    """30 % of 200 m² are 60 m²: of two halls of 40 m² one fits."""
    assert (await upload(live_client, city, listing())).status_code == 201
    first = await draft(live_client, head, use="market", floor_area_m2=40)
    same = {"venue_id": first["venue_id"], "operator_id": first["operator_id"]}
    second = await draft(live_client, head, use="market", floor_area_m2=40, **same)
    later = {"valid_from": "2027-01-01", "valid_to": "2028-01-01"}
    third = await draft(live_client, head, use="market", floor_area_m2=40, **same, **later)
    answers = await asyncio.gather(
        *(step(live_client, head, each, status="granted") for each in (first, second, third))
    )

    statuses = [each.status_code for each in answers]
    assert sorted(statuses[:2]) == [200, 409]
    assert statuses[2] == 200
    refused = next(each for each in answers if each.status_code == 409)
    assert slug(refused) == "too-much-market"
    assert "30.0%" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"price_ceiling_fen": 4_001}, "wrong-concession", "/price_ceiling_fen"),
        ({"valid_to": "2025-01-01"}, "wrong-period", "/valid_to"),
        ({"category": "castle"}, "unknown-word", "/category"),
        (
            {"space_id": "0198c0de-0000-7000-8000-000000000009"},
            "unknown-reference",
            "/space_id",
        ),
    ],
    ids=["dearer than the market", "backward", "word", "space"],
)
async def test_a_bad_concession_is_refused_by_field(
    small_city: httpx.AsyncClient, head: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    wish = {
        **WISH,
        "operator_id": (await street(small_city, head))["id"],
        "venue_id": (await venue(small_city, head))["id"],
    }
    answer = await small_city.post(
        "/v1/concessions", json={**wish, **body}, headers={**head, **key()}
    )

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]


async def test_a_draft_is_not_public_and_an_end_says_why(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    new = await draft(small_city, head)
    hidden = await small_city.get(f"/v1/concessions/{new['id']}")
    granted = (await step(small_city, head, new, status="granted")).json()
    listed = (await small_city.get("/v1/concessions")).json()["items"]
    silent = await step(small_city, head, granted, status="ended")
    ended = await step(small_city, head, granted, status="ended", reason="价格超出承诺")

    assert hidden.status_code == 404
    assert [each["id"] for each in listed] == [new["id"]]
    assert pointers(silent) == ["/reason"]
    assert ended.json()["status"] == "ended"


async def test_a_draft_is_withdrawn_with_a_reason_and_stays_inside(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    new = await draft(small_city, head)
    silent = await step(small_city, head, new, status="withdrawn")
    gone = await step(small_city, head, new, status="withdrawn", reason="经营单位退出")
    late = await step(small_city, head, gone.json(), status="granted")
    outside = await small_city.get(f"/v1/concessions/{new['id']}")
    inside = await small_city.get(f"/v1/concessions/{new['id']}", headers=head)
    granted = (await step(small_city, head, await draft(small_city, head), status="granted")).json()
    taken_back = await step(small_city, head, granted, status="withdrawn", reason="误")

    assert pointers(silent) == ["/reason"]
    assert (gone.json()["status"], gone.json()["end_reason"]) == ("withdrawn", "经营单位退出")
    assert [slug(each) for each in (late, taken_back)] == ["concession-cannot-move"] * 2
    assert (outside.status_code, inside.json()["status"]) == (404, "withdrawn")


async def costs(client: httpx.AsyncClient, header: Header, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/cost-and-use", headers=header, params={**MONTHS, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_concession_lies_where_its_venue_lies_now(
    small_city: httpx.AsyncClient, head: Header, city: Header
) -> None:
    house = await venue(small_city, head, floor_area_m2=200)
    granted = await draft(small_city, head, venue_id=house["id"])
    moved = await small_city.patch(
        f"/v1/venues/{house['id']}",
        json={"area_code": "310105001001"},
        headers={**city, "If-Match": '"v1"'},
    )
    now = (await small_city.get(f"/v1/concessions/{granted['id']}", headers=city)).json()

    assert moved.status_code == 200, moved.text
    assert (now["area_code"], now["version"]) == ("310105001001", 2)


async def test_each_venue_stands_beside_its_peers_with_their_number(
    small_city: httpx.AsyncClient, head: Header, bearer: Callable[..., Header]
) -> None:
    body = await street(small_city, head)
    houses = [await venue(small_city, head, name=f"食堂{n}", floor_area_m2=100.0) for n in range(5)]
    money = await fund(small_city, head, holder_id=body["id"])
    for number, house in enumerate(houses):
        figures = {"visits": 100, "services": 50, "cost_fen": 10_000 * (number + 1)}
        await report(small_city, head, venue_id=house["id"], **figures)
    given = await grant(small_city, head, money, venue_id=houses[0]["id"])
    await book(small_city, head, money, f"grants/{given['id']}/payments", 90_000)
    told = {each["venue_id"]: each for each in await costs(small_city, head)}
    dearest = told[houses[0]["id"]]
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")

    assert (dearest["peers"], dearest["peers_in"]) == (5, "310101")
    assert dearest["cost_fen"] == 100_000
    assert dearest["cost_per_service_fen"] == {"value": 2000, "peer_median": 800, "ratio": 2.5}
    assert dearest["cost_per_m2_fen"]["value"] == 1000
    assert dearest["visits_per_yuan"]["value"] == pytest.approx(0.1)
    assert await costs(small_city, elsewhere) == []
    assert len(await costs(small_city, head, limit=2)) == 2


async def test_few_visits_and_few_peers_are_not_told(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    house = await venue(small_city, head, floor_area_m2=100.0)
    await report(small_city, head, venue_id=house["id"], visits=7, services=7, cost_fen=70_000)
    (told,) = await costs(small_city, head)

    assert (told["visits"], told["services"], told["cost_fen"]) == (None, None, 70_000)
    assert told["cost_per_service_fen"]["value"] is None
    assert told["visits_per_yuan"]["value"] is None
    assert told["cost_per_m2_fen"] == {"value": 700, "peer_median": None, "ratio": None}
    assert (told["peers"], told["peers_in"]) == (1, "31")


async def test_platforms_that_do_the_same_and_what_none_does_are_told_by_neighbourhood(
    small_city: httpx.AsyncClient, head: Header, city: Header, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE area SET lon = 121.4837, lat = 31.2363, coord_source = 'wgs84'"
                " WHERE code = '310101002001'"
            )
        )
    civil = await street(small_city, head, line="civil_affairs")
    health = await street(small_city, head, name="卫健部门", line="health")
    room = await venue(small_city, head)
    hub = await venue(small_city, head, name="云中邻里汇", kind="neighbourhood_hub", lon=121.4840)
    far = await venue(small_city, city, lon=121.52, area_code="310101013001")
    own = {"schedule": WORKDAYS}
    for house, office, category in (
        (room, civil, "meal_canteen"),
        (hub, civil, "meal_canteen"),
        (room, health, "health_check"),
        (room, civil, "health_check"),
        (far, civil, "haircut"),
    ):
        await published(
            small_city,
            city,
            venue_id=house["id"],
            provider_id=office["id"],
            responsible_department_id=office["id"],
            category=category,
            **own,
        )
    answer = await small_city.get(
        "/v1/platform-overlaps", headers=head, params={"town": "310101002"}
    )
    told = answer.json()
    (home,) = told["neighbourhoods"]
    found = {each["category"]: each for each in home["categories"]}
    blanks = await small_city.get(
        "/v1/platform-overlaps", headers=head, params={"town": "310101002", "finding": "blank"}
    )

    assert (told["rule"], told["radius_m"]) == ("walking_circle.radius", 1000)
    assert told["without_place"] == ["310101002002", "310101002003"]
    assert found["meal_canteen"]["platforms"] == ["meal_site", "neighbourhood_hub"]
    assert found["meal_canteen"]["findings"] == ["overlap", "conflict"]
    assert found["health_check"]["findings"] == ["crossing", "conflict"]
    assert found["health_check"]["lines"] == ["civil_affairs", "health"]
    assert found["haircut"]["findings"] == ["blank"]
    (only,) = blanks.json()["neighbourhoods"]
    assert [each["category"] for each in only["categories"]] == ["haircut"]


async def test_another_town_is_not_reported_to_a_clerk(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    answer = await small_city.get(
        "/v1/platform-overlaps", headers=clerk, params={"town": "310101013"}
    )

    assert (answer.status_code, slug(answer)) == (403, "out-of-area")
