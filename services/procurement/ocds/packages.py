"""Packages around releases and records, with the addresses of the configured base URL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from common.clock import utc_now
from common.paging import token
from procurement import shelf
from procurement.domain.ocds.values import instant
from procurement.ocds.queries import Told
from procurement.ocds.shapes import EXTENSIONS, VERSION
from procurement.settings import Settings
from procurement.shelf import State

_CACHE: Final = {"Cache-Control": "public, max-age=60"}
Json = dict[str, Any]


async def package(
    request: Request,
    name: str,
    path: str,
    rows: Sequence[Told],
    write: shelf.Writer,
    *,
    after: UUID | None = None,
) -> Response:
    """A package of releases or records that stand as `rows` say; none of it when it is known."""
    states = [State(name, row.id, row.version, row.updated_at) for row in rows]
    headers = {**_CACHE, "ETag": shelf.etag(states, path, after)}
    if shelf.is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    items = await shelf.of(request).taken(states, write)
    head = _head(request, path, max((row.updated_at for row in rows), default=utc_now()))
    head[name] = [orjson.Fragment(item) for item in items]
    if after is not None:
        here = f"{head['publisher']['uri']}/ocds/{path.partition('?')[0]}"
        head["links"] = {"next": f"{here}?after={token(after)}"}
    return Response(orjson.dumps(head), headers=headers, media_type="application/json")


def records(
    request: Request, compiled: Sequence[Told], linked: Mapping[UUID, Sequence[Told]]
) -> dict[UUID, bytes]:
    """Records, each with links to its releases and what they compile to."""
    base = _base(request)
    return {
        row.tender_id: orjson.dumps(
            {
                "ocid": row.ocid,
                "releases": [
                    {
                        "url": f"{base}/ocds/releases/{row.ocid}-{each.number}",
                        "date": instant(each.released_at),
                        "tag": each.tag,
                    }
                    for each in linked[row.tender_id]
                    if each.number <= row.number
                ],
                "compiledRelease": orjson.Fragment(row.text),
            }
        )
        for row in compiled
    }


def _head(request: Request, path: str, newest: datetime) -> Json:
    base = _base(request)
    settings = cast(Settings, request.state.settings)
    return {
        "uri": f"{base}/ocds/{path}",
        "version": VERSION,
        "extensions": [*EXTENSIONS, f"{base}/ocds/extension/extension.json"],
        "publishedDate": instant(newest),
        "publisher": {"name": settings.publisher_name, "uri": base},
        "license": settings.feed_licence,
    }


def _base(request: Request) -> str:
    return str(request.state.settings.base_url).rstrip("/")  # never the Host header
