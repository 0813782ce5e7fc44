"""How work that follows makes way for work in bulk."""

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 0.2
LONGEST_S: Final = 10.0  # readers of a feed wait no longer than this for a portion of an import


async def make_way(is_busy: Callable[[], bool], rest_s: float) -> None:
    """Rest so many seconds, but not beyond the end of the bulk work and never for long."""
    clock = asyncio.get_running_loop().time
    end = clock() + min(rest_s, LONGEST_S)
    while is_busy() and (left := end - clock()) > 0:  # noqa: ASYNC110 - many runs, no one event
        await asyncio.sleep(min(LOOK_S, left))
