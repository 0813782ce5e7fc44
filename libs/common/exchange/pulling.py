"""One request for one batch: where it begins, what it holds, how it is written and sent."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from common.errors import Text
from common.exchange.archive import Origin, archived
from common.exchange.place import Place
from common.exchange.reading import Batch, batch_after, number_before
from common.exchange.rows import csv_of, items_of, json_row, source_of, technical, title_of
from common.exchange.shapes import TYPES, Form
from common.feed.cursor import Cursor
from common.feed.faults import CursorGone
from common.feed.kinds import FeedKind
from common.files import file_headers


def address_of(request: Request, kind: str) -> str:
    """From the configured base address, never from the Host header."""
    return f"{str(request.state.settings.base_url).rstrip('/')}/exchange/v1/{kind}"


@dataclass(frozen=True, slots=True)
class Pull:
    """One request for one batch."""

    request: Request
    service: str
    kind: FeedKind
    limit: int
    form: Form

    async def after(self, place: Place, since: datetime | None, area: str | None) -> Response:
        """The batch after a place, or from an instant on, narrowed to an area."""
        return await self._answer(await self._start(place, since, area))

    async def _start(self, place: Place, since: datetime | None, area: str | None) -> Place:
        """Where to begin: at the cursor, at an instant, or at zero."""
        if since is None:
            at = place.at
            return Place(place.kind, Cursor(at.after, at.epoch, at.purged, area), place.base)
        engine = self.request.state.database.engine
        head, number = await number_before(engine, self.kind.name, since)
        return Place(place.kind, Cursor(number, head.epoch, 0, area), number)

    async def archive(self, place: Place, area: str | None, now: datetime) -> Response:
        """Everything from a place to the present end, as a zip."""
        begun = await self._start(place, None, area)
        found = await self._found(begun)
        kind, settings = self.kind.name, self.request.state.settings
        title = title_of(kind)
        origin = Origin(title, source_of(self.service), settings.feed_licence, now)
        pieces = archived(self.request.state.database.engine, begun, found, origin)
        headers = file_headers(f"{kind}.zip", f"{title}.zip")
        return StreamingResponse(pieces, headers=headers, media_type="application/zip")

    async def _found(self, place: Place) -> Batch:
        """The batch after a place, or 410 where the place leads nowhere any more."""
        engine = self.request.state.database.engine
        found = await batch_after(
            engine, self.kind.name, place.at.after or 0, self.limit, place.at.area
        )
        if reason := place.at.fault(found.head):
            raise self.gone(reason, place.at.area)
        return found

    def gone(self, reason: Text, area: str | None) -> CursorGone:
        """The refusal of a cursor that leads nowhere, with the address to begin anew at."""
        place = Place(self.kind.name, Cursor(area=area))
        start = f"{address_of(self.request, self.kind.name)}{self._query(None, place)}"
        return CursorGone(reason=reason, start=start)

    async def _answer(self, place: Place) -> Response:
        found = await self._found(place)
        is_full = len(found.rows) == self.limit
        reached = found.rows[-1].change_number if is_full else found.head.last_number
        following = place.moved(reached, found.head)
        body = self._body(place, following, found)
        return self._sent(body, following, found)

    def _body(self, place: Place, following: Place, found: Batch) -> bytes:
        kind, name = self.kind.name, following.batch
        source = source_of(self.service)
        rows = [(row, technical(kind, row, place.base, name, source)) for row in found.rows]
        if self.form is Form.CSV:
            return csv_of(kind, rows, items_of(kind))
        lines = [json_row(kind, row, columns) for row, columns in rows]
        if self.form is Form.NDJSON:
            return b"".join(line + b"\n" for line in lines)
        return (
            b'{"kind":"%b","count":%d,"has_more":%b,"batch":"%b","cursor":"%b","next":"%b",'
            b'"license":"%b","rows":[%b]}'
        ) % (
            kind.encode(),
            len(rows),
            b"true" if _has_more(following, found) else b"false",
            name.encode(),
            following.token().encode(),
            self._next(following).encode(),
            self.request.state.settings.feed_licence.encode(),
            b",".join(lines),
        )

    def _sent(self, body: bytes, following: Place, found: Batch) -> Response:
        """With a validator: asking again for what has not moved costs no body."""
        etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
        headers = {
            "ETag": etag,
            "Cache-Control": self._cacheable(),
            "X-Batch": following.batch,
            "X-Next-Cursor": following.token(),
            "X-Has-More": "true" if _has_more(following, found) else "false",
            "Link": f'<{self._next(following)}>; rel="next"',
        }
        if etag in self.request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(body, 200, headers, media_type=TYPES[self.form])

    def _cacheable(self) -> str:
        return "public, max-age=8" if self.kind.public else "private, no-cache"

    def _next(self, following: Place) -> str:
        return address_of(self.request, self.kind.name) + self._query(following.token(), following)

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


def _has_more(following: Place, found: Batch) -> bool:
    return (following.at.after or 0) < found.head.last_number
