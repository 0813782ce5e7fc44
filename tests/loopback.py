"""An ASGI app on a real port of this machine, for clients that are no Python."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from common.serve import IDLE_S


@asynccontextmanager
async def on_loopback(app: ASGIApp, port: int) -> AsyncIterator[str]:
    """Serve `app` while the context is open; its address."""
    config = uvicorn.Config(
        app, port=port, log_config=None, lifespan="off", ws="none", timeout_keep_alive=IDLE_S
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task
