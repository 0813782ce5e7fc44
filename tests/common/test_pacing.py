"""Followers make way for bulk work, and never longer than it lasts."""

import asyncio

import pytest

from common import pacing
from common.pacing import make_way


async def test_nobody_rests_when_nothing_is_under_way() -> None:
    async with asyncio.timeout(60):
        await make_way(lambda: False, 3600)


async def test_the_rest_ends_with_the_bulk_work() -> None:
    looks = iter([True, True, False])

    async with asyncio.timeout(60):
        await make_way(lambda: next(looks), 3600)

    assert next(looks, None) is None


async def test_a_rest_has_a_bound_while_the_bulk_work_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "LONGEST_S", 0.01)

    async with asyncio.timeout(60):
        await make_way(lambda: True, 3600)
