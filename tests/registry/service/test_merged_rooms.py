"""Rooms, rosters and months of two venues that are made one, and two again."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import utc_now
from common.db import database
from deploy.local.environment import Urls
from registry.tables import Booking, Occupancy, Space
from registry.worker import remind
from tests.registry.inventory import made, patched, slug
from tests.registry.rooms import (
    ALWAYS,
    at,
    book,
    booked,
    day_after,
    hall,
    room,
    roster,
    waiters,
    wish,
)
from tests.registry.service.test_duplicates import decide, queue, two_houses, undo
from tests.registry.small_city import listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


async def two_open(
    client: httpx.AsyncClient, header: Header
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two records of one house, each open every day."""
    first, second = [
        await patched(client, header, "/v1/venues", each, {"opening_hours": ALWAYS})
        for each in await two_houses(client, header)
    ]
    return first.json(), second.json()


async def merged(client: httpx.AsyncClient, header: Header, kept: dict[str, Any]) -> httpx.Response:
    (pair,) = await queue(client, header, "venue")
    return await decide(client, header, pair, "same", keep_id=kept["id"])


async def strays(sessions: Sessions) -> int:
    """Bookings and what they take that are not where their room is."""
    async with sessions() as session:
        away = select(Booking.id).join(Space, Space.id == Booking.space_id)
        bookings = await session.scalars(away.where(Booking.venue_id != Space.venue_id))
        held = select(Occupancy.holder_id).join(Space, Space.id == Occupancy.cell_id)
        taken = await session.scalars(held.where(Occupancy.venue_id != Space.venue_id))
        return len(bookings.all()) + len(taken.all())


async def test_a_booked_room_stays_booked_when_its_venue_is_merged_and_parted_again(
    small_city: httpx.AsyncClient, clerk: Header, resident: Header, sessions: Sessions
) -> None:
    first, second = await two_open(small_city, clerk)
    whole, left, _ = await hall(small_city, clerk, second["id"])
    before = await booked(small_city, resident, wish(left, "09:00", "10:00"))
    merge = (await merged(small_city, clerk, first)).json()
    twice = await book(small_city, clerk, wish(whole, "09:00", "10:00"))
    between = await booked(small_city, clerk, wish(whole, "14:00", "15:00"))
    strayed = await strays(sessions)
    undone = await undo(small_city, clerk, merge["merge_id"])
    after = [
        await book(small_city, clerk, wish(left, f"{hour:02}:00", f"{hour + 1:02}:00"))
        for hour in (9, 14)
    ]
    for record in (before, between):
        await small_city.delete(f"/v1/bookings/{record['id']}", headers=clerk)
    freed = await book(small_city, clerk, wish(whole, "09:00", "15:00"))

    assert (twice.status_code, slug(twice)) == (409, "slot-taken")
    assert undone.status_code == 200
    assert [slug(each) for each in after] == ["slot-taken", "slot-taken"]
    assert (strayed, await strays(sessions)) == (0, 0)
    assert freed.status_code == 201, freed.text


