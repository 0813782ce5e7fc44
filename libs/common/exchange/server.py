"""The routes of `/exchange/v1`: the resources of a service, and each of them in batches."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.auth.roles import ActorKind
from common.clock import city_day, utc_now
from common.edge import Now
from common.errors import Forbidden, Invalid, Text, Unauthenticated, Unavailable, problems
from common.exchange import shapes
from common.exchange.digests import Span, reconciliation
from common.exchange.place import NoSuchCursor, Place
from common.exchange.pulling import Pull, address_of
from common.exchange.rows import is_by_area, source_of, title_of
from common.exchange.shapes import TYPES, Form
from common.exchange.subscription_rules import SubscriptionNeeded
from common.exchange.subscriptions import area_in_force
from common.feed.cursor import OTHER_AREA, Cursor
from common.feed.faults import CursorGone, NoSuchFeed
from common.feed.kinds import FeedKind
from common.files import FILES
from common.route import TransactionRoute

Reader = Annotated[Actor, needs(Permission.FEED_READ)]
# What costs the database a look at all records is for those who have to prove or to load them.
Portal = Annotated[Actor, needs(Permission.EXCHANGE_READ)]


class TwoStarts(Invalid):
    """More than one place to begin at."""

    slug = "exchange-two-starts"
    title = Text("起点重复", "Two places to begin")
    detail = Text(
        "cursor、batch、since 只能用一个；since 只用于第一次。",
        "Send one of cursor, batch and since; since is for the first call only.",
    )


class NoAreaToNarrow(Invalid):
    """The resource is asked for by area, and its records lie in none."""

    slug = "exchange-no-area"
    title = Text("该资源不分区划", "Not kept by area")
    detail = Text(
        "资源 {kind} 的记录不属于任何区划，不能以 area={area} 筛选；请去掉该参数。",
        "Records of {kind} lie in no area, so area={area} selects nothing; leave it out.",
    )


_READING: Final = (
    *(NoSuchFeed, NoAreaToNarrow, Forbidden, SubscriptionNeeded),
    *(Unauthenticated, Unavailable),
)


def exchange_router(service: str, kinds: Sequence[FeedKind]) -> APIRouter:
    """The exchange of a service."""
    served = {kind.name: kind for kind in kinds}
    router = APIRouter(prefix="/exchange/v1", tags=["exchange"], route_class=TransactionRoute)

    resource = partial(_served, served)

    @router.get("")
    async def resources(
        request: Request, response: Response, _: Reader
    ) -> list[shapes.ExchangeResource]:
        """可交换资源清单 / The resources that can be pulled here."""
        response.headers["Cache-Control"] = "public, max-age=8"
        return [_resource(request, service, kind) for kind in kinds]

    @router.get(
        "/{kind}",
        response_model=shapes.ExchangeBatch,
        responses={
            200: {"content": {kind: {} for kind in TYPES.values() if kind != TYPES[Form.JSON]}},
            304: {"description": "与 If-None-Match 所指相同 / not modified"},
            **problems(*_READING, CursorGone, NoSuchCursor, TwoStarts),
        },
    )
    async def batch(
        *,
        request: Request,
        kind: str,
        reader: Reader,
        cursor: shapes.CursorToken = None,
        batch: shapes.BatchName = None,
        since: shapes.Since = None,
        limit: shapes.Limit = 500,
        area: shapes.Area = None,
        form: shapes.FormOf = Form.JSON,
    ) -> Response:
        """按批增量拉取 / Pull a resource in batches, from zero, a cursor or a batch.

        不带 cursor 从头全量；`has_more` 为 false 时保存 cursor，下次由此增量；410 须从头重拉。
        Each record once, at its latest change; deletions as rows with D; 410: begin at zero again.
        """
        found = resource(kind)
        place = _begun(kind, cursor, batch, since)
        pull = Pull(request, service, found, limit, form)
        return await pull.after(place, since, await _within(pull, reader, place, area))

    _add_digests(router, resource)
    _add_archive(router, service, resource)
    return router


def _add_digests(router: APIRouter, resource: Callable[[str], FeedKind]) -> None:
    @router.get("/{kind}/digests", responses=problems(*_READING))
    async def digests(
        *,
        request: Request,
        response: Response,
        kind: str,
        reader: Portal,
        from_on: shapes.Day = None,
        to_on: shapes.Day = None,
        digits: shapes.Digits = 6,
        area: shapes.Area = None,
    ) -> shapes.Reconciliation:
        """对账：按日、按区划的条数与 SM3 / Reconcile: counts and SM3 digests per day and area.

        拉取到末尾后比对：同一时点（`at`）逐格一致，即一条不漏、一字不差；不一致的格即差异所在。
        Compare after a pull to the end: equal cells at the same moment prove that nothing is
        missing and nothing differs; a cell that differs says where to look.
        """
        found = resource(kind)
        response.headers["Cache-Control"] = "no-store"
        span = Span(from_on, to_on, digits, await _area(request, found, reader, area))
        return await reconciliation(request.state.database.engine, found.name, span)


def _add_archive(router: APIRouter, service: str, resource: Callable[[str], FeedKind]) -> None:
    @router.get(
        "/{kind}/archive",
        response_class=FILES,
        responses={
            200: {"content": {"application/zip": {}}},
            **problems(*_READING, CursorGone, NoSuchCursor, TwoStarts),
        },
    )
    async def archive(
        *,
        request: Request,
        kind: str,
        reader: Portal,
        now: Now,
        cursor: shapes.CursorToken = None,
        batch: shapes.BatchName = None,
        area: shapes.Area = None,
    ) -> Response:
        """整份导出：CSV 与清单的 zip / Everything from a place to the present end, as a zip.

        `manifest.json` 载行数、CSV 的 SM3 与下次继续的 cursor。The manifest tells how many rows,
        the SM3 of the CSV, and the cursor with which the next file or pull goes on.
        """
        found = resource(kind)
        place = _begun(kind, cursor, batch, None)
        pull = Pull(request, service, found, 2000, Form.CSV)
        return await pull.archive(place, await _within(pull, reader, place, area), now)


def _resource(request: Request, service: str, kind: FeedKind) -> shapes.ExchangeResource:
    return shapes.ExchangeResource(
        kind=kind.name,
        title=title_of(kind.name),
        address=address_of(request, kind.name),
        access="public" if kind.public else "private",
        data_source=source_of(service),
    )


def _served(served: Mapping[str, FeedKind], kind: str) -> FeedKind:
    """The resource of a name. Raises `NoSuchFeed`."""
    if kind not in served:
        raise NoSuchFeed(kind=kind[:60])
    return served[kind]


def _begun(kind: str, cursor: str | None, batch: str | None, since: datetime | None) -> Place:
    """The place that the caller names; zero when it names none."""
    if sum(start is not None for start in (cursor, batch, since)) > 1:
        raise TwoStarts
    if batch:
        return Place.after_batch(batch, kind)
    return Place.of(cursor, kind) if cursor else Place(kind, Cursor())


async def _within(pull: Pull, reader: Actor, place: Place, area: str | None) -> str | None:
    """The area of a pull: the cursor's own, as long as it may be read; else 410 and begin anew."""
    held = place.at.area
    try:
        return await _area(pull.request, pull.kind, reader, held or area)
    except OutOfArea:
        if held is None:
            raise
        raise pull.gone(OTHER_AREA, None) from None


async def _area(request: Request, kind: FeedKind, reader: Actor, wanted: str | None) -> str | None:
    """The area that a resource is narrowed to: by the caller's wish, a private one by right too.

    A service reads what it was built to read; an app has asked for it, and been granted it.
    """
    if not kind.public:
        reader.must(kind.permission if kind.area_of is None else Permission.EXCHANGE_READ)
    if kind.area_of is None:
        if wanted is not None and not is_by_area(kind.name):
            raise NoAreaToNarrow(kind=kind.name, area=wanted)
        return wanted
    if reader.kind is ActorKind.APP:
        today = city_day(utc_now())
        # Not in the request's session: a pull would hold its connection while it needs another.
        async with request.state.sessions() as session:
            return await area_in_force(session, reader, kind.name, wanted, today)
    if not reader.covers(wanted or reader.area):
        raise OutOfArea
    return wanted or reader.area
