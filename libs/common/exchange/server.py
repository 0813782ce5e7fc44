"""The routes of `/exchange/v1`: the resources of a service, and each of them in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Model
from common.contracts.feeds import STATES, Kind
from common.errors import Forbidden, Invalid, Text, Unauthenticated, Unavailable, problems
from common.exchange.place import NoSuchCursor, Place
from common.exchange.reading import Batch, batch_after, number_before
from common.exchange.rows import SOURCES, batch_name, csv_of, json_row, technical
from common.feed.cursor import Cursor
from common.feed.faults import CursorGone, NoSuchFeed
from common.feed.kinds import FeedKind
from common.route import TransactionRoute

_MOST: Final = 2000
_KINDS: Final = {str(kind): kind for kind in Kind}


class CursorAndSince(Invalid):
    """Two places to begin at."""

    slug = "exchange-two-starts"
    title = Text("起点重复", "Two places to begin")
    detail = Text(
        "cursor 与 since 不能同时使用；since={since} 只用于第一次。",
        "Send either cursor or since; since={since} is for the first call only.",
    )


class Form(StrEnum):
    """How a batch is written."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


_TYPES: Final = {
    Form.JSON: "application/json",
    Form.NDJSON: "application/x-ndjson",
    Form.CSV: "text/csv; charset=utf-8",
}


class ExchangeResource(Model):
    """A resource that can be pulled."""

    kind: str = Field(description="资源名称，与变更流相同 / name, the same as the feed's")
    title: str = Field(description="资源中文名称 / its Chinese name")
    address: str = Field(description="首批地址 / address of the first batch")
    access: Literal["public", "private"] = Field(description="是否需授权 / open or by permission")
    data_source: str = Field(description="数据来源代码，3 位 / code of the source, 3 letters")


class ExchangeRow(Model):
    """A record at its latest change, under the five columns of the national hand-over."""

    row_guid: str = Field(description="记录唯一标识 / id of the record", max_length=50)
    cd_operation: Literal["I", "U", "D"] = Field(
        description="同步类型：I 新增、U 修改、D 删除；I 与 U 均按 row_guid 覆盖写入 / "
        "insert, update, delete; write I and U alike, over row_guid"
    )
    cd_time: str = Field(
        description="同步时间，北京时间 yyyy-MM-dd HH:mm:ss / when it was numbered, Asia/Shanghai"
    )
    cd_batch: str = Field(description="批次号，32 位 / name of the batch", max_length=32)
    data_source: str = Field(description="数据来源代码 / code of the source", max_length=3)
    data: dict[str, Any] | None = Field(description="记录全文；删除时为 null / null when deleted")


class ExchangeBatch(Model):
    """A batch. At the end `has_more` is false; keep `cursor` and come again with it."""

    kind: str = Field(description="资源名称 / name of the resource")
    count: int = Field(description="本批行数 / rows in this batch")
    has_more: bool = Field(description="其后是否还有 / whether there is more at once")
    cursor: str = Field(description="下一批的 cursor，原样保存 / keep it as it is")
    next: str = Field(description="下一批的完整地址 / absolute address of the next batch")
    license: str = Field(description="数据许可 / licence of the data")
    rows: list[ExchangeRow] = Field(description="按变更序号排列 / in order of change")


CursorToken = Annotated[
    str | None,
    Query(
        max_length=300,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="上一批返回的游标；不带则从头 / the last batch's cursor; left out: from zero",
    ),
]
Since = Annotated[
    AwareDatetime | None,
    Query(
        description="首次增量的起始时间（含），ISO 8601 带时区；早于保留期则 410 / "
        "first call only: changes numbered at or after this instant; 410 beyond what is kept"
    ),
]
Limit = Annotated[int, Query(ge=1, le=_MOST, description="每批行数 / rows of a batch")]
Area = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="仅内部资源：辖区编码前缀 / private resources only: digits of an area",
    ),
]
FormOf = Annotated[Form, Query(alias="format", description="输出格式 / form of the batch")]
Reader = Annotated[Actor, needs(Permission.FEED_READ)]


def exchange_router(service: str, kinds: Sequence[FeedKind]) -> APIRouter:
    """The exchange of a service."""
    served = {kind.name: kind for kind in kinds}
    router = APIRouter(prefix="/exchange/v1", tags=["exchange"], route_class=TransactionRoute)

    @router.get("")
    async def resources(request: Request, response: Response, _: Reader) -> list[ExchangeResource]:
        """可交换资源清单 / The resources that can be pulled here."""
        response.headers["Cache-Control"] = "public, max-age=8"
        return [_resource(request, service, kind) for kind in served.values()]

    @router.get(
        "/{kind}",
        response_model=ExchangeBatch,
        responses={
            200: {"content": {kind: {} for kind in _TYPES.values() if kind != _TYPES[Form.JSON]}},
            304: {"description": "与 If-None-Match 所指相同 / not modified"},
            **problems(
                *(NoSuchFeed, CursorGone, NoSuchCursor, CursorAndSince),
                *(Forbidden, Unauthenticated, Unavailable),
            ),
        },
    )
    async def batch(
        *,
        request: Request,
        kind: str,
        reader: Reader,
        cursor: CursorToken = None,
        since: Since = None,
        limit: Limit = 500,
        area: Area = None,
        form: FormOf = Form.JSON,
    ) -> Response:
        """按批增量拉取 / Pull a resource in batches, from zero or from a cursor.

        不带 cursor 从头全量；`has_more` 为 false 时保存 cursor，下次由此增量。数据恢复后旧游标一律
        410，须从头重拉。Each record once, at its latest change; deletions as rows with D. After a
        restore every old cursor gets 410, and `Link: rel="first"` names the new start.
        """
        if kind not in served:
            raise NoSuchFeed(kind=kind[:60])
        if cursor and since:
            raise CursorAndSince(since=since.isoformat())
        pull = _Pull(request, service, served[kind], limit, form)
        place = Place.of(cursor, kind) if cursor else Place(kind, Cursor())
        within = _area(served[kind], reader, place.at.area or area)
        return await pull.answer(await pull.start(place, since, within))

    return router


