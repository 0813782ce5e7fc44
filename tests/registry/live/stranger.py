"""A stranger who reads the feeds of a registry all the while, also while it is killed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Stranger:
    """Who follows a feed by RPDE's rules alone, and holds every item against what came before."""

    address: str
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    starts: int = 1
    at_end: bool = False

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Poll as long as the context is open."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def to_the_end(self) -> None:
        """Read until a page is empty."""
        self.at_end = False
        async with httpx.AsyncClient(timeout=20) as client:
            while not self.at_end:
                await self._read(client)

    async def _follow(self) -> None:
        async with httpx.AsyncClient(timeout=20) as client:
            while True:
                try:
                    await self._read(client)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(0.02)

    async def _read(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(self.address)
        if answer.status_code == 410:
            self.address = answer.links["first"]["url"]
            self.items, self.numbers = {}, {}
            self.starts += 1
            return
        if answer.status_code != 200:
            return
        page = answer.json()
        for item in page["items"]:
            self._take(item)
        self.address, self.at_end = page["next"], not page["items"]

    def _take(self, item: dict[str, Any]) -> None:
        name = item["id"]
        if item["modified"] <= self.numbers.get(name, -1):
            self.stale.append(name)
        self.numbers[name] = item["modified"]
        if item["state"] == "deleted":
            self.items.pop(name, None)
        else:
            self.items[name] = item["data"]
