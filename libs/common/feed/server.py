"""`/feeds`: the list of feeds, and each feed as pages of OpenActive's RPDE 1.1."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Model
from common.errors import Forbidden, Unauthenticated, Unavailable, problems
from common.feed.cursor import END, Cursor
from common.feed.faults import CursorGone, NoSuchFeed
from common.feed.kinds import FeedKind
from common.feed.pages import Found, Pages, next_cursor, page_body
from common.lane import Lane
from common.lane_reading import reading
from common.route import TransactionRoute

_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})")


class FeedAddress(Model):
    """Where a feed begins."""

    kind: str
    address: str = Field(description="首页地址 / address of the first page")
    access: Literal["public", "private"]


class FeedItem(Model):
    """A record at its latest change. `data` is absent when it was deleted."""

    state: Literal["updated", "deleted"]
    kind: str
    id: str
    modified: int = Field(description="变更序号 / change number", ge=1, lt=2**53)
    data: dict[str, Any] | None = None


class FeedPage(Model):
    """A page. The last page is empty and its `next` is its own address."""

    next: str = Field(description="下一页完整地址，原样使用 / absolute; use it as it is")
    items: list[FeedItem]
    license: str


AfterNumber = Annotated[
    str | None,
    Query(
        alias="afterChangeNumber",
        pattern=r"^[1-9][0-9]{0,15}$",
        description="上一页 next 中的变更序号 / the change number in the last page's `next`",
    ),
]
EpochName = Annotated[str | None, Query(pattern=r"^[0-9a-f]{16}$", description="纪元 / epoch")]
PurgedThrough = Annotated[str | None, Query(pattern=r"^[1-9][0-9]{0,15}$")]
Area = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="仅内部流：辖区编码前缀 / private feeds only: significant digits of an area",
    ),
]
Prefer = Annotated[
    str | None, Header(description="wait=n：最多等待 n 秒 / long poll of up to n seconds")
]
Reader = Annotated[Actor, needs(Permission.FEED_READ)]


def feed_router(kinds: Sequence[FeedKind]) -> APIRouter:
    """The routes of a service's feeds."""
    served = {kind.name: kind for kind in kinds}
    pages = Pages()
    router = APIRouter(tags=["feeds"], route_class=TransactionRoute)

    @router.get("/feeds")
    async def feeds(request: Request, response: Response, _: Reader) -> list[FeedAddress]:
        """变更流清单 / The feeds of this service, with the address at which each begins."""
        response.headers["Cache-Control"] = "public, max-age=8"
        return _addresses(request, served)

    @router.get(
        "/feeds/{kind}",
        response_model=FeedPage,
        responses=problems(NoSuchFeed, CursorGone, Forbidden, Unauthenticated, Unavailable),
    )
    async def feed(
        *,
        request: Request,
        kind: str,
        reader: Reader,
        after: AfterNumber = None,
        epoch: EpochName = None,
        purged: PurgedThrough = None,
        area: Area = None,
        prefer: Prefer = None,
    ) -> Response:
        """变更流的一页 / A page of a feed (RPDE 1.1): each record once, at its latest change.

        按 `next` 逐页读取；空页即末尾，`next` 指向自身，稍后再读或用 `Prefer: wait=n` 等待。
        Follow `next`; an empty page is the end, ask it again later or with `Prefer: wait=n`.
        410 names, in `Link: rel="first"`, the address to begin at again.
        """
        found = served.get(kind)
        if found is None:
            raise NoSuchFeed(kind=kind[:60])
        cursor = Cursor(
            int(after) if after else None,
            epoch,
            int(purged) if purged else 0,
            _area(found, reader, area),
        )
        return await _Reading(request, pages, found, cursor).answer(_wait_s(request, prefer))

    return router


def feed_lanes(router: APIRouter, kinds: Sequence[FeedKind]) -> list[Lane]:
    """The lanes of its feeds; who waits for what comes takes the road."""
    return [reading(router, "/feeds/{kind}", unless=("Prefer",), kind=kind.name) for kind in kinds]


