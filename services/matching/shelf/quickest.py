"""The quickest search that this process has: `kernel` once it is machine code, `plain` until then.

Making machine code takes half a minute where nobody has done so before, and a second where it lies
on disk. No request waits for either.
"""

import asyncio
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from math import inf
from pickle import UnpicklingError
from typing import Final
from uuid import UUID

import numpy as np
import structlog

from common.processes import one_apart
from matching.domain.demand import Need
from matching.domain.scoring import Policy
from matching.domain.supply import Terms
from matching.shelf import kernel, plain
from matching.shelf.asking import Asked, Wanted
from matching.shelf.columns import Array, Columns
from matching.shelf.compiled import IS_HERE, IS_READY, leave_disk
from matching.shelf.entries import Entry
from matching.shelf.shelf import Shelf
from matching.shelf.terms import TermsTable
from matching.shelf.texts import Texts
from matching.shelf.writing import written

log = structlog.get_logger(__name__)

# What lies on disk was cut off when the power failed, or no more fits there.
_BROKEN: Final = OSError, EOFError, UnpicklingError
_CATEGORY: Final = "meal"
ANYTHING: Final = Entry(
    *(UUID(int=1), "", _CATEGORY, None, None, Terms(), None),
    channels=1,
    price_fen=0,
    left=1,
)


def best(
    columns: Columns, gone: Array, terms: TermsTable, asked: Asked, limit: int, most: float = inf
) -> plain.Found:
    """The rows of the least rank, none beyond `most`, in order; equal ones by id."""
    search = kernel.best if IS_READY.is_set() else plain.best
    return search(columns, gone, terms, asked, limit, most)


async def become(policy: Policy) -> None:
    """Compile the kernel beside everything else; nothing to do where it is not installed."""
    if not IS_HERE or IS_READY.is_set():
        return
    if kernel.IS_KEPT:
        with suppress(BrokenProcessPool, *_BROKEN):  # then it is done here, a little slower for all
            async with one_apart() as apart:
                await asyncio.get_running_loop().run_in_executor(apart, compile_kernel, policy)
    try:
        await asyncio.to_thread(compile_kernel, policy)
    except _BROKEN:
        log.warning("machine code cannot be kept on disk", exc_info=True)
        leave_disk()
        await asyncio.to_thread(compile_kernel, policy)


def compile_kernel(policy: Policy) -> None:
    """Search a shelf of one offering: what it is made of has the types of any other."""
    shelf = Shelf(policy, kernel.best)
    shelf.put([ANYTHING])
    written(shelf, [Wanted(Need(category=_CATEGORY), 1)])
    Texts.of([b""]).move(np.empty(0, np.uint8), np.zeros(2, np.int64))
    IS_READY.set()
