"""Rooms under a crowd: 500 residents for 50 slots, beside as many who want a slot each."""

import asyncio
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import orjson

from benches import Row, wire
from benches.house import bring_divisions, city_office, house, migrated, serving
from common.auth.roles import Role
from common.clock import utc_now
from deploy.local.environment import Secrets
from tests.living import free_port
from tests.registry import rooms
from tests.registry.race import CLIENTS, SLOTS, slots

CONNECTIONS, ROUNDS, AT_ONCE = 64, 3, 1_000_000
NEIGHBOURHOOD = "310101002001"
_HALF_HOURS = [f"{hour:02}:{minute}" for hour in range(8, 22) for minute in ("00", "30")]


def rows() -> list[Row]:
    """Rounds of both by turns, in one service."""
    with house() as (server, secrets):
        urls = migrated(server, "registry", "rooms")
        with serving("registry", urls, secrets, free_port()) as base:
            bring_divisions(base, city_office(secrets))
            rounds = asyncio.run(_rounds(base, secrets))
    ratios = sorted(raced.per_second / alone.per_second for alone, raced in rounds)
    alone, raced = (sorted(each.per_second for each in kind) for kind in zip(*rounds, strict=True))
    heard = [raced.statuses for _, raced in rounds]
    middle = ROUNDS // 2
    return [
        Row(f"{CLIENTS} bookings of a slot each", f"{alone[middle]:.0f} a second"),
        Row(
            f"{CLIENTS} residents race for {SLOTS} slots, halls among them",
            f"{raced[middle]:.0f} answers a second; by status {heard}",
            f"{SLOTS} times 201, all others 409",
        ),
        Row(
            "ratio of the race to uncontended booking, median of rounds",
            f"{ratios[middle]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            ">= 0.5",
        ),
    ]


async def _rounds(base: str, secrets: Secrets) -> list[tuple[wire.Load, wire.Load]]:
    office, rounds = city_office(secrets), []
    async with httpx.AsyncClient(base_url=base, timeout=60) as client:
        for number in range(ROUNDS + 1):
            apart = await _apart(client, office)
            same = await slots(client, office, area_code=NEIGHBOURHOOD)
            alone = await _load(base, _asked(secrets, f"a{number}", apart))
            rounds.append((alone, await _load(base, _asked(secrets, f"r{number}", same))))
    return rounds[1:]  # the first round warms up


async def _load(base: str, asked: list[bytes]) -> wire.Load:
    """All of them at once, as fast as they are answered."""
    port = httpx.URL(base).port or 80
    return await wire.paced([port], asked, per_second=AT_ONCE, clients=CONNECTIONS)


async def _apart(client: httpx.AsyncClient, office: dict[str, str]) -> list[list[dict[str, Any]]]:
    """As many slots as clients."""
    venue = await rooms.house(client, office, area_code=NEIGHBOURHOOD)
    spaces = [await rooms.room(client, office, venue["id"]) for _ in range(-(-CLIENTS // 27))]
    return [
        [rooms.wish(space, start, end)] for space in spaces for start, end in pairwise(_HALF_HOURS)
    ][:CLIENTS]


def _asked(secrets: Secrets, name: str, wanted: list[list[dict[str, Any]]]) -> list[bytes]:
    """A booking of each client, ready to send; clients of one slot take turns at its wishes."""
    now, made = utc_now(), []
    for number in range(CLIENTS):
        token = secrets.issuer.issue((Role.RESIDENT,), now=now, subject=f"{name}-{number}")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        turn, slot = divmod(number, len(wanted))
        wish = orjson.dumps(wanted[slot][turn % len(wanted[slot])])
        made.append(wire.request("PUT", f"/v1/bookings/{uuid4()}", headers, wish))
    return made
