"""An offering that needs a room has one for each session, or its referrals come back.

Both services are real; what is between them is cut at every step.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.roles import Role
from common.clients.registry import RegistryClient
from common.clock import city_day, utc_now
from common.contracts.registry.bookings import Booking, BookingIn
from common.db import Database
from common.errors import Text
from common.feed.client import Change
from common.http import ServiceHttp
from matching import tables
from matching.domain.rooms import LEASE
from matching.usecases import booking_rooms, rooms, supply
from tests.harness import Apps, Databases
from tests.matching.cases import places, raised, refer
from tests.matching.runs import asked, computed, offering, publish
from tests.matching.runs import step as run_step
from tests.matching.town import Town, town
from tests.registry.small_city import key

Header = dict[str, str]
STEPS = range(1, 7)


@pytest.fixture
async def there(
    apps: Apps,
    databases: Databases,
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    bearer: Callable[..., Header],
) -> AsyncIterator[Town]:
    city = bearer(Role.CITY_OFFICE, area="31", line="*")
    service = bearer(Role.SERVICE, area="31")
    with databases.fresh("registry") as urls:
        async with apps.live("registry", urls, worker="false") as registry:
            yield await town(registry, calls, opened, city, clerk, service)


async def test_the_first_referral_books_the_room_and_the_last_one_gives_it_back(
    there: Town,
) -> None:
    first, second = await there.refer(), await there.refer()
    asked_for = await there.see(first)
    await there.settle()
    (booking,) = await there.bookings()

    assert (asked_for["room"], (await there.see(second))["room"]) == ("wanted", "booked")
    assert booking["id"] == first["booking_id"] == second["booking_id"]
    assert (booking["offering_id"], booking["persons"]) == (str(there.offering), 2)
    assert await there.bookings("14:00") == []

    await there.withdraw(first)
    await there.settle()
    assert len(await there.bookings()) == 1
    await there.withdraw(second)
    await there.settle()
    assert await there.bookings() == []
    assert (await there.see(second))["room"] == "left"


async def test_who_waited_keeps_the_room_of_who_left(there: Town) -> None:
    first, second = await there.refer(), await there.refer()
    waits = await there.refer(wait=True)
    await there.settle()
    await there.withdraw(first)
    await there.withdraw(second)
    await there.settle()

    (booking,) = await there.bookings()
    now = await there.see(waits)
    assert (now["status"], now["room"], now["booking_id"]) == ("held", "booked", booking["id"])


async def test_who_waited_keeps_the_room_of_the_session_though_days_are_counted_by_now(
    there: Town,
) -> None:
    first, _ = await there.refer("14:00"), await there.refer("14:00")
    waits = await there.refer("14:00", wait=True)
    await there.settle()
    offering = await there.registry.get(f"/v1/offerings/{there.offering}", headers=there.city)
    state = {**offering.json(), "capacity_period": "day"}
    async with there.opened.sessions.begin() as session:
        change = Change("offering", there.offering, 2, state)
        await supply.apply(session, [change], now=utc_now())
    await there.withdraw(first)
    await there.settle()

    (booking,) = await there.bookings("14:00")
    now = await there.see(waits)
    assert (now["status"], now["session"]) == ("held", "14:00")
    assert (now["room"], now["booking_id"]) == ("booked", booking["id"])
    assert await there.bookings("09:00") == []


async def test_a_refused_room_sends_referrals_back_with_a_reason_and_their_places(
    there: Town,
) -> None:
    theirs = await there.block("09:30", "10:30")
    sent = await there.refer()
    await there.settle()

    now = await there.see(sent)
    need = (await there.calls.get(f"/v1/needs/{sent['need_id']}", headers=there.clerk)).json()
    (row,) = await places(there.calls, there.clerk, there.offering)
    async with there.opened.sessions() as session:
        room = await session.get_one(tables.Room, UUID(sent["booking_id"]))
    assert (now["status"], now["decline_reason"]) == ("declined", "no_room")
    assert (need["status"], row["taken"]) == ("open", 0)
    assert (room.status, room.refusal) == ("left", "slot-taken")
    assert [each["id"] for each in await there.bookings("09:30")] == [theirs["id"]]


async def test_a_room_that_is_taken_away_sends_referrals_back(there: Town) -> None:
    sent = await there.refer()
    await there.settle()
    address = f"/v1/bookings/{sent['booking_id']}"
    taken = await there.registry.post(
        f"{address}/rejection", json={"reason": "displaced"}, headers={**there.city, **key()}
    )
    assert taken.status_code == 200, taken.text
    await told(there, address)
    await there.settle()

    now = await there.see(sent)
    async with there.opened.sessions() as session:
        room = await session.get_one(tables.Room, UUID(sent["booking_id"]))
    assert (now["status"], now["decline_reason"], room.refusal) == (
        "declined",
        "no_room",
        "displaced",
    )


async def test_a_booking_that_stands_though_nobody_wants_it_is_given_back(there: Town) -> None:
    sent = await there.refer()
    await there.settle()
    address = f"/v1/bookings/{sent['booking_id']}"
    before = (await there.registry.get(address, headers=there.city)).json()
    async with there.opened.sessions.begin() as session:
        room = await session.get_one(tables.Room, UUID(sent["booking_id"]))
        room.status = "left"
    await told(there, address, before)
    await there.settle()

    assert await there.bookings() == []


async def told(there: Town, address: str, state: dict[str, Any] | None = None) -> None:
    """The registry's feed tells of a booking."""
    state = state or (await there.registry.get(address, headers=there.city)).json()
    async with there.opened.sessions.begin() as session:
        change = Change("booking", UUID(state["id"]), 1, state)
        await rooms.heed(session, [change], now=utc_now())


