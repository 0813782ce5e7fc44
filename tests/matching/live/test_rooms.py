"""Registry and matching as processes: a killed matching still books, and hears of what is lost."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from common.auth.roles import Role
from deploy.local.environment import Secrets, Urls
from tests.harness import Databases
from tests.living import living
from tests.matching.cases import raised, refer, seen
from tests.matching.town import furnished
from tests.registry.small_city import key

Header = dict[str, str]
PATIENCE_S = 60


async def test_a_killed_matching_books_its_rooms_and_hears_when_one_is_taken_away(
    databases: Databases,
    fresh_database: Urls,
    secrets: Secrets,
    clerk: Header,
    bearer: Callable[..., Header],
) -> None:
    city = bearer(Role.CITY_OFFICE, area="31", line="*")
    with databases.fresh("registry") as urls:
        async with (
            living("registry", urls, secrets) as houses,
            living("matching", fresh_database, secrets, registry_url=houses.base) as matching,
            httpx.AsyncClient(base_url=houses.base, timeout=60) as registry,
            httpx.AsyncClient(base_url=matching.base, timeout=60) as calls,
            asyncio.timeout(PATIENCE_S),
        ):
            _, offering = await furnished(registry, city)
            sent = await referred_once_known(calls, clerk, offering)
            matching.kill()
            await asyncio.to_thread(matching.start)
            booked = await until(calls, clerk, sent, "room", "booked")
            address = f"/v1/bookings/{sent['booking_id']}"
            booking = (await registry.get(address, headers=city)).json()
            assert (booked["status"], booking["status"]) == ("held", "confirmed")

            rejection = {"reason": "unusable"}
            await registry.post(f"{address}/rejection", json=rejection, headers={**city, **key()})
            back = await until(calls, clerk, sent, "status", "declined")
            assert back["decline_reason"] == "no_room"


async def referred_once_known(
    calls: httpx.AsyncClient, clerk: Header, offering: dict[str, Any]
) -> dict[str, Any]:
    """A referral, as soon as the feed has told of the offering."""
    need = await raised(calls, clerk)
    while True:
        answer = await refer(calls, clerk, need, UUID(offering["id"]), session="09:00")
        if answer.status_code == 201:
            found: dict[str, Any] = answer.json()
            return found
        assert answer.status_code == 404, answer.text
        await asyncio.sleep(0.1)


async def until(
    calls: httpx.AsyncClient, clerk: Header, sent: dict[str, Any], name: str, value: str
) -> dict[str, Any]:
    """The referral once it is so."""
    while True:
        found: dict[str, Any] = await seen(calls, clerk, sent)
        if found[name] == value:
            return found
        await asyncio.sleep(0.1)
