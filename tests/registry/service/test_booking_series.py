"""Series of bookings: whole, or with the times named that could not be had; never by halves."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from registry.tables import Booking, BookingSeries, Occupancy
from tests.registry.inventory import slug
from tests.registry.rooms import ALWAYS, booked, day_after, hall, house, wish

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def rooms(
    small_city: httpx.AsyncClient, clerk: Header
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A hall, and a room of it."""
    exceptions = [{"on": str(day_after(15)), "hours": []}]
    venue = await house(small_city, clerk)
    whole, left, _ = await hall(
        small_city, clerk, venue["id"], opening_hours={**ALWAYS, "exceptions": exceptions}
    )
    return whole, left


async def series(
    client: httpx.AsyncClient, header: Header, first: dict[str, Any], series_id: str, **more: Any
) -> httpx.Response:
    asked = {"first": first, "every": "week", "times": 4, **more}
    return await client.put(f"/v1/booking-series/{series_id}", json=asked, headers=header)


async def counted(sessions: Sessions) -> tuple[int, int, int]:
    async with sessions() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(table))
            for table in (BookingSeries, Booking, Occupancy)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


async def test_a_series_is_booked_whole_and_once(
    small_city: httpx.AsyncClient, clerk: Header, rooms: Any, sessions: Sessions
) -> None:
    whole, _ = rooms
    own, first = str(uuid4()), wish(whole, "09:00", "10:00", 2)
    made = await series(small_city, clerk, first, own)
    again = await series(small_city, clerk, first, own)
    other = await series(small_city, clerk, first, own, times=5)
    starts = [each["starts_at"][:10] for each in made.json()["bookings"]]

    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == made.json()
    assert starts == [str(day_after(2 + 7 * week)) for week in range(4)]
    assert (other.status_code, slug(other)) == (409, "booking-id-reused")
    assert await counted(sessions) == (1, 4, 8)


async def test_a_clash_fails_the_whole_series_and_names_the_day(
    small_city: httpx.AsyncClient, clerk: Header, rooms: Any, sessions: Sessions
) -> None:
    whole, left = rooms
    await booked(small_city, clerk, wish(left, "09:30", "10:30", 9))
    before = await counted(sessions)
    answer = await series(small_city, clerk, wish(whole, "09:00", "10:00", 2), str(uuid4()))

    assert (answer.status_code, slug(answer)) == (409, "slot-taken")
    assert [each["value"] for each in answer.json()["errors"]] == [str(day_after(9))]
    assert await counted(sessions) == before == (0, 1, 1)


async def test_skipped_days_are_named_with_their_reason(
    small_city: httpx.AsyncClient, clerk: Header, rooms: Any, sessions: Sessions
) -> None:
    whole, left = rooms
    await booked(small_city, clerk, wish(left, "09:30", "10:30", 8))
    first = wish(whole, "09:00", "10:00")
    answer = await series(small_city, clerk, first, str(uuid4()), on_clash="skip")
    told = answer.json()

    assert answer.status_code == 201
    assert told["skipped"] == [
        {"on": str(day_after(8)), "reason": "taken"},
        {"on": str(day_after(15)), "reason": "closed"},
    ]
    assert len(told["bookings"]) == 2
    assert await counted(sessions) == (1, 3, 5)


async def test_a_series_beyond_the_horizon_is_refused(
    small_city: httpx.AsyncClient, clerk: Header, rooms: Any, sessions: Sessions
) -> None:
    whole, _ = rooms
    far = await series(small_city, clerk, wish(whole, "09:00", "10:00"), str(uuid4()), times=60)

    assert (far.status_code, slug(far)) == (422, "booking-unfit")
    assert await counted(sessions) == (0, 0, 0)


async def test_what_lies_ahead_of_a_series_is_given_back_together(
    small_city: httpx.AsyncClient, clerk: Header, rooms: Any, sessions: Sessions
) -> None:
    whole, _ = rooms
    own = str(uuid4())
    await series(small_city, clerk, wish(whole, "09:00", "10:00", 2), own)
    gone = await small_city.delete(f"/v1/booking-series/{own}", headers=clerk)
    never = await small_city.delete(f"/v1/booking-series/{uuid4()}", headers=clerk)
    listed = await small_city.get(f"/v1/bookings?series_id={own}", headers=clerk)

    assert (gone.status_code, never.status_code) == (204, 404)
    assert {each["status"] for each in listed.json()["items"]} == {"cancelled"}
    assert await counted(sessions) == (1, 4, 0)
