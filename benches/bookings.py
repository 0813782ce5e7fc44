"""Rooms under a crowd: 500 residents for 50 slots, beside as many who want a slot each."""

import asyncio
import time
from itertools import pairwise

import httpx

from benches import Row
from benches.house import bring_divisions, city_office, house, migrated, serving
from common.auth.roles import Role
from common.clock import utc_now
from deploy.local.environment import Secrets
from tests.contract.live import free_port
from tests.registry import rooms
from tests.registry.race import CLIENTS, SLOTS, Told, crowd, slots

CONNECTIONS, ROUNDS = 64, 3
NEIGHBOURHOOD = "310101002001"
_HALF_HOURS = [f"{hour:02}:{minute}" for hour in range(8, 22) for minute in ("00", "30")]


def rows() -> list[Row]:
    """Rounds of both by turns, in one service."""
    with house() as (server, secrets):
        urls = migrated(server, "registry", "rooms")
        with serving("registry", urls, secrets, free_port()) as base:
            bring_divisions(base, city_office(secrets))
            rates, heard = asyncio.run(_rounds(base, secrets))
    ratios = sorted(raced / alone for alone, raced in rates)
    alone, raced = (sorted(each) for each in zip(*rates, strict=True))
    middle = ROUNDS // 2
    return [
        Row(f"{CLIENTS} bookings of a slot each", f"{alone[middle]:.0f} a second"),
        Row(
            f"{CLIENTS} residents race for {SLOTS} slots, halls among them",
            f"{raced[middle]:.0f} answers a second; {heard}",
            f"{SLOTS} booked, all others slot-taken",
        ),
        Row(
            "ratio of the race to uncontended booking, median of rounds",
            f"{ratios[middle]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            ">= 0.5",
        ),
    ]


async def _rounds(base: str, secrets: Secrets) -> tuple[list[tuple[float, float]], str]:
    office = city_office(secrets)
    limits, rates, heard = httpx.Limits(max_connections=CONNECTIONS), [], ""
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as client:
        for number in range(ROUNDS + 1):
            alone, _ = await _timed(client, secrets, f"a{number}", await _apart(client, office))
            wanted = await slots(client, office, area_code=NEIGHBOURHOOD)
            raced, told = await _timed(client, secrets, f"r{number}", wanted)
            heard = ", ".join(f"{count} {what}" for what, count in sorted(told.heard.items()))
            if number:  # the first round warms up
                rates.append((alone, raced))
    return rates, heard


async def _apart(client: httpx.AsyncClient, office: dict[str, str]) -> list[list[object]]:
    """As many slots as clients."""
    venue = await rooms.house(client, office, area_code=NEIGHBOURHOOD)
    spaces = [await rooms.room(client, office, venue["id"]) for _ in range(-(-CLIENTS // 27))]
    return [
        [rooms.wish(space, start, end)] for space in spaces for start, end in pairwise(_HALF_HOURS)
    ][:CLIENTS]


async def _timed(
    client: httpx.AsyncClient, secrets: Secrets, name: str, wanted: list[list[object]]
) -> tuple[float, Told]:
    """Answers a second."""
    tokens = [
        secrets.issuer.issue((Role.RESIDENT,), now=utc_now(), subject=f"{name}-{n}")
        for n in range(CLIENTS)
    ]
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    told = Told()
    started = time.perf_counter()
    await crowd(client, headers, wanted, told)
    return CLIENTS / (time.perf_counter() - started), told
