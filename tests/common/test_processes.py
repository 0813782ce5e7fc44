"""Work in a process apart: it is done there, and ends with whoever wanted it."""

import asyncio
import os
import time
from concurrent.futures import Executor

import psutil
import pytest

from common.processes import in_database, one_apart
from registry.worker import expire
from tests.harness import Databases
from tests.registry.crowd import NOW

WORK_S = 3_600


async def until_it_works(apart: Executor) -> psutil.Process:
    pid = await asyncio.get_running_loop().run_in_executor(apart, os.getpid)
    return psutil.Process(pid)


async def test_work_is_done_apart_with_a_connection_of_its_own(databases: Databases) -> None:
    with databases.fresh("registry") as urls:
        async with one_apart() as apart:
            process = await until_it_works(apart)
            ended = await in_database(apart, expire, urls.app, now=NOW)

    assert process.pid != os.getpid()
    assert ended == 0  # nothing was booked


async def test_who_is_cancelled_leaves_nobody_at_work() -> None:
    begun: asyncio.Future[psutil.Process] = asyncio.get_running_loop().create_future()

    async def wanting() -> None:
        async with one_apart() as apart:
            begun.set_result(await until_it_works(apart))
            await asyncio.get_running_loop().run_in_executor(apart, time.sleep, WORK_S)

    task = asyncio.create_task(wanting())
    process = await begun
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not process.is_running()
