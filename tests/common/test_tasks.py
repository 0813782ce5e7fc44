"""What is told to end, ends."""

import asyncio

import pytest

from common import tasks


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "AGAIN_S", 0.01)
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed == 2:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await tasks.end(task)

    assert task.cancelled()
    assert swallowed == 2


async def test_faults_of_what_is_ended_are_not_raised() -> None:
    async def faulty() -> None:
        raise ValueError("too late")

    async with asyncio.timeout(10):
        await tasks.end(asyncio.create_task(faulty()), asyncio.create_task(asyncio.sleep(60)))
        await tasks.end()
