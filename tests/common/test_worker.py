"""Background jobs go on after a fault, and tell how often they met one."""

import asyncio

from prometheus_client import REGISTRY

from common import worker
from common.worker import Job, running


async def test_a_job_that_fails_is_started_again_and_counted(monkeypatch) -> None:
    monkeypatch.setattr(worker, "FIRST_PAUSE_S", 0.0)
    done = asyncio.Event()
    attempts = 0

    async def stumbling() -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 3:
            raise ConnectionError("away")
        done.set()
        await asyncio.sleep(60)

    async with running([Job("stumbling", stumbling)]) as health, asyncio.timeout(10):
        await done.wait()
        assert health.well

    assert REGISTRY.get_sample_value("job_failures_total", {"task": "stumbling"}) == 3
