"""Fifty staff at work on venues and offerings of three streets, through the public API."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.registry.inventory import draft, made, move, patched, venue

Header = dict[str, str]
CONFLICTS = {409, 412}


@dataclass(frozen=True, slots=True)
class Street:
    """A street, its staff's header, and a venue that all of its writers edit at once."""

    header: Header
    area_code: str
    office: str
    shared: str


@dataclass(slots=True)
class Writer:
    """One of them, seeded. `done` counts what was answered with success."""

    client: httpx.AsyncClient
    street: Street
    random: Random
    done: Counter[str] = field(default_factory=Counter)

    async def work(self, rounds: int, until: float = 0.0) -> None:
        """So many rounds, and more until an instant of the loop's clock."""
        clock = asyncio.get_running_loop().time
        while rounds > 0 or clock() < until:
            await self._round()
            rounds -= 1

    async def _round(self) -> None:
        street, own = self.street, await self._own_venue()
        where = self.random.choice((own["id"], street.shared))
        parts = {"provider_id": street.office, "responsible_department_id": street.office}
        new = await draft(self.client, street.header, venue_id=where, **parts)
        self.done["draft"] += 1
        new = self._told("publish", await move(self.client, street.header, new, "published"), new)
        name = f"助餐{self.random.randrange(10**6)}"
        answer = await patched(self.client, street.header, "/v1/offerings", new, {"name": name})
        new = self._told("edit", answer, new)
        await self._edit_shared()
        fate = self.random.choice((None, "suspended", "retired", "again"))
        if fate:
            status = "suspended" if fate == "again" else fate
            answer = await move(self.client, street.header, new, status, reason="调整")
            new = self._told(status, answer, new)
        if fate == "again":
            answer = await move(self.client, street.header, new, "published")
            self._told("publish again", answer, new)

    async def _own_venue(self) -> dict[str, Any]:
        street = self.street
        own = await venue(self.client, street.header, area_code=street.area_code)
        self.done["venue"] += 1
        if self.random.random() < 0.3:
            spare = await venue(self.client, street.header, area_code=street.area_code)
            body = {"status": "closed"}
            answer = await patched(self.client, street.header, "/v1/venues", spare, body)
            self._told("close", answer, spare)
        return own

    async def _edit_shared(self) -> None:
        """Others edit it too: who comes second is refused, and goes on."""
        there = (await self.client.get(f"/v1/venues/{self.street.shared}")).json()
        name = f"食堂{self.random.randrange(10**6)}"
        header = self.street.header
        answer = await patched(self.client, header, "/v1/venues", there, {"name": name})
        self._told("edit shared venue", answer, there)

    def _told(self, what: str, answer: httpx.Response, before: dict[str, Any]) -> dict[str, Any]:
        if answer.status_code in CONFLICTS:
            self.done["refused: came second"] += 1
            return before
        assert answer.is_success, answer.text
        self.done[what] += 1
        told: dict[str, Any] = answer.json()
        return told


async def street_of(client: httpx.AsyncClient, header: Header, area_code: str) -> Street:
    """The office of a street and its shared venue."""
    body = {"name": "街道办事处", "kind": "volunteer_group", "area_code": area_code}
    office = await made(client, header, "/v1/organisations", body)
    shared = await venue(client, header, area_code=area_code)
    return Street(header, area_code, office["id"], shared["id"])


async def crowd_at_work(
    client: httpx.AsyncClient,
    streets: Sequence[Street],
    *,
    writers: int,
    rounds: int,
    seconds: float = 0.0,
) -> Counter[str]:
    """All of them at once; what they did."""
    until = asyncio.get_running_loop().time() + seconds
    crowd = [Writer(client, streets[n % len(streets)], Random(n)) for n in range(writers)]
    await asyncio.gather(*(writer.work(rounds, until) for writer in crowd))
    return sum((writer.done for writer in crowd), Counter())
