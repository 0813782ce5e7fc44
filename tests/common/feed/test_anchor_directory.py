"""An anchor directory that cannot be written is told; it does not keep a process from stopping."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from common.errors import Unavailable
from common.feed.client import FeedClient
from common.feed.numbering import numbering
from deploy.local.environment import Urls
from tests.common.feed.things import KINDS, open_things, settings


async def test_a_leader_whose_anchor_directory_is_no_directory_fails_by_name_and_can_be_ended(
    things_database: Urls, tmp_path: Path
):
    anchors = tmp_path / "anchors"
    own = settings(things_database.app, anchor_dir=anchors)
    async with open_things(things_database.app) as things:
        opened = things.opened

        async def term_without_directory() -> "asyncio.Task[None]":
            work = numbering("things", opened, list(KINDS.values()), own)
            term = asyncio.create_task(work)
            await _until_written(anchors)
            shutil.rmtree(anchors)
            anchors.write_text("no directory")
            return term

        faulty = await term_without_directory()
        await things.add(1)
        with pytest.raises(OSError, match="anchors"):
            await asyncio.wait_for(faulty, 40)

        anchors.unlink()
        ended = await term_without_directory()
        ended.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(ended, 40)


async def _until_written(directory: Path) -> None:
    async with asyncio.timeout(40):
        while not list(directory.glob("*.json")):  # noqa: ASYNC240 - a directory of this test
            await asyncio.sleep(0.02)


async def test_a_feed_that_nobody_serves_is_unavailable_by_name():
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(
        base_url="http://registry.test", transport=httpx.MockTransport(refuse)
    ) as http:
        with pytest.raises(Unavailable) as told:
            await FeedClient(http, "registry/offering", "/feeds/offering").page("")

    assert told.value.facts["what"].en == "registry/offering"
