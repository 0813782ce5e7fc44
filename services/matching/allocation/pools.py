"""Processes to spread categories over. Started afresh, not forked: threads stay behind."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait


@contextmanager
def processes(count: int = 2) -> Iterator[Executor]:
    """A pool; whoever leaves early does not wait for categories that nobody began."""
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_leave_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_with_parent() -> None:
    """A killed parent leaves no orphan at work."""
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
