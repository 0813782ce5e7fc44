"""Runs one service: `python -m common.serve registry --port 8001`, here and in the image.

More processes of it behind a front door are more capacity; a process uses one core. With `--kept`
a second process stands behind it that has it back at once when it is killed, and with `--spare` a
third that takes the second's place (`common.keeping`).
"""

import argparse
import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

import uvicorn
from sqlalchemy.orm import configure_mappers

from common.keeping import keep
from common.lane_gate import Gate
from common.tls import trusted

SERVICES = ("registry", "matching", "procurement", "feedback")
COULD_NOT_START = 3  # as uvicorn says it
# Longer than whoever calls keeps a connection that is idle (nginx 60 s, httpx 5 s): who hangs up
# first must be the one who sends, or a call meets a connection that is being closed.
IDLE_S = 75
# A request makes thousands of objects, of which none is left when it ends. After 700, as Python has
# it, each collection walks through those of the requests under way: an eighth of a service's time.
YOUNG = 20_000


def main() -> None:
    """Serve until SIGTERM; requests under way get ten seconds to finish."""
    parser = argparse.ArgumentParser(description="Run one service.")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--grace-s", type=int, default=10)
    parser.add_argument("--kept", action="store_true", help="start again at once when killed")
    parser.add_argument("--spare", action="store_true", help="and so when its keeper is killed")
    wanted = parser.parse_args()
    # One core a process; and threads that a library starts on import would not live in a child.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    config = uvicorn.Config(
        f"{wanted.service}.main:app",
        factory=True,
        host=wanted.host,
        port=wanted.port,
        http=Gate,
        log_config=None,  # common.logs has set up all loggers
        access_log=False,  # common.metrics writes one line a request, without the query
        server_header=False,
        proxy_headers=False,  # links come from BASE_URL; the peer stays the peer
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=wanted.grace_s,
        loop="uvloop" if find_spec("uvloop") else "asyncio",
    )
    sockets = [config.bind_socket()]
    _make_ready(config)
    if wanted.kept:
        keep(with_spare=wanted.spare)
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # it has ended in order, and says so
        server.run(sockets)
    if not server.started:
        sys.exit(COULD_NOT_START)


def _make_ready(config: uvicorn.Config) -> None:
    """All that takes long and needs no connection: modules, the app, how its routes are called."""
    import_module("httpcore")  # which httpx leaves until it is needed
    trusted()
    config.get_loop_factory()
    config.load()
    configure_mappers()  # which SQLAlchemy leaves until the first statement
    for route in config.loaded_app.router.routes:  # made at the first look, a second for them all
        route.matches({"type": "http", "method": "GET", "path": "/-", "root_path": ""})
    # A million objects that stay: no collection walks through them while somebody waits for a fifth
    # of a second, and none writes into what a keeper shares with its children.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


if __name__ == "__main__":
    main()
