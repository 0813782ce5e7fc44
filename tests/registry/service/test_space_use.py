"""The use of space: a month by purpose, offices against their cap, idle rooms."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from tests.registry.inventory import patched, slug
from tests.registry.rooms import booked, hall, house, wish

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
PURPOSES = ["activity", "administration"]
OPEN_MINUTES = 31 * 14 * 60  # of one room in May


@pytest.fixture
async def used(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> tuple[dict[str, Any], ...]:
    """A hall of two rooms with a month of bookings: 4 hours, 2 hours of one room, one no-show."""
    venue = await house(small_city, clerk)
    rooms = await hall(small_city, clerk, venue["id"], purposes=PURPOSES)
    whole, left, _ = rooms
    first = await booked(small_city, clerk, wish(whole, "09:00", "13:00", purpose="administration"))
    second = await booked(small_city, clerk, wish(left, "14:00", "16:00"))
    third = await booked(small_city, clerk, wish(left, "18:00", "19:00"))
    await _in_may(sessions, first, "used")
    await _in_may(sessions, second, "used")
    await _in_may(sessions, third, "no_show")
    return rooms


async def _in_may(sessions: Sessions, record: dict[str, Any], status: str) -> None:
    """The booking lay on 20 May, and this came of it."""
    statement = (
        "UPDATE booking SET status = :status, settled_at = now(),"
        " starts_at = '2026-05-20 01:00Z', ends_at = timestamptz '2026-05-20 01:00Z'"
        " + (ends_at - starts_at) WHERE id = CAST(:id AS uuid)"
    )
    async with sessions.begin() as session:
        await session.execute(text(statement), {"status": status, "id": record["id"]})


async def use(client: httpx.AsyncClient, header: Header, what: str, **query: Any) -> Any:
    asked = {"area": "310101002", "month": "2026-05", **query}
    answer = await client.get(f"/v1/space-use/{what}", params=asked, headers=header)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_month_is_counted_by_room_and_purpose(
    small_city: httpx.AsyncClient, clerk: Header, used: Any
) -> None:
    (venue,) = await use(small_city, clerk, "venues")
    elsewhere = await use(small_city, clerk, "venues", month="2026-06")

    assert (venue["rooms"], venue["open_minutes"]) == (2, 2 * OPEN_MINUTES)
    assert venue["purposes"] == [
        {"purpose": "activity", "booked_minutes": 180, "used_minutes": 120},
        {"purpose": "administration", "booked_minutes": 480, "used_minutes": 480},
    ]
    assert venue["administration_share"] == pytest.approx(480 / (2 * OPEN_MINUTES))
    assert (venue["is_over_cap"], venue["rule"]) == (False, "space.administration.share")
    assert elsewhere[0]["booked_minutes"] == 0


async def test_a_venue_over_its_cap_is_listed_with_the_rule(
    small_city: httpx.AsyncClient, clerk: Header, used: Any, sessions: Sessions
) -> None:
    before = await use(small_city, clerk, "venues", over_cap=True)
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE rule SET value = '0.009' WHERE code = 'space.administration.share'")
        )
    (after,) = await use(small_city, clerk, "venues", over_cap=True)

    assert before == []
    assert (after["is_over_cap"], after["administration_cap"]) == (True, 0.009)


async def test_rooms_that_stand_idle_come_emptiest_first(
    small_city: httpx.AsyncClient, clerk: Header, used: Any
) -> None:
    _, left, right = used
    rooms = await use(small_city, clerk, "idle-rooms")

    assert [each["space_id"] for each in rooms] == [right["id"], left["id"]]
    assert rooms[0]["booked_share"] == pytest.approx(240 / OPEN_MINUTES)


async def test_a_room_that_is_shut_today_was_used_all_the_same(
    small_city: httpx.AsyncClient, clerk: Header, used: Any
) -> None:
    before = await use(small_city, clerk, "venues")
    for each in used:
        now = (await small_city.get(f"/v1/spaces/{each['id']}")).json()
        await patched(small_city, clerk, "/v1/spaces", now, {"status": "suspended"})

    assert await use(small_city, clerk, "venues") == before


async def test_nobody_looks_into_another_district(
    small_city: httpx.AsyncClient, bearer: Callable[..., Header]
) -> None:
    head = bearer(Role.VENUE_HEAD, area="310101002")
    asked = {"area": "310101", "month": "2026-05"}
    wide = await small_city.get("/v1/space-use/venues", params=asked, headers=head)
    wrong = await small_city.get(
        "/v1/space-use/venues", params={**asked, "month": "2026-13"}, headers=head
    )

    assert (wide.status_code, slug(wide)) == (403, "out-of-area")
    assert wrong.status_code == 422
