"""Rooms through the public API: which are refused, which are found, and when one may close."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.registry.inventory import patched, pointers, slug
from tests.registry.rooms import booked, hall, house, room, wish
from tests.registry.small_city import key

Header = dict[str, str]


@pytest.fixture
async def venue(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await house(small_city, clerk)


async def test_a_room_closes_only_when_nothing_is_booked(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    whole, left, _ = await hall(small_city, clerk, venue["id"])
    record = await booked(small_city, clerk, wish(whole, "09:00", "10:00"))
    busy = await patched(small_city, clerk, "/v1/spaces", left, {"status": "closed"})
    await small_city.delete(f"/v1/bookings/{record['id']}", headers=clerk)
    free = await patched(small_city, clerk, "/v1/spaces", left, {"status": "closed"})
    history = await small_city.get(f"/v1/history/space/{left['id']}", headers=clerk)

    assert (busy.status_code, slug(busy)) == (409, "space-in-use")
    assert free.json()["status"] == "closed"
    assert history.json()["items"][0]["changes"][0]["before"] == "active"


@pytest.mark.parametrize(
    ("change", "kind", "pointer"),
    [
        ({"shortest_minutes": 90, "longest_minutes": 60}, "wrong-space", "/shortest_minutes"),
        ({"parts": [str(uuid4())]}, "wrong-space", "/parts"),
        ({"parts": [str(uuid4()), str(uuid4())]}, "unknown-reference", "/parts/0"),
    ],
    ids=["lengths", "one part", "foreign parts"],
)
async def test_a_room_that_contradicts_itself_is_refused_by_field(
    small_city: httpx.AsyncClient,
    clerk: Header,
    venue: dict[str, Any],
    change: dict[str, Any],
    kind: str,
    pointer: str,
) -> None:
    body = {"venue_id": venue["id"], "name": "室", "capacity": 10, **change}
    answer = await small_city.post("/v1/spaces", json=body, headers={**clerk, **key()})

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer)[0] == pointer


async def test_rooms_are_found_by_what_they_hold_and_allow(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    more: dict[str, Any] = {"capacity": 80, "equipment": ["sound", "stage"]}
    stage = await room(small_city, clerk, venue["id"], **more)
    await room(small_city, clerk, venue["id"], capacity=8, purposes=["market"])

    async def found(**query: Any) -> list[str]:
        answer = await small_city.get("/v1/spaces", params=query)
        return [each["id"] for each in answer.json()["items"]]

    assert await found(capacity=50) == [stage["id"]]
    assert await found(purpose="activity", equipment="stage") == [stage["id"]]
    assert len(await found(area="310101002")) == 2
    assert await found(area="310105") == []