async def test_a_registry_that_is_silent_until_the_session_begins_sends_referrals_back(
    there: Town,
) -> None:
    sent = await there.refer()

    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    transport = httpx.MockTransport(refused)
    http = ServiceHttp("http://registry.test", what=Text("资源库", "r"), transport=transport)
    silent, now = RegistryClient(http), utc_now()
    for minutes in (0, 5, 10):
        await booking_rooms.work(there.opened, silent, now=now + timedelta(minutes=minutes))
    still = await there.see(sent)
    for _ in range(3):
        await booking_rooms.work(there.opened, silent, now=now + timedelta(days=2))
    await there.settle()

    now_told = await there.see(sent)
    assert (still["status"], still["room"]) == ("held", "wanted")
    assert (now_told["status"], now_told["decline_reason"]) == ("declined", "no_room")


async def test_a_session_without_hours_is_refused_at_once(there: Town) -> None:
    sent = await there.refer()
    need = {"id": sent["need_id"]}
    await there.withdraw(sent)
    answer = await refer(there.calls, there.clerk, need, there.offering, session="12:00")

    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-referral")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/session"]


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fuse:
    """Kills at a step."""

    left: int

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class Mortal(RegistryClient):
    """Calls that may be the last thing a process does: not sent, or sent and never answered."""

    def __init__(self, client: RegistryClient, fuse: Fuse) -> None:
        super().__init__(client._http)
        self._fuse = fuse

    async def book(self, booking_id: UUID, wish: BookingIn) -> Booking:
        self._fuse.burn()
        booking = await super().book(booking_id, wish)
        self._fuse.burn()
        return booking

    async def cancel_booking(self, booking_id: UUID) -> None:
        self._fuse.burn()
        await super().cancel_booking(booking_id)
        self._fuse.burn()


@dataclass
class MortalSessions:
    """Transactions before which a process may go."""

    opened: Database
    fuse: Fuse

    @property
    def sessions(self) -> "MortalSessions":
        return self

    def __call__(self) -> AsyncSession:
        return self.opened.sessions()

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        self.fuse.burn()
        return self.opened.sessions.begin()


