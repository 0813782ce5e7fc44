"""Delegation: what a venue's head may decide alone, and where it is asked for."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from tests.registry.inventory import made, slug, street
from tests.registry.rooms import booked, day_after, house, room, wish
from tests.registry.service.test_duplicates import BODY, TWIN, queue, undo
from tests.registry.service.test_duplicates import decide as judge
from tests.registry.small_city import key

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.VENUE_HEAD, area="310101002", line="civil_affairs")


@pytest.fixture
def office(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.STREET_HEAD, area="310101002", line="*")


@pytest.fixture
async def venue(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await house(small_city, clerk)


def power(venue: dict[str, Any], **more: Any) -> dict[str, Any]:
    days = {"valid_from": str(day_after(-1)), "valid_to": str(day_after(30))}
    body = {"venue_id": venue["id"], "power": "call_resource", "limit_fen": 50_000, **days}
    return {**body, "basis": "演示〔2026〕2号", **more}


async def decide(
    client: httpx.AsyncClient, header: Header, given: dict[str, Any], **more: Any
) -> httpx.Response:
    body = {"amount_fen": 50_000, "note": "请志愿服务队", **more}
    address = f"/v1/delegations/{given['id']}/decisions"
    return await client.post(address, json=body, headers={**header, **key()})


async def test_a_head_decides_within_the_power_and_no_further(
    small_city: httpx.AsyncClient, office: Header, head: Header, venue: dict[str, Any]
) -> None:
    body = await street(small_city, office)
    only = power(venue, organisation_ids=[body["id"]])
    given = await made(small_city, office, "/v1/delegations", only)
    within = await decide(small_city, head, given, organisation_id=body["id"])
    more = await decide(small_city, head, given, organisation_id=body["id"], amount_fen=50_001)
    other = await decide(small_city, head, given)
    himself = await small_city.post("/v1/delegations", json=only, headers={**head, **key()})
    address = f"/v1/delegations/{given['id']}"
    await small_city.post(f"{address}/revocation", headers={**office, **key()})
    late = await decide(small_city, head, given, organisation_id=body["id"])
    kept = (await small_city.get(f"{address}/decisions", headers=head)).json()

    assert within.status_code == 201
    assert (more.status_code, slug(more)) == (409, "beyond-delegation")
    assert slug(other) == "beyond-delegation"
    assert himself.status_code == 403
    assert (late.status_code, slug(late)) == (403, "not-delegated")
    assert [each["amount_fen"] for each in kept] == [50_000]


async def test_one_power_is_delegated_once_at_a_time(
    small_city: httpx.AsyncClient, office: Header, venue: dict[str, Any]
) -> None:
    await made(small_city, office, "/v1/delegations", power(venue))
    twice = await small_city.post("/v1/delegations", json=power(venue), headers={**office, **key()})
    other = await made(small_city, office, "/v1/delegations", power(venue, power="approve_market"))

    assert (twice.status_code, slug(twice)) == (409, "delegation-overlaps")
    assert other["revoked_at"] is None


async def test_market_use_needs_the_power_of_a_head_and_of_nobody_else(
    small_city: httpx.AsyncClient,
    office: Header,
    clerk: Header,
    head: Header,
    venue: dict[str, Any],
    bearer: Callable[..., Header],
) -> None:
    shop = bearer(Role.PROVIDER, org=(await street(small_city, clerk))["id"])
    terms = {"purposes": ["market"], "is_approval_needed": True}
    space = await room(small_city, clerk, venue["id"], **terms)
    own = {"purpose": "market", "organisation_id": (await _org(small_city))["id"]}
    asked = [
        await booked(small_city, shop, wish(space, f"{hour}:00", f"{hour}:30", **own))
        for hour in ("09", "10")
    ]

    async def approve(header: Header, record: dict[str, Any]) -> httpx.Response:
        address = f"/v1/bookings/{record['id']}/approval"
        return await small_city.post(address, headers={**header, **key()})

    refused = await approve(head, asked[0])
    by_desk = await approve(clerk, asked[0])
    await made(small_city, office, "/v1/delegations", power(venue, power="approve_market"))
    by_head = await approve(head, asked[1])

    assert (refused.status_code, slug(refused)) == (403, "not-delegated")
    assert by_desk.json()["status"] == "confirmed"
    assert by_head.json()["status"] == "confirmed"


async def _org(client: httpx.AsyncClient) -> dict[str, Any]:
    """The one body there is."""
    found: dict[str, Any] = (await client.get("/v1/organisations")).json()["items"][0]
    return found


async def test_the_database_itself_keeps_decisions_within_their_limit(
    small_city: httpx.AsyncClient, office: Header, venue: dict[str, Any], sessions: Sessions
) -> None:
    given = await made(small_city, office, "/v1/delegations", power(venue))
    over = (
        "INSERT INTO delegated_decision (delegation_id, id, amount_fen, limit_fen, note,"
        " decided_at, decided_by) VALUES (CAST(:given AS uuid), CAST(:own AS uuid), 2, 1, 'x',"
        " now(), 'x')"
    )
    with pytest.raises(IntegrityError, match="within_the_limit"):
        async with sessions.begin() as session:
            await session.execute(text(over), {"given": given["id"], "own": str(uuid4())})


@pytest.mark.parametrize("names_both", [False, True])
async def test_who_may_be_called_is_named_as_merged_and_as_before_when_parted(
    small_city: httpx.AsyncClient,
    clerk: Header,
    office: Header,
    head: Header,
    venue: dict[str, Any],
    names_both: bool,
) -> None:
    kept = await made(small_city, clerk, "/v1/organisations", BODY)
    gone = await made(small_city, clerk, "/v1/organisations", {**BODY, **TWIN})
    names = [gone["id"], kept["id"]] if names_both else [gone["id"]]
    only = power(venue, organisation_ids=names)
    given = await made(small_city, office, "/v1/delegations", only)
    (pair,) = await queue(small_city, clerk, "organisation")
    merge = (await judge(small_city, clerk, pair, "same", keep_id=kept["id"])).json()
    merged = await named(small_city, office, venue)
    called = await decide(small_city, head, given, organisation_id=kept["id"])
    await undo(small_city, clerk, merge["merge_id"])
    parted = await named(small_city, office, venue)

    assert merged == [kept["id"]]
    assert called.status_code == 201, called.text
    assert sorted(parted) == sorted(names)


async def test_a_merge_from_before_names_who_stays_after_the_migration_and_can_be_undone(
    small_city: httpx.AsyncClient,
    clerk: Header,
    office: Header,
    venue: dict[str, Any],
    sessions: Sessions,
) -> None:
    kept = await made(small_city, clerk, "/v1/organisations", BODY)
    gone = await made(small_city, clerk, "/v1/organisations", {**BODY, **TWIN})
    (pair,) = await queue(small_city, clerk, "organisation")
    merge = (await judge(small_city, clerk, pair, "same", keep_id=kept["id"])).json()
    await made(small_city, office, "/v1/delegations", power(venue, organisation_ids=[kept["id"]]))
    async with sessions.begin() as session:  # as the release of then has left it
        before = text("UPDATE delegation SET organisation_ids = ARRAY[CAST(:id AS uuid)]")
        await session.execute(before, {"id": gone["id"]})
        await (await session.connection()).run_sync(_migration().rename)
    merged = await named(small_city, office, venue)
    await undo(small_city, clerk, merge["merge_id"])

    assert (merged, await named(small_city, office, venue)) == ([kept["id"]], [gone["id"]])


def _migration() -> Any:
    """The step itself, as it is run once."""
    name = "2026-11-30_name_who_stays_in_delegations.py"
    path = Path("services/registry/migrations/versions") / name
    spec = importlib.util.spec_from_file_location("name_who_stays", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def named(client: httpx.AsyncClient, header: Header, venue: dict[str, Any]) -> list[str]:
    listed = await client.get("/v1/delegations", params={"venue_id": venue["id"]}, headers=header)
    (given,) = listed.json()
    told: list[str] = given["organisation_ids"]
    return told
