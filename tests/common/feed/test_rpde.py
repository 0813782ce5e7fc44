"""OpenActive's validator finds no fault in our feeds."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from common.feed.wake import FeedWaiters
from tests.common.feed.things import Called, Things, feed_app, state_of
from tests.living import free_port
from tests.loopback import on_loopback
from tests.rpde_validator import rpde_walk


async def test_the_validator_finds_nothing_to_fail(things: Things, waiters: FeedWaiters):
    await things.add(1700)
    await things.number_all()
    await things.drop(*things.made[:30])
    await things.number_all()
    port = free_port()
    state = state_of(things.opened, waiters, base_url=f"http://127.0.0.1:{port}")

    async with on_loopback(Called(feed_app(), state), port) as base:
        walk = await asyncio.to_thread(rpde_walk, f"{base}/feeds/thing")

    assert walk.pages == 6  # four with items, the empty end, the question for the end
    assert walk.failures == []


async def test_the_validator_does_find_faults():
    port = free_port()

    async def stuck(_: Request) -> JSONResponse:
        items = [{"state": "updated", "kind": "thing", "id": "a", "modified": 1, "data": {}}]
        return JSONResponse({"next": f"http://127.0.0.1:{port}/other", "items": items})

    async with on_loopback(Starlette(routes=[Route("/feed", stuck)]), port) as base:
        walk = await asyncio.to_thread(rpde_walk, f"{base}/feed", pages=3)

    assert "NextUrlBasePathMatchCurrentPage" in {each.rule for each in walk.failures}