def _resource(request: Request, service: str, kind: FeedKind) -> ExchangeResource:
    return ExchangeResource(
        kind=kind.name,
        title=_KINDS[kind.name].text.zh if kind.name in _KINDS else kind.name,
        address=_address(request, kind.name),
        access="public" if kind.public else "private",
        data_source=SOURCES.get(service, "LNL"),
    )


def _address(request: Request, kind: str) -> str:
    """From the configured base address, never from the Host header."""
    return f"{str(request.state.settings.base_url).rstrip('/')}/exchange/v1/{kind}"


def _area(kind: FeedKind, reader: Actor, wanted: str | None) -> str | None:
    """The area that a private resource is narrowed to; None where it is the same for all."""
    if kind.public:
        return None
    reader.must(kind.permission if kind.area_of is None else Permission.EXCHANGE_READ)
    if kind.area_of is None:
        return None
    if not reader.covers(wanted or reader.area):
        raise OutOfArea
    return wanted or reader.area


@dataclass(frozen=True, slots=True)
class _Pull:
    """One request for one batch."""

    request: Request
    service: str
    kind: FeedKind
    limit: int
    form: Form

    async def start(self, place: Place, since: Any, area: str | None) -> Place:
        """Where to begin: at the cursor, at an instant, or at zero."""
        if since is None:
            at = place.at
            return Place(place.kind, Cursor(at.after, at.epoch, at.purged, area), place.base)
        engine = self.request.state.database.engine
        head, number = await number_before(engine, self.kind.name, since)
        return Place(place.kind, Cursor(number, head.epoch, 0, area), number)

    async def answer(self, place: Place) -> Response:
        """The batch after a place, or 410 where the place leads nowhere any more."""
        engine = self.request.state.database.engine
        found = await batch_after(
            engine, self.kind.name, place.at.after or 0, self.limit, place.at.area
        )
        if reason := place.at.fault(found.head):
            start = f"{_address(self.request, self.kind.name)}{self._query(None, place)}"
            raise CursorGone(reason=reason, start=start)
        is_full = len(found.rows) == self.limit
        reached = found.rows[-1].change_number if is_full else found.head.last_number
        following = place.moved(reached, found.head)
        body = self._body(place, following, found)
        return self._sent(body, following, found)

    def _body(self, place: Place, following: Place, found: Batch) -> bytes:
        name = batch_name(found.head.epoch, following.at.after or 0)
        source = SOURCES.get(self.service, "LNL")
        rows = [(row, technical(row, place.base, name, source)) for row in found.rows]
        if self.form is Form.CSV:
            return csv_of(self.kind.name, rows, _items(self.kind.name))
        lines = [json_row(self.kind.name, row, columns) for row, columns in rows]
        if self.form is Form.NDJSON:
            return b"".join(line + b"\n" for line in lines)
        settings = self.request.state.settings
        has_more = (following.at.after or 0) < found.head.last_number
        return (
            b'{"kind":"%b","count":%d,"has_more":%b,"cursor":"%b","next":"%b","license":"%b",'
            b'"rows":[%b]}'
        ) % (
            self.kind.name.encode(),
            len(rows),
            b"true" if has_more else b"false",
            following.token().encode(),
            self._next(following).encode(),
            settings.feed_licence.encode(),
            b",".join(lines),
        )

    def _sent(self, body: bytes, following: Place, found: Batch) -> Response:
        """With a validator: asking again for what has not moved costs no body."""
        etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
        has_more = (following.at.after or 0) < found.head.last_number
        headers = {
            "ETag": etag,
            "Cache-Control": self._cacheable(),
            "X-Next-Cursor": following.token(),
            "X-Has-More": "true" if has_more else "false",
            "Link": f'<{self._next(following)}>; rel="next"',
        }
        if etag in self.request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(body, 200, headers, media_type=_TYPES[self.form])

    def _cacheable(self) -> str:
        return "public, max-age=8" if self.kind.public else "private, no-cache"

    def _next(self, following: Place) -> str:
        return _address(self.request, self.kind.name) + self._query(following.token(), following)

    def _query(self, token: str | None, place: Place) -> str:
        """Only what is not implied: the same place has one address."""
        given = {
            "cursor": token,
            "limit": self.limit if "limit" in self.request.query_params else None,
            "area": place.at.area if token is None else None,
            "format": None if self.form is Form.JSON else self.form,
        }
        query = urlencode({name: value for name, value in given.items() if value is not None})
        return f"?{query}" if query else ""


def _items(kind: str) -> list[str]:
    """The columns of a record in a table: the items of its model."""
    model = STATES.get(_KINDS[kind]) if kind in _KINDS else None
    return list(model.model_fields) if model else []
