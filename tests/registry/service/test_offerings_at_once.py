"""Two callers at once around a venue and its offerings, on connections of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.registry.offerings import OfferingIn, OfferingMove, OfferingStatus
from common.contracts.registry.venues import VenuePatch
from common.errors import Problem
from common.geo import System
from registry.queries import offerings as queries
from registry.usecases import offerings, venues
from tests.registry.crowd import NOW
from tests.registry.inventory import OFFERING, draft, move, patched, slug, street, venue

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def office(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.STREET_HEAD, area="310101002", line="*")


async def ready(client: httpx.AsyncClient, header: Header) -> tuple[dict[str, Any], dict[str, Any]]:
    """A venue and a complete draft in it."""
    body = await street(client, header)
    there = await venue(client, header)
    new = await draft(
        client,
        header,
        venue_id=there["id"],
        provider_id=body["id"],
        responsible_department_id=body["id"],
    )
    return there, new


async def second_waits(
    sessions: Sessions,
    first: Callable[[AsyncSession], Awaitable[Any]],
    second: Callable[[AsyncSession], Awaitable[Any]],
) -> Problem | None:
    """Run the second while the first has not committed; what the second met."""

    async def run() -> None:
        async with sessions.begin() as session:
            await second(session)

    async with sessions.begin() as session:
        await first(session)
        await session.flush()
        waiting = asyncio.create_task(run())
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done, "the second did not wait"
    (outcome,) = await asyncio.gather(waiting, return_exceptions=True)
    assert outcome is None or isinstance(outcome, Problem), outcome
    return outcome


def slugs(answers: Sequence[httpx.Response]) -> list[str]:
    return sorted("" if each.is_success else slug(each) for each in answers)


async def test_two_publish_at_once_and_one_of_them_is_stale(
    live_city: httpx.AsyncClient, clerk: Header
) -> None:
    _, new = await ready(live_city, clerk)

    answers = await asyncio.gather(*(move(live_city, clerk, new, "published") for _ in range(2)))
    history = await live_city.get(f"/v1/offerings/{new['id']}/history", headers=clerk)

    assert slugs(answers) == ["", "stale-version"]
    assert [step["to_status"] for step in history.json()] == ["draft", "published"]


async def test_two_edits_of_one_version_do_not_overwrite_each_other(
    live_city: httpx.AsyncClient, clerk: Header
) -> None:
    there, _ = await ready(live_city, clerk)

    answers = await asyncio.gather(
        *(patched(live_city, clerk, "/v1/venues", there, {"name": name}) for name in "甲乙丙")
    )
    kept = (await live_city.get(f"/v1/venues/{there['id']}")).json()

    assert slugs(answers) == ["", "stale-version", "stale-version"]
    assert kept["version"] == 2
    assert [kept["name"]] == [each.json()["name"] for each in answers if each.is_success]


async def test_a_venue_that_closes_first_takes_no_publication(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    there, new = await ready(live_city, clerk)

    met = await second_waits(
        two,
        lambda session: venues.edit_venue(
            session,
            there["id"],
            VenuePatch.model_validate({"status": "closed"}),
            version=1,
            system=System.WGS84,
            by=office,
            now=NOW,
        ),
        lambda session: offerings.move_offering(
            session,
            new["id"],
            OfferingMove(status=OfferingStatus.PUBLISHED),
            version=1,
            by=office,
            now=NOW,
        ),
    )

    assert met is not None
    assert met.slug == "venue-closed"


async def test_a_publication_that_comes_first_keeps_the_venue_open(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    there, new = await ready(live_city, clerk)

    met = await second_waits(
        two,
        lambda session: offerings.move_offering(
            session,
            new["id"],
            OfferingMove(status=OfferingStatus.PUBLISHED),
            version=1,
            by=office,
            now=NOW,
        ),
        lambda session: venues.edit_venue(
            session,
            there["id"],
            VenuePatch.model_validate({"status": "closed"}),
            version=1,
            system=System.WGS84,
            by=office,
            now=NOW,
        ),
    )

    assert met is not None
    assert met.slug == "venue-in-use"


async def test_an_offering_added_while_its_venue_moves_lies_where_the_venue_lies(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    there = await venue(live_city, clerk)
    moved = {"area_code": "310101002002", "lon": 121.47, "lat": 31.24}

    met = await second_waits(
        two,
        lambda session: venues.edit_venue(
            session,
            there["id"],
            VenuePatch.model_validate(moved),
            version=1,
            system=System.WGS84,
            by=office,
            now=NOW,
        ),
        lambda session: offerings.add_offering(
            session,
            OfferingIn.model_validate({**OFFERING, "venue_id": there["id"]}),
            by=office,
            now=NOW,
        ),
    )

    async with two() as session:
        filters = queries.Filters(venue_id=there["id"], status=OfferingStatus.DRAFT)
        (row,) = await queries.page(session, office, filters, after=None, limit=5)
    assert met is None
    assert (row.area_code, row.lon, row.lat) == ("310101002002", 121.47, 31.24)
