"""Another time than now: only beside the development issuer, which production refuses."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from common.clock import utc_now
from common.edge import _now
from common.errors import BadRequest


def asked(time: str, *, development_issuer: bool) -> Request:
    settings = SimpleNamespace(development_issuer=development_issuer)
    headers = [(b"development-time", time.encode())]
    return Request({"type": "http", "headers": headers, "state": {"settings": settings}})


async def test_a_demonstration_names_the_time_at_which_it_is_judged() -> None:
    found = await _now(asked("2026-01-05T08:00:00+08:00", development_issuer=True))

    assert found == datetime(2026, 1, 5, tzinfo=UTC)


async def test_without_the_development_issuer_it_is_now_whatever_is_said() -> None:
    found = await _now(asked("2026-01-05T08:00:00+08:00", development_issuer=False))

    assert utc_now() - found < timedelta(minutes=1)


@pytest.mark.parametrize("time", ["yesterday", "0001-01-01T00:00:00+08:00"])
async def test_a_time_that_is_none_is_refused(time: str) -> None:
    with pytest.raises(BadRequest, match=time[:9]):
        await _now(asked(time, development_issuer=True))
