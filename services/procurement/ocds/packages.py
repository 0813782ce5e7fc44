"""Packages around releases and records, with the addresses of the configured base URL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from common.paging import token
from procurement.domain.ocds.values import instant
from procurement.ocds.queries import Told
from procurement.ocds.shapes import EXTENSIONS, VERSION
from procurement.settings import Settings

_CACHE: Final = {"Cache-Control": "public, max-age=60"}
Json = dict[str, Any]


def releases(request: Request, path: str, rows: Sequence[Told], **more: Any) -> Response:
    """A package of releases."""
    return _package(
        request, path, "releases", [orjson.Fragment(row.text) for row in rows], rows, **more
    )


def records(
    request: Request,
    path: str,
    rows: Sequence[Told],
    linked: Any,
    **more: Any,
) -> Response:
    """A package of records, each with links to its releases and what they compile to."""
    base = _base(request)
    found = [
        {
            "ocid": row.ocid,
            "releases": [
                {
                    "url": f"{base}/ocds/releases/{row.ocid}-{each.number}",
                    "date": instant(each.released_at),
                    "tag": each.tag,
                }
                for each in linked[row.tender_id]
            ],
            "compiledRelease": orjson.Fragment(row.text),
        }
        for row in rows
    ]
    return _package(request, path, "records", found, rows, **more)


def _package(
    request: Request,
    path: str,
    name: str,
    items: Sequence[Any],
    rows: Sequence[Told],
    *,
    after: UUID | None = None,
) -> Response:
    base = _base(request)
    settings = cast(Settings, request.state.settings)
    newest: datetime = max(row.released_at for row in rows)
    body: Json = {
        "uri": f"{base}/ocds/{path}",
        "version": VERSION,
        "extensions": [*EXTENSIONS, f"{base}/ocds/extension/extension.json"],
        "publishedDate": instant(newest),
        "publisher": {"name": settings.publisher_name, "uri": base},
        "license": settings.feed_licence,
        name: items,
    }
    if after is not None:
        body["links"] = {"next": f"{base}/ocds/{path.partition('?')[0]}?after={token(after)}"}
    return Response(orjson.dumps(body), headers=_CACHE, media_type="application/json")


def _base(request: Request) -> str:
    return str(request.state.settings.base_url).rstrip("/")  # never the Host header
