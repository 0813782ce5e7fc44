"""Idle property through the public API: from the find to the venue."""

from collections.abc import Callable
from typing import Any

import httpx

from common.auth.roles import Role
from tests.registry.inventory import made, patched, pointers, slug, venue
from tests.registry.small_city import key

Header = dict[str, str]
FOUND: dict[str, Any] = {
    "name": "演示数据 旧仓库",
    "area_code": "310101002001",
    "owner_name": "演示数据 国企",
    "lon": 121.4837,
    "lat": 31.2363,
}


async def found(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    return await made(client, header, "/v1/idle-properties", {**FOUND, **more})


async def move(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], status: str, **more: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/idle-properties/{record['id']}/status",
        json={"status": status, **more},
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def test_a_find_becomes_a_venue(small_city: httpx.AsyncClient, clerk: Header) -> None:
    record = await found(small_city, clerk, floor_area_m2=120)
    hub = await venue(small_city, clerk)
    learned = {
        "surveyed": {},
        "agreed": {"tenure": "lent", "agreement_number": "演-1", "agreed_from": "2026-03-01"},
        "fitting_out": {"planned_use": "neighbourhood_hub", "fit_out_until": "2026-06-01"},
        "in_use": {"venue_id": hub["id"]},
    }
    for status, facts in learned.items():
        if facts:
            answer = await patched(small_city, clerk, "/v1/idle-properties", record, facts)
            assert answer.status_code == 200, answer.text
            record = answer.json()
        answer = await move(small_city, clerk, record, status)
        assert answer.status_code == 200, answer.text
        record = answer.json()

    totals = await small_city.get("/v1/idle-properties/totals", headers=clerk)
    told = await small_city.get(f"/v1/history/idle_property/{record['id']}", headers=clerk)

    assert (record["status"], record["venue_id"]) == ("in_use", hub["id"])
    assert totals.json() == [
        {"status": "in_use", "tenure": "lent", "properties": 1, "floor_area_m2": 120.0}
    ]
    steps = [
        (each["before"], each["after"])
        for change in reversed(told.json()["items"])
        for each in change["changes"]
        if each["name"] == "status"
    ]
    assert [after for _, after in steps] == ["found", "surveyed", "agreed", "fitting_out", "in_use"]


async def test_a_step_before_its_time_names_what_lacks(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    record = await found(small_city, clerk)
    surveyed = await move(small_city, clerk, record, "surveyed")
    agreed = await move(small_city, clerk, record, "agreed")
    silent = await move(small_city, clerk, record, "dropped")
    dropped = await move(small_city, clerk, record, "dropped", reason="产权纠纷")

    assert (surveyed.status_code, slug(surveyed)) == (422, "property-incomplete")
    assert pointers(surveyed) == ["/floor_area_m2"]
    assert (agreed.status_code, slug(agreed)) == (409, "property-cannot-move")
    assert pointers(silent) == ["/reason"]
    assert dropped.json()["drop_reason"] == "产权纠纷"


async def test_what_a_step_asked_for_cannot_be_emptied_later(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    record = await found(small_city, clerk, floor_area_m2=90)
    record = (await move(small_city, clerk, record, "surveyed")).json()
    answer = await patched(
        small_city, clerk, "/v1/idle-properties", record, {"floor_area_m2": None}
    )

    assert (answer.status_code, slug(answer)) == (422, "property-incomplete")


async def test_two_properties_never_become_one_venue(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    hub = await venue(small_city, clerk)
    await found(small_city, clerk, venue_id=hub["id"], code="P-1")
    body = {**FOUND, "venue_id": hub["id"]}
    second = await small_city.post("/v1/idle-properties", json=body, headers={**clerk, **key()})
    body = {**FOUND, "code": "P-1"}
    third = await small_city.post("/v1/idle-properties", json=body, headers={**clerk, **key()})

    assert (second.status_code, slug(second)) == (409, "venue-taken")
    assert (third.status_code, slug(third)) == (409, "property-code-taken")


async def test_a_property_becomes_a_venue_where_it_stands(
    small_city: httpx.AsyncClient, clerk: Header, city: Header
) -> None:
    elsewhere = await venue(small_city, city, area_code="310105001001")
    body = {**FOUND, "venue_id": elsewhere["id"]}
    made_there = await small_city.post("/v1/idle-properties", json=body, headers={**clerk, **key()})
    house = await found(small_city, clerk)
    tied = await patched(
        small_city, clerk, "/v1/idle-properties", house, {"venue_id": elsewhere["id"]}
    )

    assert [(a.status_code, slug(a), pointers(a)) for a in (made_there, tied)] == [
        (422, "wrong-property", ["/venue_id"])
    ] * 2


async def test_it_is_the_business_of_the_desks_of_the_area(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    record = await found(small_city, clerk)
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    path = f"/v1/idle-properties/{record['id']}"

    assert (await small_city.get(path)).status_code == 401
    assert (await small_city.get(path, headers=elsewhere)).status_code == 404
    assert (await small_city.get("/v1/idle-properties", headers=elsewhere)).json()["items"] == []
    assert (await move(small_city, elsewhere, record, "dropped", reason="x")).status_code == 403