async def killed(there: Town, at: int) -> None:
    """Work until the process is killed at its nth step, then leave the rest to another one."""
    fuse = Fuse(at)
    database: Any = MortalSessions(there.opened, fuse)
    try:
        for _ in range(4):
            await booking_rooms.work(database, Mortal(there.client, fuse), now=utc_now())
    except Killed:
        pass
    await there.settle()


async def test_killed_at_any_step_a_room_is_booked_once_and_given_back_once(there: Town) -> None:
    for at in STEPS:
        sent = await there.refer(days=at)
        await killed(there, at)
        assert [each["id"] for each in await there.bookings(days=at)] == [sent["booking_id"]]
        assert (await there.see(sent))["room"] == "booked"
        await there.withdraw(sent)
        await killed(there, at)
        assert await there.bookings(days=at) == []
        assert (await there.see(sent))["room"] == "left"


async def test_killed_at_any_step_a_refusal_sends_back_once_and_leaves_nothing(
    there: Town,
) -> None:
    for at in STEPS:
        theirs = await there.block("14:00", "15:00", at)
        sent = await there.refer("14:00", at)
        await killed(there, at)
        now = await there.see(sent)
        assert (now["status"], now["decline_reason"]) == ("declined", "no_room")
        assert [each["id"] for each in await there.bookings("14:00", at)] == [theirs["id"]]
    rows = await places(there.calls, there.clerk, there.offering, limit="50")
    assert {row["taken"] for row in rows} == {0}


async def test_a_withdrawal_while_the_registry_is_called_gives_the_room_back(there: Town) -> None:
    sent = await there.refer()

    class Slow(RegistryClient):
        async def book(self, booking_id: UUID, wish: BookingIn) -> Booking:
            booking = await super().book(booking_id, wish)
            await there.withdraw(sent)
            return booking

    await booking_rooms.work(there.opened, Slow(there.client._http), now=utc_now())
    await there.settle()

    assert await there.bookings() == []
    assert (await there.see(sent))["room"] == "left"


async def test_a_room_that_was_booked_meanwhile_has_nothing_left_to_do(there: Town) -> None:
    sent = await there.refer()

    class Slow(RegistryClient):
        async def book(self, booking_id: UUID, wish: BookingIn) -> Booking:
            assert await booking_rooms.work(there.opened, there.client, now=utc_now() + LEASE) == 1
            return await super().book(booking_id, wish)

    await booking_rooms.work(there.opened, Slow(there.client._http), now=utc_now())

    async with there.opened.sessions() as session:
        room = await session.get_one(tables.Room, UUID(sent["booking_id"]))
    assert (room.status, room.due_at) == ("booked", None)


async def test_a_session_has_one_room_however_many_come_at_once(there: Town) -> None:
    await asyncio.gather(*(there.refer("14:00") for _ in range(2)), there.refer("09:00"))
    async with there.opened.sessions() as session:
        found = (await session.scalars(select(tables.Room.session))).all()
    assert sorted(found) == ["09:00", "14:00"]
    with pytest.raises(IntegrityError, match="uq_room_session"):
        async with there.opened.sessions.begin() as session:
            row = (await session.scalars(select(tables.Room).limit(1))).one()
            values = {each.key: getattr(row, each.key) for each in tables.Room.__table__.columns}
            session.add(tables.Room(**{**values, "id": UUID(int=7)}))


async def test_a_run_asks_for_rooms_too_and_takes_none_without_hours_for_granted(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    space = "0192f000-0000-7000-8000-000000000099"
    meal = offering(121.481, 2, space_id=space)
    await publish(opened.sessions, meal)
    need = await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    done = await run_step(calls, head, run, "commit")
    assert done.status_code == 200, done.text
    async with opened.sessions() as session:
        room = (await session.scalars(select(tables.Room))).one()
        sent = (await session.scalars(select(tables.Referral))).one()
    assert (str(sent.need_id), sent.booking_id) == (need["id"], room.id)
    assert (room.status, room.refusal) == ("refused", "no-session-then")
    assert city_day(room.starts_at) == sent.session_on
