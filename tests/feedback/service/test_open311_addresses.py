"""GeoReport with an address alone: placed by the areas that it names, else by a desk."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.contracts.feeds import Kind
from feedback.domain.routing import placed
from tests.feedback.cases import BODY, HOME, Sessions, known_bodies, step, told
from tests.feedback.service.test_open311 import FORM, V2, entry

Header = dict[str, str]
CITY, DISTRICT, TOWN = "310000000000", "310101000000", "310101002000"
NAMED = {"黄浦区": (DISTRICT, 2), "南京东路街道": (TOWN, 3), "上海市": (CITY, 1)}


@pytest.fixture(autouse=True)
async def known(sessions: Sessions) -> None:
    """A category, a body, and the areas of a street."""
    await known_bodies(sessions)
    await told(sessions, Kind.DICTIONARY_ENTRY, entry("meal_delivery", "送餐上门"))
    areas: list[dict[str, Any]] = [
        {"id": str(uuid4()), "code": code, "name": name, "level": level, "valid_to": None}
        for name, (code, level) in {**NAMED, "某居委会": (HOME, 4)}.items()
    ]
    await told(sessions, Kind.AREA, *areas)


async def posted(client: httpx.AsyncClient, header: Header, address: str) -> httpx.Response:
    form = {key: value for key, value in FORM.items() if key not in {"lat", "long"}}
    form |= {"address_string": address}
    return await client.post(f"{V2}/requests.json", data=form, headers=header)


async def case_of(
    client: httpx.AsyncClient, answer: httpx.Response, header: Header
) -> dict[str, Any]:
    """The case of a request that was taken."""
    assert answer.status_code == 200, answer.text
    number = answer.json()[0]["service_request_id"]
    listed = await client.get("/v1/cases", params={"number": number}, headers=header)
    [found] = [each for each in listed.json()["items"] if each["number"] == number]
    return dict(found)


async def test_an_address_that_names_its_street_is_placed_there(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    answer = await posted(client, resident, "上海市黄浦区南京东路街道某路 300 号")
    case = await case_of(client, answer, clerk)

    assert case["area_code"] == TOWN


async def test_one_that_names_none_waits_at_a_desk_which_places_and_routes_it_once(
    client: httpx.AsyncClient, resident: Header, city: Header, clerk: Header, head: Header
) -> None:
    case = await case_of(client, await posted(client, resident, "南京东路 300 号后门"), city)
    unseen = await client.get(f"/v1/cases/{case['id']}", headers=clerk)
    where: dict[str, Any] = {"area_code": HOME, "words": "电话核实在某居委会"}
    wide = await step(client, city, case, "placement", **{**where, "area_code": DISTRICT})
    below = await step(client, head, case, "placement", **where)
    done = await step(client, city, case, "placement", **where)
    twice = await step(client, city, done.json(), "placement", **where)
    seen = (await client.get(f"/v1/cases/{case['id']}", headers=clerk)).json()

    assert (case["area_code"], case["responsible_body_id"]) == (CITY, None)
    assert unseen.status_code == below.status_code == 404
    assert (wide.status_code, wide.json()["errors"][0]["pointer"]) == (422, "/area_code")
    assert done.status_code == 200, done.text
    assert (seen["area_code"], seen["responsible_body_id"]) == (HOME, BODY)
    assert seen["due_at"] == case["due_at"]
    assert (twice.status_code, twice.json()["type"]) == (409, "case-placed")


async def test_a_request_with_no_place_at_all_is_refused(
    client: httpx.AsyncClient, resident: Header
) -> None:
    answer = await posted(client, resident, "")

    assert answer.status_code == 400
    assert "address_string" in answer.json()[0]["description"]


def test_a_name_that_two_districts_have_leads_to_the_district_that_is_named_or_nowhere() -> None:
    here, there = "310101002000", "310104003000"

    assert placed([here, there]) == CITY
    assert placed([here, there, DISTRICT]) == here
    assert placed([DISTRICT]) == DISTRICT
    assert placed([]) == CITY
