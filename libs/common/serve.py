"""Runs one service: `python -m common.serve registry --port 8001`, here and in the image.

More processes of it behind a front door are more capacity; a process uses one core.
"""

import argparse
import os
from importlib.util import find_spec

import uvicorn

SERVICES = ("registry", "matching", "procurement", "feedback")


def main() -> None:
    """Serve until SIGTERM; requests under way get ten seconds to finish."""
    parser = argparse.ArgumentParser(description="Run one service.")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--grace-s", type=int, default=10)
    wanted = parser.parse_args()
    uvicorn.run(
        f"{wanted.service}.main:app",
        factory=True,
        host=wanted.host,
        port=wanted.port,
        log_config=None,  # common.logs has set up all loggers
        access_log=False,  # common.metrics writes one line a request, without the query
        server_header=False,
        proxy_headers=False,  # links come from BASE_URL; the peer stays the peer
        timeout_graceful_shutdown=wanted.grace_s,
        loop="uvloop" if find_spec("uvloop") else "asyncio",
    )


if __name__ == "__main__":
    main()
