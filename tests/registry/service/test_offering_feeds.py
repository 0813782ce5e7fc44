"""The feeds of venues, items and offerings: what is public, and what leaves."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.registry.offerings import OfferingMove, OfferingPatch, OfferingStatus
from registry.queries import offerings, service_items, venues
from registry.usecases import offerings as usecases
from tests.registry.inventory import draft, made, move, patched, published

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


async def marks(sessions: Sessions) -> list[tuple[str, str]]:
    """What was marked so far, in order."""
    async with sessions() as session:
        rows = await session.execute(text("SELECT kind, record_id FROM feed_outbox ORDER BY id"))
        return [(row.kind, str(row.record_id)) for row in rows]


async def state(sessions: Sessions, render: Any, record_id: str) -> Any:
    async with sessions() as session:
        return (await render(session, [UUID(record_id)])).get(UUID(record_id))


async def test_only_published_offerings_are_in_the_feed(
    small_city: httpx.AsyncClient, sessions: Sessions, clerk: Header
) -> None:
    new = await draft(small_city, clerk, area_code="310101002000")
    public = await published(small_city, clerk)
    shown = await state(sessions, offerings.states, public["id"])
    await move(small_city, clerk, public, "suspended", reason="检修")

    assert await state(sessions, offerings.states, new["id"]) is None
    assert shown.model_dump(mode="json") == public
    assert await state(sessions, offerings.states, public["id"]) is None
    assert (await marks(sessions))[-1] == ("offering", public["id"])


async def test_a_venue_that_moves_marks_its_offerings_too(
    small_city: httpx.AsyncClient, sessions: Sessions, clerk: Header
) -> None:
    public = await published(small_city, clerk)
    there = (await small_city.get(f"/v1/venues/{public['venue']['id']}")).json()
    before = len(await marks(sessions))

    renamed = await patched(small_city, clerk, "/v1/venues", there, {"name": "新食堂"})
    told = (await marks(sessions))[before:]
    await patched(small_city, clerk, "/v1/venues", renamed.json(), {"phone": "021-12345678"})
    later = (await marks(sessions))[before + len(told) :]

    assert sorted(told) == sorted([("venue", there["id"]), ("offering", public["id"])])
    assert later == [("venue", there["id"])]
    assert (await state(sessions, offerings.states, public["id"])).venue.name == "新食堂"


async def test_a_closed_venue_and_a_draft_item_are_not_in_the_feed(
    small_city: httpx.AsyncClient, sessions: Sessions, clerk: Header
) -> None:
    body = {"name": "食堂", "kind": "meal_site", "area_code": "310101002001"}
    there = await made(small_city, clerk, "/v1/venues", body)
    seen = await state(sessions, venues.states, there["id"])
    await patched(small_city, clerk, "/v1/venues", there, {"status": "closed"})
    item = {"name": "助餐", "category": "meal", "area_code": "310101002000"}
    new = await made(small_city, clerk, "/v1/service-items", item)

    assert seen.model_dump(mode="json") == there
    assert await state(sessions, venues.states, there["id"]) is None
    assert await state(sessions, service_items.states, new["id"]) is None


async def test_every_change_is_noted_with_before_and_after(
    small_city: httpx.AsyncClient,
    sessions: Sessions,
    clerk: Header,
    actor: Callable[..., Actor],
    now: datetime,
) -> None:
    public = await published(small_city, clerk)
    head = actor(Role.STREET_HEAD, area="310101002", line="*")
    key, version = UUID(public["id"]), public["version"]
    step = OfferingMove(status=OfferingStatus.SUSPENDED, reason="检修")

    async with sessions() as session:
        patch = OfferingPatch(price_fen=1500)
        await usecases.edit_offering(session, key, patch, version=version, by=head, now=now)
        await usecases.move_offering(session, key, step, version=version + 1, by=head, now=now)
        edit, suspend = session.info["audit"]
        await session.rollback()

    assert (edit.action, edit.target_id, edit.area) == (
        "offering.edit",
        public["id"],
        "310101002001",
    )
    assert (edit.before, edit.after) == ({"price_fen": 1200}, {"price_fen": 1500})
    assert (suspend.action, suspend.reason) == ("offering.suspend", "检修")
