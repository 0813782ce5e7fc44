"""Callers who ask until somebody answers, always the same, also while the service is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

CONNECTIONS = 64
PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Insisting:
    """A crowd on as many connections as it may have.

    Who has none stands in line here: httpx looks through all who wait whenever one is answered,
    and among five hundred that takes ten times as long as the question.
    """

    client: httpx.AsyncClient
    _line: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    async def ask(self, method: str, path: str, **call: Any) -> httpx.Response:
        """The answer in the end; the call has a key or an id of its own, so it may be repeated."""
        async with self._line:
            while True:
                with suppress(httpx.TransportError):
                    answer = await self.client.request(method, path, **call)
                    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                        return answer
                await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def insisting(base: str) -> AsyncIterator[Insisting]:
    """Callers of the service at `base`."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as client:
        yield Insisting(client)
