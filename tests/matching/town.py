"""A registry with a room, an offering that needs it, and a matching that knows of both."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from common import mirrors
from common.clients.registry import RegistryClient
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.db import Database
from common.errors import Text
from common.feed.client import Change
from common.http import ServiceHttp
from matching.domain.rooms import LEASE
from matching.usecases import booking_rooms, supply
from tests.contract.test_clients import Through
from tests.matching.cases import referred, seen, step, tomorrow
from tests.registry.inventory import published as offered
from tests.registry.rooms import at as instant
from tests.registry.rooms import booked, house, room, wish
from tests.registry.small_city import listing, upload

Header = dict[str, str]
TWICE_A_DAY: dict[str, Any] = {
    "weekly": [
        {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "09:00", "closes": "10:00"},
        {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "14:00", "closes": "15:00"},
    ],
    "on_holiday": "own_hours",
    "holiday_hours": [
        {"opens": "09:00", "closes": "10:00"},
        {"opens": "14:00", "closes": "15:00"},
    ],
    "makeup_as_weekday": 1,
}
STATES = ("held", "pending", "confirmed")


@dataclass(frozen=True, slots=True)
class Town:
    """Both services, who calls them, and what there is."""

    registry: httpx.AsyncClient
    calls: httpx.AsyncClient
    opened: Database
    client: RegistryClient
    city: Header
    clerk: Header
    space: dict[str, Any]
    offering: UUID

    async def refer(self, session: str = "09:00", days: int = 1, **more: Any) -> dict[str, Any]:
        """A new need, referred to a session."""
        day = {"session_on": tomorrow(days), "session": session}
        return await referred(self.calls, self.clerk, self.offering, **day, **more)

    async def withdraw(self, referral: dict[str, Any]) -> dict[str, Any]:
        """A referral that is taken back."""
        now = await seen(self.calls, self.clerk, referral)
        answer = await step(self.calls, self.clerk, now, "withdrawal")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def see(self, referral: dict[str, Any]) -> dict[str, Any]:
        """A referral as it is now."""
        found: dict[str, Any] = await seen(self.calls, self.clerk, referral)
        return found

    async def settle(self, rounds: int = 12) -> None:
        """Do all that is due, also what somebody has left lying who is gone."""
        for turn in range(1, rounds + 1):
            now = utc_now() + LEASE * turn
            if not await booking_rooms.work(self.opened, self.client, now=now):
                return
        raise AssertionError("there is always something to do")

    async def bookings(self, session: str = "09:00", days: int = 1) -> list[dict[str, Any]]:
        """The bookings of the room that stand for a session, as the registry knows them."""
        answer = await self.registry.get(
            "/v1/bookings", params={"space_id": self.space["id"], "limit": 100}, headers=self.city
        )
        start = datetime.fromisoformat(instant(session, days))
        return [
            each
            for each in answer.json()["items"]
            if each["status"] in STATES and datetime.fromisoformat(each["starts_at"]) == start
        ]

    async def block(self, session: str, until: str, days: int = 1) -> dict[str, Any]:
        """Somebody else has the room then."""
        return await booked(self.registry, self.city, wish(self.space, session, until, days))


async def furnished(
    registry: httpx.AsyncClient, city: Header
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A room and an offering that needs it, made through the registry's API."""
    assert (await upload(registry, city, listing())).status_code == 201
    venue = await house(registry, city)
    space = await room(registry, city, venue["id"])
    offering = await offered(
        registry,
        city,
        venue_id=venue["id"],
        space_id=space["id"],
        category="meal_delivery",
        eligibility={},
        schedule=TWICE_A_DAY,
        capacity=2,
        capacity_unit="person",
        capacity_period="session",
    )
    return space, offering


async def town(
    registry: httpx.AsyncClient,
    calls: httpx.AsyncClient,
    opened: Database,
    city: Header,
    clerk: Header,
    service: Header,
) -> Town:
    """A registry that was filled through its API, and a matching that its feed has told of it."""
    space, offering = await furnished(registry, city)
    async with opened.sessions.begin() as session:
        changes = [Change("offering", UUID(offering["id"]), 1, offering)]
        await mirrors.apply(session, Kind.OFFERING, changes)
        await supply.apply(session, changes, now=utc_now())
    what = Text("资源库", "The registry")
    http = ServiceHttp("http://registry.test", what=what, transport=Through(registry))
    http.headers.update(service)
    client = RegistryClient(http)
    return Town(registry, calls, opened, client, city, clerk, space, UUID(offering["id"]))
