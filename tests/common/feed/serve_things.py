"""The synthetic service as a process: `python -m tests.common.feed.serve_things URL PORT`.

PORT 0 serves nothing and only numbers. `--anchor DIR` keeps an anchor there.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from common.auth.actor import Actor
from common.db import database
from common.feed.numbering import numbering
from common.feed.wake import FeedWaiters
from common.settings import ServiceSettings
from common.worker import Job, running
from tests.common.feed.things import KINDS, feed_app


@asynccontextmanager
async def at_work(settings: ServiceSettings) -> AsyncIterator[Mapping[str, Any]]:
    """The resources of a service, numbering included."""
    async with database(settings.database_url) as opened, FeedWaiters.listening(opened) as waiters:
        job = Job("feed", lambda: numbering("things", opened, list(KINDS.values()), settings))
        async with running([job] if settings.worker else []) as health:
            yield {
                "settings": settings,
                "database": opened,
                "sessions": opened.sessions,
                "waiters": waiters,
                "actor": Actor.anonymous(),
                "health": health,
            }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("port", type=int)
    parser.add_argument("--anchor", type=Path)
    given = parser.parse_args()
    settings = ServiceSettings(
        database_url=given.url,
        base_url=f"http://127.0.0.1:{given.port or 1}",
        anchor_dir=given.anchor,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with at_work(settings) as state:
            yield state

    async def number() -> None:
        async with at_work(settings):
            await asyncio.Event().wait()

    if not given.port:
        asyncio.run(number())
        return
    uvicorn.run(
        feed_app(lifespan),
        port=given.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
