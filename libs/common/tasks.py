"""Ending background tasks."""

import asyncio
from typing import Any, Final

AGAIN_S: Final = 1.0


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until they have ended; what they raise is nobody's any more.

    A cancellation can be swallowed on its way through a library (`asyncio.wait_for` before Python
    3.12 does it when the inner wait ends at the same moment), and a task that loops then goes on.
    So it is repeated: a process that is told to stop, stops.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
