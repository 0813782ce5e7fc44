"""Five hundred residents who want the same fifty slots, divisible halls among them.

A slot is an hour of a room, or of a hall: half of those who want a hall's hour ask for the whole,
the others for one room of it, so that one of them at most can have it.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.insisting import Insisting
from tests.registry.rooms import hall, house, room, wish

Header = dict[str, str]
CLIENTS, SLOTS, HOURS = 500, 50, 5


@dataclass(slots=True)
class Told:
    """What callers heard in the end: the slot each booking is of, by the booking's id."""

    booked: dict[str, int] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)


async def slots(client: httpx.AsyncClient, header: Header, **where: str) -> list[list[Any]]:
    """Fifty slots, each as the wishes that exclude each other."""
    venue = await house(client, header, **where)
    rooms = [[await room(client, header, venue["id"])] for _ in range(SLOTS // HOURS // 2)]
    halls = [list(await hall(client, header, venue["id"]))[:2] for _ in rooms]
    return [
        [wish(space, f"{9 + hour:02}:00", f"{10 + hour:02}:00") for space in spaces]
        for spaces in (*rooms, *halls)
        for hour in range(HOURS)
    ]


async def one(
    callers: Insisting, header: Header, number: int, asked: dict[str, Any], told: Told
) -> None:
    """Ask until somebody answers: under the same id, as every caller does."""
    own = str(uuid4())
    answer = await callers.ask("PUT", f"/v1/bookings/{own}", json=asked, headers=header)
    if answer.is_success:
        told.booked[own] = number
        told.heard["booked"] += 1
    else:
        told.heard[answer.json()["type"]] += 1


async def crowd(
    callers: Insisting, headers: list[Header], wanted: list[list[Any]], told: Told
) -> None:
    """All of them at once, spread over the slots."""
    asked = [
        (number % len(wanted), wanted[number % len(wanted)], number // len(wanted))
        for number in range(len(headers))
    ]
    await asyncio.gather(
        *(
            one(callers, header, slot, wishes[turn % len(wishes)], told)
            for header, (slot, wishes, turn) in zip(headers, asked, strict=True)
        )
    )
