"""An import beside what staff do at the same time: it publishes nothing that is gone meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.registry.organisations import Dissolution
from common.contracts.registry.venues import VenuePatch
from common.geo import System
from registry import tables
from registry.usecases import organisations, venues
from tests.registry.importing.tables_of import (
    ORGANISATIONS,
    as_csv,
    errors,
    finished,
    imported,
    offering,
    send,
)
from tests.registry.rooms import waiters

Caller = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def head(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.CITY_OFFICE, area="31", line="*")


async def one(client: httpx.AsyncClient, kind: str, **query: str) -> dict[str, Any]:
    (found,) = (await client.get(f"/v1/{kind}", params=query)).json()["items"]
    record: dict[str, Any] = found
    return record


async def test_a_file_waits_for_a_dissolution_and_publishes_nothing_of_it(
    inventory: httpx.AsyncClient, city: Caller, two: Sessions, head: Actor
) -> None:
    provider = await one(inventory, "organisations", code="ORG-1")
    end = Dissolution(on=utc_now().date(), reason="注销")
    async with two.begin() as session:
        await organisations.dissolve_organisation(
            session,
            UUID(provider["id"]),
            end,
            version=provider["version"],
            by=head,
            now=utc_now(),
        )
        await session.flush()
        sent = await send(
            inventory, city, "offering", as_csv([offering(1), offering(2, 状态="草稿")])
        )
        ending = asyncio.create_task(finished(inventory, city, sent.json()["id"]))
        waiting = asyncio.create_task(waiters(session, 1))
        await asyncio.wait({ending, waiting}, return_when=asyncio.FIRST_COMPLETED)
        has_ended = ending.done()
        await waiting if not has_ended else waiting.cancel()
    told = await ending
    found = await inventory.get("/v1/offerings", params={"provider_id": provider["id"]})

    assert not has_ended
    assert (told["rows_inserted"], told["rows_failed"]) == (0, 2)
    assert {each["type"] for each in await errors(inventory, city, told)} == {"unknown-reference"}
    assert found.json()["items"] == []


async def test_rows_that_name_each_other_are_taken_when_a_deadlock_made_them_begin_anew(
    office: httpx.AsyncClient, city: Caller, two: Sessions
) -> None:
    """The file has its first row's area, somebody the second's, and each wants the other's."""
    department, body = ORGANISATIONS
    district, street = (
        select(tables.Area.id).where(tables.Area.code == code).with_for_update()
        for code in ("310101000000", "310101002000")
    )
    async with two.begin() as session:
        await session.execute(street)
        sent = await send(office, city, "organisation", as_csv([department, body]))
        await waiters(session, 1)
        await session.execute(district)
    told = await finished(office, city, sent.json()["id"])

    assert await errors(office, city, told) == []
    assert (told["state"], told["rows_inserted"]) == ("done", 2)


async def test_a_file_that_names_no_venue_holds_it_before_its_offerings(
    inventory: httpx.AsyncClient, city: Caller, two: Sessions, head: Actor
) -> None:
    """Both wait at an offering, the file first: whoever moves the venue must not end in a ring."""
    await imported(inventory, city, "offering", as_csv([offering(1)]))
    there = await one(inventory, "venues", code="V-1")
    named = {name: value for name, value in offering(1).items() if name != "所在载体编码"}
    renamed = as_csv([{**named, "名称": "午餐"}])
    patch = VenuePatch.model_validate({"name": "南京东路食堂"})

    async def moves() -> None:
        async with two.begin() as session:
            await venues.edit_venue(
                session,
                UUID(there["id"]),
                patch,
                version=there["version"],
                system=System.WGS84,
                by=head,
                now=utc_now(),
            )

    async with two.begin() as session:
        await session.execute(select(tables.Offering.id).with_for_update())
        sent = await send(inventory, city, "offering", renamed)
        await waiters(session, 1)
        moving = asyncio.create_task(moves())
        await waiters(session, 2)
    told = await finished(inventory, city, sent.json()["id"])
    await moving

    assert (told["state"], told["rows_updated"]) == ("done", 1)