async def test_a_blackout_over_rooms_of_both_is_lifted_from_all_of_them(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    first, second = await two_open(small_city, clerk)
    rooms = [await room(small_city, clerk, each["id"]) for each in (first, second)]
    merge = (await merged(small_city, clerk, first)).json()
    times = {"starts_at": at("08:00"), "ends_at": at("22:00"), "reason": "检修"}
    shut = await made(small_city, clerk, "/v1/blackouts", {"venue_id": first["id"], **times})
    await undo(small_city, clerk, merge["merge_id"])
    closed = [await book(small_city, clerk, wish(each, "09:00", "10:00")) for each in rooms]
    await small_city.delete(f"/v1/blackouts/{shut['id']}", headers=clerk)
    opened = [await book(small_city, clerk, wish(each, "09:00", "10:00")) for each in rooms]

    assert [slug(each) for each in closed] == ["slot-taken", "slot-taken"]
    assert [each.status_code for each in opened] == [201, 201]


async def test_what_shut_one_record_of_a_house_shuts_no_room_that_the_other_gets(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    first, second = await two_open(small_city, clerk)
    old = await room(small_city, clerk, second["id"], name="旧室")
    times = {"starts_at": at("08:00"), "ends_at": at("22:00"), "reason": "检修"}
    await made(small_city, clerk, "/v1/blackouts", {"venue_id": second["id"], **times})
    merge = (await merged(small_city, clerk, first)).json()
    new = await room(small_city, clerk, first["id"])
    during = [await book(small_city, clerk, wish(each, "09:00", "10:00")) for each in (old, new)]
    await undo(small_city, clerk, merge["merge_id"])
    late = await room(small_city, clerk, second["id"], name="新室")
    after = await book(small_city, clerk, wish(late, "09:00", "10:00"))

    assert [each.status_code for each in during] == [409, 201]
    assert (after.status_code, slug(after)) == (409, "slot-taken")


async def test_a_booking_that_waits_for_a_merge_is_kept_where_the_room_is_then(
    live_client: httpx.AsyncClient, city: Header, clerk: Header, fresh_database: Urls
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    first, second = await two_open(live_client, clerk)
    space = await room(live_client, clerk, second["id"])
    (pair,) = await queue(live_client, clerk, "venue")
    async with database(fresh_database.app, pool_size=1, journal=False) as opened:
        async with opened.sessions.begin() as session:  # both wait here, the merge first
            await session.execute(text("SELECT FROM space FOR UPDATE"))
            merging = asyncio.create_task(
                decide(live_client, clerk, pair, "same", keep_id=first["id"])
            )
            await waiters(session, 1)
            booking = asyncio.create_task(book(live_client, clerk, wish(space, "09:00", "10:00")))
            await waiters(session, 2)
            assert not merging.done()
        answers = [(await each).status_code for each in (merging, booking)]

        assert answers == [200, 201]
        assert await strays(opened.sessions) == 0


async def test_what_both_have_told_stands_against_no_merge(
    live_client: httpx.AsyncClient, city: Header, clerk: Header, fresh_database: Urls
) -> None:
    """Rosters of the same days, months that both reported, a reminder of each."""
    assert (await upload(live_client, city, listing())).status_code == 201
    first, second = await two_open(live_client, clerk)
    for house, days in ((first, 3), (second, 4)):
        await made(live_client, clerk, "/v1/duties", roster(house["id"], days=days))
        told = {"venue_id": house["id"], "month": "2026-02-01", "visits": 20, "services": 9}
        await made(live_client, clerk, "/v1/venue-months", told)
    later = {"valid_from": str(day_after(9)), "valid_to": str(day_after(12))}
    await made(live_client, clerk, "/v1/duties", {**roster(second["id"]), **later})
    async with database(fresh_database.app, pool_size=1, journal=False) as opened:
        await remind(opened, now=utc_now())
    merge = await merged(live_client, clerk, first)
    kept = (await live_client.get("/v1/duties", params={"venue_id": first["id"]})).json()["items"]
    gaps = await live_client.get("/v1/duty-gaps?area=310101002", headers=clerk)
    undone = await undo(live_client, clerk, merge.json()["merge_id"])
    back = (await live_client.get("/v1/duties", params={"venue_id": second["id"]})).json()["items"]

    assert merge.status_code == 200, merge.text
    assert [each["valid_to"] for each in kept] == [str(day_after(3)), str(day_after(12))]
    assert [each["venue_id"] for each in gaps.json()] == [first["id"]]
    assert undone.status_code == 200
    assert len(back) == 2


async def test_a_roster_left_with_the_retired_record_binds_nobody(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    first, second = await two_open(small_city, clerk)
    body = {"kind": "staff", "name": "甲", "area_code": "310101002000"}
    one = (await made(small_city, clerk, "/v1/people", body))["id"]
    head = {"title": "站长", "phone": "021-63210001", "person_id": one}
    duty = await made(small_city, clerk, "/v1/duties", roster(first["id"]))
    await made(small_city, clerk, "/v1/duties", roster(second["id"], a=head))
    twice = await patched(small_city, clerk, "/v1/duties", duty, {"a": head})
    assert (await merged(small_city, clerk, first)).status_code == 200
    now = (await small_city.get(f"/v1/duties/{duty['id']}")).json()
    moved = await patched(small_city, clerk, "/v1/duties", now, {"a": head})

    assert (twice.status_code, moved.status_code) == (422, 200)
