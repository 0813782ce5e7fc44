"""Processes of our own for arithmetic that would hold up a process that answers.

A thread will not do: it takes its turns at the interpreter from the requests beside it. Started
afresh, not forked: threads stay behind.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from common.db import database
from common.shares import WORKS, set_share

Result = TypeVar("Result")


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
    """One process for a coroutine's background work; requests go first where cores are few.

    When the coroutine is cancelled the process ends in the middle of whatever it does.
    """
    heard, wanted = get_context("spawn").Pipe(duplex=False)
    pool = _pool(1, WORKS, None, heard)
    try:
        yield pool
    except BaseException:
        wanted.close()
        raise
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)
        wanted.close()


async def in_database(
    apart: Executor, work: Callable[..., Awaitable[Result]], url: str, **given: Any
) -> Result:
    """Do `work(database, **given)` in a process apart, with a connection of its own.

    For work that reads and writes as much as it computes. What it is given and what it answers
    must be able to travel; `work` is known by its name.
    """
    told = partial(_in_database, work, url, given)
    return await asyncio.get_running_loop().run_in_executor(apart, told)


def _in_database(
    work: Callable[..., Awaitable[Result]], url: str, given: Mapping[str, Any]
) -> Result:
    async def whole() -> Result:
        async with database(url, pool_size=1) as opened:
            return await work(opened, **given)

    return asyncio.run(whole())


def _pool(count: int, *given: Any) -> ProcessPoolExecutor:
    context = get_context("spawn")
    return ProcessPoolExecutor(count, context, initializer=_begin, initargs=given)


def _begin(
    niceness: int,
    _ready_for: Callable[..., object] | None = None,
    wanted: Connection | None = None,
) -> None:
    """`_ready_for` came by its name, so its modules are there by now."""
    if niceness:
        _give_way(niceness)
    threading.Thread(target=_leave_with_parent, args=(wanted,), daemon=True).start()


def _give_way(niceness: int) -> None:
    """To its own service, and to all others: among sessions the kernel may know other shares."""
    os.setsid()
    os.nice(niceness)
    set_share(os.getpid(), niceness)


def _leave_with_parent(wanted: Connection | None) -> None:
    """A killed parent leaves no orphan at work, nor does one that wants it no more."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel, *([] if wanted is None else [wanted])])
        os._exit(1)