def _addresses(request: Request, kinds: Mapping[str, FeedKind]) -> list[FeedAddress]:
    return [
        FeedAddress(
            kind=kind.name,
            address=_base(request, kind),
            access="public" if kind.public else "private",
        )
        for kind in kinds.values()
    ]


def _base(request: Request, kind: FeedKind) -> str:
    """From the configured base address, never from the Host header."""
    return f"{str(request.state.settings.base_url).rstrip('/')}/feeds/{kind.name}"


def _area(kind: FeedKind, reader: Actor, wanted: str | None) -> str | None:
    """The area that a private feed is narrowed to; None for a feed that is the same for all.

    It stands in the address, so a walk keeps its area when the reader's own grows.
    """
    if kind.public:
        return None
    reader.must(kind.permission)
    if kind.area_of is None:
        return None
    if not reader.covers(wanted or reader.area):
        raise OutOfArea
    return wanted or reader.area


def _wait_s(request: Request, prefer: str | None) -> int:
    """How long the reader wants to wait, within what the operator allows; 0 for not at all."""
    asked = _WAIT.search(prefer.lower()) if prefer else None
    return min(int(asked[1]), request.state.settings.long_poll_s) if asked else 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """One request for one page."""

    request: Request
    pages: Pages
    kind: FeedKind
    cursor: Cursor

    async def answer(self, wait_s: int) -> Response:
        """The page, at once or when there is something on it."""
        if not wait_s:
            found = await self._found(self.cursor)
            return self._page(self.cursor, found, self._cacheable(bool(found.items)))
        with self.request.state.waiters.counted():
            cursor, found = await self._awaited(wait_s)
        return self._page(
            cursor,
            found,
            {"Cache-Control": "no-store", "Preference-Applied": f"wait={wait_s}"},
        )

    async def _awaited(self, wait_s: int) -> tuple[Cursor, Found]:
        """Look, and look again at each ring of the bell, until there are items or time is up."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + wait_s
        cursor = self.cursor
        gone = asyncio.create_task(_disconnected(self.request))
        try:
            while True:
                bell = self.request.state.waiters.bell(self.kind.name)
                found = await self._found(cursor)
                left_s = deadline - clock()
                if found.items or cursor.after == END or left_s <= 0 or gone.done():
                    return cursor, found
                cursor = next_cursor(cursor, found)
                await _first_of(bell, gone, left_s)
        finally:
            gone.cancel()

    async def _found(self, cursor: Cursor) -> Found:
        """What is there after the cursor; 410 when the cursor leads nowhere."""
        state, kind = self.request.state, self.kind
        size, engine = state.settings.feed_page, state.database.engine
        found = await self.pages.after(engine, kind.name, cursor, size, is_public=kind.public)
        if reason := cursor.fault(found.head):
            start = Cursor(epoch=found.head.epoch, area=cursor.area)
            raise CursorGone(reason=reason, start=start.address(_base(self.request, self.kind)))
        return found

    def _page(self, cursor: Cursor, found: Found, headers: Mapping[str, str]) -> Response:
        address = next_cursor(cursor, found).address(_base(self.request, self.kind))
        body = page_body(found.items, address, self.request.state.settings.feed_licence)
        sent = {"Vary": "Prefer", **headers}
        return Response(body, 200, sent, media_type="application/json")

    def _cacheable(self, has_items: bool) -> dict[str, str]:
        """A page with items stays true for an hour: its `next` follows from what is on it."""
        if not self.kind.public:
            return {"Cache-Control": "private, no-cache"}
        return {"Cache-Control": f"public, max-age={3600 if has_items else 8}"}


async def _disconnected(request: Request) -> None:
    """Until the reader hangs up: a wait for nobody is ended."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _first_of(bell: asyncio.Event, gone: "asyncio.Task[None]", left_s: float) -> None:
    """Until the bell rings, the reader is gone, or time is up."""
    ringing = asyncio.create_task(bell.wait())
    try:
        await asyncio.wait({ringing, gone}, timeout=left_s, return_when="FIRST_COMPLETED")
    finally:
        ringing.cancel()
