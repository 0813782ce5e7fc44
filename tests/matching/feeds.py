"""The registry's feeds as another server tells them: pages with change numbers, and a new epoch."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx

from common.contracts.feeds import Kind
from common.feed.client import FeedClient

PAGE = 40


class Feeds:
    """What a registry has said so far. `client` reads it over HTTP."""

    def __init__(self) -> None:
        self.items: dict[str, list[dict[str, Any]]] = {"venue": [], "offering": []}
        self.epoch = "a"

    def tell(self, kind: str, states: Sequence[Mapping[str, Any]]) -> None:
        """States of records, each the newest of its record."""
        told = self.items[kind]
        for state in states:
            number = told[-1]["modified"] + 1 if told else 1
            told[:] = [each for each in told if each["id"] != state["id"]]
            told.append(_item(kind, state["id"], number, "updated", dict(state)))

    def drop(self, kind: str, ids: Sequence[str]) -> None:
        """Records that are gone."""
        for each in ids:
            number = self.items[kind][-1]["modified"] + 1
            self.items[kind] = [item for item in self.items[kind] if item["id"] != each]
            self.items[kind].append(_item(kind, each, number, "deleted", None))

    def restore(self) -> None:
        """The database was restored: places from before mean nothing."""
        self.epoch += "a"

    def sources(self) -> dict[Kind, FeedClient]:
        """The feeds as the shelf follows them."""
        http = httpx.AsyncClient(
            transport=httpx.MockTransport(self._answer), base_url="http://registry.test"
        )
        return {
            kind: FeedClient(http, f"registry/{kind}", f"/feeds/{kind}")
            for kind in (Kind.VENUE, Kind.OFFERING)
        }

    def _answer(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.rpartition("/")[2]
        asked = {name: each[0] for name, each in parse_qs(request.url.query.decode()).items()}
        if asked and asked["epoch"] != self.epoch:
            return httpx.Response(410, headers={"Link": f'</feeds/{kind}>; rel="first"'})
        after = int(asked.get("after", 0))
        items = [each for each in self.items[kind] if each["modified"] > after][:PAGE]
        last = items[-1]["modified"] if items else after
        following = f"http://registry.test/feeds/{kind}?after={last}&epoch={self.epoch}"
        return httpx.Response(200, json={"items": items, "next": following})


def _item(
    kind: str, record_id: str, number: int, state: str, data: dict[str, Any] | None
) -> dict[str, Any]:
    return {"state": state, "kind": kind, "id": record_id, "modified": number, "data": data}
