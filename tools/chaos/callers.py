"""Callers who do not give up: each change has one key, and is asked for until it is answered.

What was acknowledged stands in the books, with which the databases are compared afterwards.
"""

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

from deploy.local.story.people import Person

LATER: Final = 503
PATIENCE_S: Final = 90.0
PAUSE_S: Final = 0.2


class GaveUpError(RuntimeError):
    """A change was not answered in all this time."""


@dataclass(slots=True)
class Books:
    """What callers were told: ids that were acknowledged by kind, refusals, and what was odd."""

    acknowledged: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    repeated: int = 0  # asked again after a 503, with the same key
    replayed: int = 0  # of these, answered before: only the answer had been lost


@dataclass(slots=True)
class Caller:
    """Calls through the front door."""

    client: httpx.AsyncClient
    addresses: dict[str, str]
    books: Books

    async def post(
        self, who: Person, address: str, body: Any, *, of: Any = None, fine: tuple[str, ...] = ()
    ) -> Any:
        """The answer to a change; None when it is refused for one of the reasons that are fine."""
        headers = {**who.header, "Idempotency-Key": str(uuid4())}
        if of is not None:
            headers["If-Match"] = f'"v{of["version"]}"'
        answer = await self._answered("POST", address, headers, body)
        if answer.is_success:
            self.books.replayed += "Idempotent-Replayed" in answer.headers
            return answer.json()
        slug = answer.json().get("type", "")
        if slug not in fine:
            self._odd(f"POST {address}: {answer.status_code} {answer.text[:200]}")
        self.books.refusals[slug] += 1
        return None

    async def get(self, who: Person, address: str) -> Any:
        """What is read."""
        answer = await self._answered("GET", address, who.header, None)
        if not answer.is_success:
            self._odd(f"GET {address}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    async def _answered(
        self, method: str, address: str, headers: dict[str, str], body: Any
    ) -> httpx.Response:
        service, _, path = address.partition("/")
        url = f"{self.addresses[service]}/{path}"
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                answer = await self.client.request(method, url, json=body, headers=headers)
            except httpx.TransportError as fault:
                self._odd(f"{method} {address}: {fault!r}")
            else:
                self.books.answers[answer.status_code] += 1
                if answer.status_code != LATER:
                    return answer
                if "Retry-After" not in answer.headers:
                    self._odd(f"{method} {address}: 503 without Retry-After")
            self.books.repeated += 1
            await asyncio.sleep(PAUSE_S)
        raise GaveUpError(f"{method} {address}")

    def _odd(self, words: str) -> None:
        self.books.odd.append(words)
