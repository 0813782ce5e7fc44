"""Bookings through the public API: one at a time, for whom, on which terms, and what follows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.clock import CITY_ZONE, utc_now
from registry.queries import bookings as queries
from registry.tables import Booking, Occupancy
from registry.usecases.booking_steps import lapse
from tests.registry.inventory import patched, pointers, slug, street
from tests.registry.rooms import at, book, booked, day_after, hall, house, room, wish
from tests.registry.small_city import key

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def venue(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await house(small_city, clerk)


@pytest.fixture
async def space(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> dict[str, Any]:
    return await room(small_city, clerk, venue["id"])


async def step(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], name: str, **body: Any
) -> httpx.Response:
    address = f"/v1/bookings/{record['id']}/{name}"
    return await client.post(address, json=body or None, headers={**header, **key()})


async def test_the_same_put_again_is_the_same_booking(
    small_city: httpx.AsyncClient, resident: Header, space: dict[str, Any]
) -> None:
    own, asked = str(uuid4()), wish(space, "09:00", "10:00")
    first = await booked(small_city, resident, asked, own)
    again = await book(small_city, resident, asked, own)
    other = await book(small_city, resident, {**asked, "persons": 11}, own)
    listed = (await small_city.get("/v1/bookings", headers=resident)).json()["items"]

    assert (again.status_code, again.json()) == (200, first)
    assert (other.status_code, slug(other)) == (409, "booking-id-reused")
    assert [each["id"] for each in listed] == [own]
    assert (first["status"], first["party"]) == ("confirmed", "resident")


async def test_a_stranger_learns_nothing_by_another_ones_id(
    small_city: httpx.AsyncClient,
    resident: Header,
    space: dict[str, Any],
    bearer: Callable[..., Header],
) -> None:
    asked = wish(space, "09:00", "10:00")
    record = await booked(small_city, resident, asked)
    stranger = bearer(Role.RESIDENT, subject="resident-2")
    address = f"/v1/bookings/{record['id']}"
    same = await book(small_city, stranger, asked, record["id"])
    read = await small_city.get(address, headers=stranger)
    cancelled = await small_city.delete(address, headers=stranger)

    assert (same.status_code, slug(same)) == (409, "booking-id-reused")
    assert (read.status_code, cancelled.status_code) == (404, 404)


async def test_a_hall_and_its_rooms_exclude_each_other(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    whole, left, right = await hall(small_city, clerk, venue["id"], capacity=60)
    await booked(small_city, clerk, wish(left, "09:00", "10:00"))
    refused = await book(small_city, clerk, wish(whole, "09:30", "11:00"))
    beside = await book(small_city, clerk, wish(right, "09:00", "10:00"))
    later = await booked(small_city, clerk, wish(whole, "10:00", "11:00"))
    inside = await book(small_city, clerk, wish(right, "10:30", "11:30"))

    assert (refused.status_code, slug(refused)) == (409, "slot-taken")
    assert refused.json()["errors"][0]["value"] == f"{day_after()} 09:00 – {day_after()} 10:00"
    assert beside.status_code == 201
    assert later["space_id"] == whole["id"]
    assert slug(inside) == "slot-taken"


async def test_what_is_given_back_can_be_booked_by_the_next(
    small_city: httpx.AsyncClient, resident: Header, clerk: Header, space: dict[str, Any]
) -> None:
    record = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    address = f"/v1/bookings/{record['id']}"
    gone = [(await small_city.delete(address, headers=resident)).status_code for _ in range(2)]
    told = (await small_city.get(address, headers=resident)).json()
    await booked(small_city, clerk, wish(space, "09:00", "10:00"))

    assert gone == [204, 204]
    assert (told["status"], told["cancel_reason"]) == ("cancelled", "withdrawn")


async def test_a_hold_is_confirmed_in_time_or_falls_to_the_next(
    small_city: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    space: dict[str, Any],
    sessions: Sessions,
) -> None:
    held = await booked(small_city, resident, wish(space, "09:00", "10:00", is_hold=True))
    kept = await booked(small_city, resident, wish(space, "11:00", "12:00", is_hold=True))
    confirmed = await step(small_city, resident, kept, "confirmation")
    async with sessions.begin() as session:
        past = {"at": utc_now() - timedelta(minutes=1)}
        await session.execute(
            text("UPDATE booking SET hold_expires_at = :at WHERE status = 'held'"), past
        )
    late = await step(small_city, resident, held, "confirmation")
    await booked(small_city, clerk, wish(space, "09:00", "10:00"))
    lost = (await small_city.get(f"/v1/bookings/{held['id']}", headers=resident)).json()

    assert (held["status"], held["hold_expires_at"] is None) == ("held", False)
    assert confirmed.json()["status"] == "confirmed"
    assert (late.status_code, slug(late)) == (409, "hold-expired")
    assert lost["status"] == "expired"


async def test_the_clockwork_ends_what_nobody_kept(
    small_city: httpx.AsyncClient, resident: Header, space: dict[str, Any], sessions: Sessions
) -> None:
    held = await booked(small_city, resident, wish(space, "09:00", "10:00", is_hold=True))
    later = utc_now() + timedelta(hours=1)
    async with sessions.begin() as session:
        rows = await queries.overdue(session, now=later, limit=10)
        await lapse(session, rows, now=later)
    async with sessions() as session:
        left = list(await session.scalars(select(Occupancy)))

    assert [str(row.id) for row in rows] == [held["id"]]
    assert left == []


async def test_where_staff_decide_a_request_waits_and_holds_the_room(
    small_city: httpx.AsyncClient, resident: Header, clerk: Header, venue: dict[str, Any]
) -> None:
    space = await room(small_city, clerk, venue["id"], is_approval_needed=True)
    asked = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    second = await book(small_city, resident, wish(space, "09:30", "10:30"))
    himself = await step(small_city, resident, asked, "approval")
    approved = await step(small_city, clerk, asked, "approval")
    refused = await booked(small_city, resident, wish(space, "15:00", "16:00"))
    answer = await step(small_city, clerk, refused, "rejection", reason="rejected")
    own = await booked(small_city, clerk, wish(space, "15:00", "16:00"))

    assert asked["status"] == "pending"
    assert slug(second) == "slot-taken"
    assert himself.status_code == 403
    assert approved.json()["status"] == "confirmed"
    assert answer.json()["cancel_reason"] == "rejected"
    assert own["status"] == "confirmed"


@pytest.mark.parametrize(
    ("change", "kind", "pointer"),
    [
        ({"persons": 31}, "booking-unfit", "/persons"),
        ({"purpose": "market"}, "booking-unfit", "/purpose"),
        ({"purpose": "administration"}, "booking-unfit", "/purpose"),
        ({"ends_at": at("09:00")}, "booking-unfit", "/ends_at"),
        ({"ends_at": at("09:10")}, "booking-unfit", "/ends_at"),
        ({"starts_at": at("09:00", -1), "ends_at": at("10:00", -1)}, "booking-unfit", "/starts_at"),
        ({"starts_at": at("09:00", 99), "ends_at": at("10:00", 99)}, "booking-unfit", "/starts_at"),
        ({"offering_id": str(uuid4())}, "unknown-reference", "/offering_id"),
    ],
    ids=["crowd", "market", "office work", "backwards", "short", "past", "far", "offering"],
)
async def test_what_a_room_does_not_allow_is_refused_by_field(
    small_city: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    venue: dict[str, Any],
    change: dict[str, Any],
    kind: str,
    pointer: str,
) -> None:
    purposes = ["activity", "administration"]
    space = await room(small_city, clerk, venue["id"], purposes=purposes)
    answer = await book(small_city, resident, wish(space, "09:00", "10:00") | change)

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointer in pointers(answer)


async def test_a_room_is_booked_only_while_it_is_open(
    small_city: httpx.AsyncClient, resident: Header, space: dict[str, Any]
) -> None:
    early = await book(small_city, resident, wish(space, "07:30", "08:30"))
    late = await book(small_city, resident, wish(space, "21:30", "22:30"))
    whole = await book(small_city, resident, wish(space, "08:00", "10:00"))

    assert (early.status_code, slug(early)) == (409, "space-closed-then")
    assert slug(late) == "space-closed-then"
    assert whole.status_code == 201


async def test_what_is_suspended_takes_no_bookings(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    whole, left, _ = await hall(small_city, clerk, venue["id"])
    await patched(small_city, clerk, "/v1/spaces", left, {"status": "suspended"})
    by_part = await book(small_city, clerk, wish(whole, "09:00", "10:00"))
    await patched(small_city, clerk, "/v1/venues", venue, {"status": "suspended"})
    by_venue = await book(small_city, clerk, wish(whole, "09:00", "10:00"))

    assert (by_part.status_code, slug(by_part)) == (409, "space-not-bookable")
    assert (by_venue.status_code, slug(by_venue)) == (409, "space-not-bookable")


async def test_buffers_keep_a_room_free_around_a_booking(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    buffers = {"buffer_before_minutes": 10, "buffer_after_minutes": 20}
    space = await room(small_city, clerk, venue["id"], **buffers)
    await booked(small_city, clerk, wish(space, "09:00", "10:00"))
    close = await book(small_city, clerk, wish(space, "10:25", "11:00"))
    far = await book(small_city, clerk, wish(space, "10:30", "11:00"))
    days = (await small_city.get(f"/v1/spaces/{space['id']}/availability?days=2")).json()

    assert slug(close) == "slot-taken"
    assert far.status_code == 201
    assert [tuple(map(local, each.values())) for each in days[1]["free"]] == [
        ("08:00", "08:30"),
        ("11:30", "22:00"),
    ]


async def test_a_resident_has_a_quota_and_a_body_its_own(
    small_city: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    space: dict[str, Any],
    bearer: Callable[..., Header],
) -> None:
    for hour in ("08", "09", "10"):
        await booked(small_city, resident, wish(space, f"{hour}:00", f"{hour}:30"))
    fourth = await book(small_city, resident, wish(space, "11:00", "11:30"))
    body = await street(small_city, clerk)
    provider = bearer(Role.PROVIDER, org=body["id"])
    asked = wish(space, "12:00", "13:00", organisation_id=body["id"])
    own = await booked(small_city, provider, asked)
    behalf = await booked(small_city, clerk, {**asked, **_moved("14:00", "15:00")})
    foreign = await book(small_city, resident, {**asked, **_moved("16:00", "17:00")})

    assert (fourth.status_code, slug(fourth)) == (409, "booking-quota-reached")
    assert "booking.quota.resident" in fourth.json()["detail"]
    assert (own["party"], behalf["party"]) == ("organisation", "organisation")
    assert (foreign.status_code, slug(foreign)) == (403, "not-your-organisation")


def local(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(CITY_ZONE).strftime("%H:%M")


def _moved(start: str, end: str) -> dict[str, str]:
    return {"starts_at": at(start), "ends_at": at(end)}


async def test_use_is_recorded_once_it_has_begun(
    small_city: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    space: dict[str, Any],
    sessions: Sessions,
) -> None:
    used = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    missed = await booked(small_city, resident, wish(space, "11:00", "12:00"))
    early = await step(small_city, clerk, used, "attendance", is_used=True)
    async with sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE booking SET starts_at = starts_at - interval '2 days',"
                " ends_at = ends_at - interval '2 days'"
            )
        )
    done = await step(small_city, clerk, used, "attendance", is_used=True)
    absent = await step(small_city, clerk, missed, "attendance", is_used=False)
    same = await step(small_city, clerk, missed, "attendance", is_used=False)
    begun = await small_city.delete(f"/v1/bookings/{used['id']}", headers=resident)

    assert (early.status_code, slug(early)) == (409, "booking-not-begun")
    assert (done.json()["status"], absent.json()["status"]) == ("used", "no_show")
    assert (same.status_code, slug(same)) == (409, "booking-cannot-move")
    assert (begun.status_code, slug(begun)) == (409, "booking-begun")


async def test_what_was_told_by_mistake_is_corrected_once_with_a_reason_and_in_time(
    small_city: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    space: dict[str, Any],
    sessions: Sessions,
) -> None:
    record = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    late = await booked(small_city, resident, wish(space, "11:00", "12:00"))
    earlier = "UPDATE booking SET starts_at = starts_at - interval '2 days', ends_at = ends_at"
    async with sessions.begin() as session:
        await session.execute(text(f"{earlier} - interval '2 days'"))
    for each in (record, late):
        await step(small_city, clerk, each, "attendance", is_used=False)
    async with sessions.begin() as session:
        told = text("UPDATE booking SET settled_at = settled_at - interval '4 days' WHERE id = :id")
        await session.execute(told, {"id": late["id"]})
    silent = await step(small_city, clerk, record, "attendance", is_used=True)
    mended = await step(small_city, clerk, record, "attendance", is_used=True, reason="登记有误")
    twice = await step(small_city, clerk, record, "attendance", is_used=False, reason="再改")
    over = await step(small_city, clerk, late, "attendance", is_used=True, reason="登记有误")
    async with sessions() as session:
        held = await session.scalars(select(Occupancy.holder_id))

    assert (silent.status_code, pointers(silent)) == (422, ["/reason"])
    assert (mended.status_code, mended.json()["status"]) == (200, "used")
    assert [slug(each) for each in (twice, over)] == ["attendance-corrected", "correction-late"]
    assert [str(each) for each in held] == [record["id"]]


async def test_who_was_there_after_all_has_no_room_that_another_was_given(
    small_city: httpx.AsyncClient,
    clerk: Header,
    resident: Header,
    space: dict[str, Any],
    sessions: Sessions,
) -> None:
    record = await booked(small_city, resident, wish(space, "09:00", "10:00"))
    begun = "UPDATE booking SET starts_at = starts_at - interval '2 days' WHERE id = :id"
    async with sessions.begin() as session:
        await session.execute(text(begun), {"id": record["id"]})
    await step(small_city, clerk, record, "attendance", is_used=False)
    await booked(small_city, clerk, wish(space, "09:00", "10:00"))
    back = await step(small_city, clerk, record, "attendance", is_used=True, reason="登记有误")
    kept = (await small_city.get(f"/v1/bookings/{record['id']}", headers=clerk)).json()

    assert (back.status_code, slug(back)) == (409, "slot-taken")
    assert kept["status"] == "no_show"


async def test_a_blackout_and_bookings_exclude_each_other(
    small_city: httpx.AsyncClient, clerk: Header, venue: dict[str, Any]
) -> None:
    whole, left, _ = await hall(small_city, clerk, venue["id"])
    record = await booked(small_city, clerk, wish(left, "09:00", "10:00"))
    times = {"venue_id": venue["id"], "starts_at": at("08:00"), "ends_at": at("12:00")}
    header = {**clerk, **key()}
    refused = await small_city.post(
        "/v1/blackouts", json={**times, "reason": "检修"}, headers=header
    )
    await small_city.delete(f"/v1/bookings/{record['id']}", headers=clerk)
    kept = await small_city.post(
        "/v1/blackouts", json={**times, "reason": "检修"}, headers={**clerk, **key()}
    )
    shut = await book(small_city, clerk, wish(whole, "11:00", "13:00"))
    listed = (await small_city.get(f"/v1/venues/{venue['id']}/blackouts")).json()
    await small_city.delete(f"/v1/blackouts/{kept.json()['id']}", headers=clerk)
    opened = await book(small_city, clerk, wish(whole, "11:00", "13:00"))

    assert (refused.status_code, slug(refused)) == (409, "blackout-clashes")
    assert [each["value"] for each in refused.json()["errors"]] == [record["id"]]
    assert [each["reason"] for each in listed] == ["检修"]
    assert len(kept.json()["space_ids"]) == 2
    assert slug(shut) == "slot-taken"
    assert opened.status_code == 201


async def test_the_database_itself_takes_no_room_twice(
    small_city: httpx.AsyncClient, clerk: Header, space: dict[str, Any], sessions: Sessions
) -> None:
    record = await booked(small_city, clerk, wish(space, "09:00", "10:00"))
    copied = (
        "INSERT INTO space_occupancy (venue_id, holder_id, cell_id, during)"
        " SELECT venue_id, gen_random_uuid(), cell_id, during FROM space_occupancy"
    )
    with pytest.raises(IntegrityError, match="ex_space_occupancy_one_at_a_time"):
        async with sessions.begin() as session:
            await session.execute(text(copied))
    async with sessions() as session:
        row = await session.get_one(Booking, record["id"])

    assert row.status == "confirmed"
