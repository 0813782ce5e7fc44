"""What keeps a room for somebody, what ends, and who may say so, through the public API."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Urls
from tests.registry.inventory import made, patched, pointers, slug, street
from tests.registry.rooms import (
    ROOM,
    at,
    book,
    booked,
    day_after,
    hall,
    house,
    room,
    waiters,
    wish,
)
from tests.registry.service.test_bookings import step
from tests.registry.service.test_space_use import use
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def venue(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await house(small_city, clerk)


async def back(sessions: Sessions, days: int) -> None:
    """All bookings lie so many days earlier."""
    shift = "UPDATE booking SET starts_at = starts_at - :days * interval '1 day',"
    async with sessions.begin() as session:
        await session.execute(
            text(f"{shift} ends_at = ends_at - :days * interval '1 day'"), {"days": days}
        )


async def test_a_venue_closes_when_nobody_has_booked_a_room_of_it(
    small_city: httpx.AsyncClient, clerk: Header, resident: Header, venue: dict[str, Any]
) -> None:
    space = await room(small_city, clerk, venue["id"])
    record = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    shut = {"status": "closed"}
    refused = await patched(small_city, clerk, "/v1/venues", venue, shut)
    await small_city.delete(f"/v1/bookings/{record['id']}", headers=resident)
    closed = await patched(small_city, clerk, "/v1/venues", venue, shut)

    assert (refused.status_code, slug(refused)) == (409, "venue-booked")
    assert closed.status_code == 200


async def test_nobody_books_a_room_while_its_venue_closes(
    live_client: httpx.AsyncClient, city: Header, clerk: Header, fresh_database: Urls
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    there = await house(live_client, clerk)
    space = await room(live_client, clerk, there["id"])
    async with (
        database(fresh_database.app, pool_size=1, journal=False) as opened,
        opened.sessions.begin() as session,  # both wait here, who closes first
    ):
        await session.execute(text("SELECT FROM space FOR UPDATE"))
        shut = patched(live_client, clerk, "/v1/venues", there, {"status": "closed"})
        closing = asyncio.create_task(shut)
        await waiters(session, 1)
        booking = asyncio.create_task(book(live_client, clerk, wish(space, "09:00", "10:00")))
        await waiters(session, 2)
        assert not closing.done()

    assert (await closing).status_code == 200
    assert slug(await booking) == "space-not-bookable"


async def test_what_is_over_holds_no_room_and_stays_in_the_figures(
    small_city: httpx.AsyncClient,
    clerk: Header,
    venue: dict[str, Any],
    sessions: Sessions,
) -> None:
    space = await room(small_city, clerk, venue["id"], purposes=["administration"])
    asked = wish(space, "09:00", "13:00", purpose="administration")
    record = await booked(small_city, clerk, asked)
    await back(sessions, 9)
    month = f"{day_after(-8):%Y-%m}"
    given = await small_city.delete(f"/v1/bookings/{record['id']}", headers=clerk)
    taken = await step(small_city, clerk, record, "rejection", reason="displaced")
    (told,) = await use(small_city, clerk, "venues", month=month)
    closed = await patched(small_city, clerk, "/v1/spaces", space, {"status": "closed"})

    assert [slug(given), slug(taken)] == ["booking-over", "booking-over"]
    assert told["purposes"][0]["booked_minutes"] == 240
    assert closed.status_code == 200


async def test_what_was_given_back_in_the_middle_took_the_room_until_then(
    small_city: httpx.AsyncClient,
    clerk: Header,
    venue: dict[str, Any],
    sessions: Sessions,
) -> None:
    space = await room(small_city, clerk, venue["id"])
    for start, end in (("09:00", "12:00"), ("13:00", "16:00")):
        await booked(small_city, clerk, wish(space, start, end))
    async with sessions.begin() as session:
        for clock, status, column, more in (
            ("09:00", "cancelled", "cancelled_at", ", cancel_reason = 'withdrawn'"),
            ("13:00", "no_show", "settled_at", ""),
        ):
            change = f"status = '{status}', {column} = starts_at + interval '1 hour'{more}"
            where = f"WHERE starts_at = '{at(clock)}'"
            await session.execute(text(f"UPDATE booking SET {change} {where}"))
    (told,) = await use(small_city, clerk, "venues", month=f"{day_after():%Y-%m}")

    assert told["booked_minutes"] == 120


async def test_a_provider_books_for_itself_and_never_as_the_office(
    small_city: httpx.AsyncClient,
    clerk: Header,
    venue: dict[str, Any],
    bearer: Callable[..., Header],
) -> None:
    terms = {"is_approval_needed": True, "purposes": ["administration", "activity"]}
    space = await room(small_city, clerk, venue["id"], **terms)
    body = await street(small_city, clerk)
    shop = bearer(Role.PROVIDER, org=body["id"], area="310101002")
    asked = wish(space, "09:00", "10:00")
    office = await book(small_city, shop, {**asked, "purpose": "administration"})
    own = await booked(small_city, shop, {**asked, "organisation_id": body["id"]})

    assert (office.status_code, slug(office)) == (403, "not-your-organisation")
    assert (own["party"], own["status"]) == ("organisation", "pending")


async def test_only_who_approves_bookings_gives_back_what_somebody_else_has(
    small_city: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    venue: dict[str, Any],
    bearer: Callable[..., Header],
) -> None:
    grid = bearer(Role.GRID_WORKER, area="310101002", subject="grid-1")
    space = await room(small_city, clerk, venue["id"])
    theirs = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    own = await booked(small_city, grid, wish(space, "11:00", "12:00"))
    answers = [
        await small_city.delete(f"/v1/bookings/{record['id']}", headers=header)
        for record, header in ((theirs, grid), (own, grid), (theirs, clerk))
    ]

    assert [each.status_code for each in answers] == [403, 204, 204]
    assert slug(answers[0]) == "permission-missing"


async def test_market_use_waits_for_somebody_who_may_agree_to_it(
    small_city: httpx.AsyncClient,
    clerk: Header,
    venue: dict[str, Any],
    bearer: Callable[..., Header],
) -> None:
    head = bearer(Role.VENUE_HEAD, area="310101002", line="civil_affairs")
    space = await room(small_city, clerk, venue["id"], purposes=["market"])
    body = await street(small_city, clerk)
    market: dict[str, Any] = {"purpose": "market"}
    himself = await book(small_city, head, wish(space, "09:00", "10:00", **market))
    desk = await booked(small_city, clerk, wish(space, "09:00", "10:00", **market))
    for_body = wish(space, "11:00", "12:00", organisation_id=body["id"], **market)
    asked = await booked(small_city, head, for_body)

    assert (himself.status_code, slug(himself)) == (403, "not-delegated")
    assert (desk["status"], asked["status"]) == ("confirmed", "pending")


async def test_a_hall_names_each_of_its_rooms_once(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    _, left, right = await hall(small_city, clerk, venue["id"])
    parts = [left["id"], right["id"], left["id"]]
    body = {**ROOM, "venue_id": venue["id"], "parts": parts}
    answer = await small_city.post("/v1/spaces", json=body, headers={**clerk, **key()})

    assert (answer.status_code, slug(answer)) == (422, "wrong-space")
    assert pointers(answer) == ["/parts/2"]


async def test_what_is_told_as_free_can_be_booked(
    small_city: httpx.AsyncClient, clerk: Header, resident: Header, venue: dict[str, Any]
) -> None:
    space = await room(small_city, clerk, venue["id"], ahead_days=3)
    asked: dict[str, Any] = {"from": str(day_after(3)), "days": 2}
    near, far = (
        await small_city.get(f"/v1/spaces/{space['id']}/availability", params=asked)
    ).json()
    last = await book(small_city, resident, wish(space, "09:00", "10:00", days=3))

    assert [len(near["free"]), far["free"]] == [1, []]
    assert last.status_code == 201


async def test_a_room_that_is_added_while_the_venue_is_shut_is_shut_too(
    small_city: httpx.AsyncClient, clerk: Header, resident: Header, venue: dict[str, Any]
) -> None:
    known = await room(small_city, clerk, venue["id"])
    times = {"venue_id": venue["id"], "starts_at": at("08:00"), "ends_at": at("12:00")}
    shut = await made(small_city, clerk, "/v1/blackouts", {**times, "reason": "装修"})
    some = {**times, "starts_at": at("13:00"), "ends_at": at("15:00"), "space_ids": [known["id"]]}
    await made(small_city, clerk, "/v1/blackouts", {**some, "reason": "检修"})
    new = await room(small_city, clerk, venue["id"], name="演示数据 新室")
    early = await book(small_city, resident, wish(new, "09:00", "10:00"))
    late = await book(small_city, resident, wish(new, "13:00", "14:00"))
    await small_city.delete(f"/v1/blackouts/{shut['id']}", headers=clerk)
    after = await book(small_city, resident, wish(new, "09:00", "10:00"))

    assert slug(early) == "slot-taken"
    assert [late.status_code, after.status_code] == [201, 201]


async def test_a_room_is_added_while_the_blackout_of_its_venue_is_lifted(
    live_client: httpx.AsyncClient, city: Header, clerk: Header, fresh_database: Urls
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    there = await house(live_client, clerk)
    times = {"venue_id": there["id"], "starts_at": at("08:00"), "ends_at": at("12:00")}
    await made(live_client, clerk, "/v1/blackouts", {**times, "reason": "装修"})
    async with (
        database(fresh_database.app, pool_size=1, journal=False) as opened,
        opened.sessions.begin() as session,
    ):
        await session.execute(text("DELETE FROM blackout"))  # as who lifts it does at last
        adding = asyncio.create_task(room(live_client, clerk, there["id"]))
        await waiters(session, 1)
    new = await adding

    assert (await book(live_client, clerk, wish(new, "09:00", "10:00"))).status_code == 201
