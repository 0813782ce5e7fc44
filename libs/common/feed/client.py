"""Reading a feed over HTTP: pages and changes as values. Any RPDE feed with change numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import orjson

from common.errors import Text, Unavailable
from common.http import checked

ANSWER_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Change:
    """A record's state at its latest change; `data` is None when it is deleted."""

    kind: str
    id: UUID
    number: int
    data: Mapping[str, Any] | None

    @property
    def is_deleted(self) -> bool:
        """Whether the record is gone."""
        return self.data is None


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page, and the query of the one after it. At the end there are no items and it stays."""

    items: tuple[Change, ...]
    next_query: str
    is_end: bool


class MustRestartError(Exception):
    """The feed refused the cursor (410); `query` is the new start."""

    def __init__(self, query: str) -> None:
        super().__init__("the feed wants a new start")
        self.query = query


@dataclass(frozen=True, slots=True)
class FeedClient:
    """One feed of one service, e.g. `FeedClient(http, "registry/offering", "/feeds/offering")`.

    Only queries are taken from the pages, never hosts or paths: an answer cannot send our token
    elsewhere, and a service is read at its internal address although its links name the public one.
    """

    http: httpx.AsyncClient
    source: str
    address: str

    async def page(self, query: str, *, wait_s: int = 0) -> FeedPage:
        """The page at `query` (empty: the first), past all caches.

        Raises `MustRestartError`, and `Unavailable` when nobody answers.
        """
        headers = {"Cache-Control": "no-cache", "Accept": "application/json"}
        if wait_s:
            headers["Prefer"] = f"wait={wait_s}"
        address = f"{self.address}?{query}" if query else self.address
        timeout = httpx.Timeout(ANSWER_S, read=ANSWER_S + wait_s)
        try:
            answer = await self.http.get(address, headers=headers, timeout=timeout)
        except httpx.TransportError as fault:
            raise Unavailable(what=Text(self.source, self.source)) from fault
        if answer.status_code == httpx.codes.GONE:
            start = answer.links.get("first", {}).get("url", "")
            raise MustRestartError(urlsplit(start).query)
        found = orjson.loads(checked(answer).content)
        items = tuple(_change(each) for each in found["items"])
        next_query = urlsplit(found["next"]).query
        return FeedPage(items, next_query, not items and next_query == query)


def _change(item: Mapping[str, Any]) -> Change:
    data = item["data"] if item["state"] == "updated" else None
    return Change(item["kind"], UUID(item["id"]), int(item["modified"]), data)
