"""A resource as one file: what a pull brings, with a manifest by which it can be checked."""

import csv
import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from common.clock import utc_now
from common.crypto.digest import sm3
from common.db import database
from common.exchange import archive
from common.exchange.archive import Origin
from common.exchange.place import Place
from common.exchange.reading import batch_after
from common.feed.cursor import Cursor
from deploy.local.environment import Urls
from tests.registry.inventory import move, patched, published
from tests.registry.service.test_exchange import pulled, settled
from tests.registry.service.test_reconciliation import portal

__all__ = ["portal"]
Header = dict[str, str]


def opened(answer: httpx.Response) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """The rows and the manifest; the CSV is what the manifest says it is."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        table = archive.read(manifest["file"])
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert manifest["sm3"] == sm3(table).hex()
    assert manifest["rows"] == len(rows) == sum(manifest["operations"].values())
    return rows, manifest


async def archived(
    client: httpx.AsyncClient, portal: Header, kind: str, **query: str
) -> httpx.Response:
    return await client.get(f"/exchange/v1/{kind}/archive", params=query, headers=portal)


async def test_a_file_holds_what_a_pull_brings_and_the_next_goes_on_after_it(
    live_city: httpx.AsyncClient, clerk: Header, portal: Header, fresh_database: Urls
) -> None:
    kept = await published(live_city, clerk)
    gone = await published(live_city, clerk)
    await settled(fresh_database)
    answer = await archived(live_city, portal, "offering")
    rows, manifest = opened(answer)
    beside, _ = await pulled(live_city, "offering")
    await patched(live_city, clerk, "/v1/offerings", kept, {"name": "助餐新名"})
    await move(live_city, clerk, gone, "suspended", reason="检修")
    await settled(fresh_database)
    later, then = opened(await archived(live_city, portal, "offering", cursor=manifest["cursor"]))

    assert answer.headers["content-type"] == "application/zip"
    names = ("row_guid", "cd_operation", "cd_batch", "cd_area", "cd_sm3")
    assert [[row[n] for n in names] for row in rows] == [[row[n] for n in names] for row in beside]
    assert rows[0]["name"] == beside[0]["data"]["name"]
    assert manifest["batch"] == beside[-1]["cd_batch"]
    assert {row["row_guid"]: row["cd_operation"] for row in later} == {
        kept["id"]: "U",
        gone["id"]: "D",
    }
    assert then["operations"] == {"I": 0, "U": 1, "D": 1}


async def test_at_the_end_a_file_is_empty_and_a_lost_place_is_told(
    live_city: httpx.AsyncClient, portal: Header, fresh_database: Urls
) -> None:
    await settled(fresh_database)
    _, manifest = opened(await archived(live_city, portal, "area"))
    again, end = opened(await archived(live_city, portal, "area", batch=manifest["batch"]))
    lost = await archived(live_city, portal, "area", batch="f" * 16 + manifest["batch"][16:])

    assert (again, end["cursor"]) == ([], manifest["cursor"])
    assert (lost.status_code, lost.json()["type"]) == (410, "feed-cursor-gone")


async def test_a_file_comes_in_pieces_and_one_that_breaks_off_opens_nowhere(
    monkeypatch: pytest.MonkeyPatch,
    live_city: httpx.AsyncClient,
    clerk: Header,
    fresh_database: Urls,
) -> None:
    await published(live_city, clerk)
    await published(live_city, clerk)
    await settled(fresh_database)
    monkeypatch.setattr(archive, "_BATCH", 1)
    place = Place("offering", Cursor(0, None, 0, None), 0)
    origin = Origin("服务", "linli", "CC BY 4.0", utc_now())
    async with database(fresh_database.app, pool_size=1) as opened:
        first = await batch_after(opened.engine, "offering", 0, 1, None)
        file = archive.archived(opened.engine, place, first, origin)
        pieces = [piece async for piece in file]

    assert len(pieces) == 3
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as whole:
        assert len(whole.read("offering.csv").splitlines()) == 3
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(pieces[:-1])))
