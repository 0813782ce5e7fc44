"""What a fault of the database means to a caller: later, or never."""

from collections.abc import Callable

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from common.problem_details import handlers


class Told(Exception):
    """A fault as SQLAlchemy has it from the driver."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def wrapped(sqlstate: str | None) -> Exception:
    return DBAPIError("SELECT 1", None, Told(sqlstate))


async def asked(fault: Callable[[], Exception]) -> httpx.Response:
    app = FastAPI(exception_handlers=handlers({}))

    @app.get("/")
    async def fail() -> None:
        raise fault()

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://fault.test") as client:
        return await client.get("/")


@pytest.mark.parametrize(
    "fault",
    [
        lambda: wrapped("57P01"),  # the administrator ends the server
        lambda: wrapped("53300"),  # too many connections
        lambda: wrapped("40P01"),  # a deadlock
        lambda: wrapped(None),  # it never answered
        lambda: PoolTimeout("no connection is free"),
        lambda: ConnectionRefusedError("nobody listens"),
        lambda: asyncpg.ConnectionDoesNotExistError("it died while the connection was made"),
        lambda: asyncpg.CannotConnectNowError("the database system is starting up"),
        lambda: asyncpg.InterfaceError("connection is closed"),
        lambda: asyncpg.InternalClientError("got a message out of turn"),
    ],
)
async def test_what_passes_by_itself_asks_the_caller_to_come_again(
    fault: Callable[[], Exception],
) -> None:
    with capture_logs() as lines:
        said = await asked(fault)

    assert said.status_code == 503
    assert [(line["event"], set(line)) for line in lines] == [
        ("database unavailable", {"event", "fault", "log_level"})  # its kind, not its words
    ]
    assert int(said.headers["Retry-After"]) > 0
    assert said.json()["type"] == "unavailable"


@pytest.mark.parametrize(
    "fault",
    [
        lambda: wrapped("42P01"),  # no such table
        lambda: asyncpg.UndefinedTableError("no such table"),
    ],
)
async def test_a_bug_stays_a_bug(fault: Callable[[], Exception]) -> None:
    said = await asked(fault)

    assert (said.status_code, said.json()["type"]) == (500, "internal")
    assert said.headers["Connection"] == "close"  # the server ends it: a next call would be lost


@pytest.mark.parametrize(
    "fault", [lambda: wrapped("22003"), lambda: asyncpg.DataError("date value out of range")]
)
async def test_values_that_no_column_can_hold_are_the_callers_to_mend(
    fault: Callable[[], Exception],
) -> None:
    assert (await asked(fault)).status_code == 422
