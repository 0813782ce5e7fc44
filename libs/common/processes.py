"""Processes of our own for arithmetic that would hold up a process that answers.

A thread will not do: it takes its turns at the interpreter from the requests beside it. Started
afresh, not forked: threads stay behind.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Final

_GIVES_WAY: Final = 10  # niceness


@contextmanager
def processes(count: int = 2) -> Iterator[Executor]:
    """A pool for a thread; whoever leaves early does not wait for work that nobody began."""
    pool = _pool(count, 0)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@asynccontextmanager
async def some_apart(count: int, ready_for: Callable[..., object]) -> AsyncIterator[Executor]:
    """A pool that begins at once, and brings in what it will be asked for, beside other work."""
    pool = _pool(count, 0, ready_for)
    for _ in range(count):
        pool.submit(os.getpid)  # each that finds nobody idle begins one
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


@asynccontextmanager
async def one_apart() -> AsyncIterator[Executor]:
    """One process for a coroutine's background work; requests go first where cores are few."""
    pool = _pool(1, _GIVES_WAY)
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


def _pool(count: int, *given: Any) -> ProcessPoolExecutor:
    context = get_context("spawn")
    return ProcessPoolExecutor(count, context, initializer=_begin, initargs=given)


def _begin(niceness: int, _ready_for: Callable[..., object] | None = None) -> None:
    """`_ready_for` came by its name, so its modules are there by now."""
    os.nice(niceness)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A killed parent leaves no orphan at work."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
