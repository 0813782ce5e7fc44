"""The lane at the gate: the same answers over a real connection, however the bytes come."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from uvicorn.server import ServerState

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.auth.roles import Role
from common.auth.trust import Trust
from common.lane import Asked, FastLane, Lane, Told, install_lanes
from common.lane_gate import Gate
from common.metrics import Metrics
from tests.common.test_lane import Remembered

PATH, SLOW = "/v1/matches", "/v1/slow"
TOGETHER: list[int] = []  # how many were answered at each time


def at_once(asked: Sequence[Asked]) -> Sequence[Told | None]:
    """Answers at the gate those who ask for it by name."""
    TOGETHER.append(len(asked))
    if any(b"fault" in each.said for each in asked):
        raise ConnectionError
    told = Told(b'{"by":"gate"}', [(b"age", b"3")])
    return [told if b"gate" in each.said else None for each in asked]


async def answer(asked: Asked) -> Told | None:
    """Answers all the rest, and tells what came."""
    return Told(b'{"by":"lane","said":%b}' % asked.said)


def full(*_: object) -> None:
    """A log that cannot be written to."""
    raise OSError


@dataclass
class Served:
    """A server, and its connections."""

    port: int
    state: ServerState
    lines: list[str]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Caller"]:
        """One connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        yield Caller(reader, writer)
        writer.close()

    @asynccontextmanager
    async def crowd(self, size: int) -> AsyncIterator[list["Caller"]]:
        """Several connections that the server has taken; who is answered is counted from here."""
        async with AsyncExitStack() as stack:
            callers = [await stack.enter_async_context(self.connected()) for _ in range(size)]
            await asyncio.sleep(0.05)
            TOGETHER.clear()
            yield callers


@dataclass
class Caller:
    """Sends bytes and reads whole answers."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(b"".join(pieces))

    async def heard(self) -> tuple[bytes, dict[bytes, bytes]]:
        """The body and the headers of the next answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        lines = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2]]
        headers = dict(lines)
        return await self.reader.readexactly(int(headers[b"content-length"])), headers


@pytest.fixture
async def server(actor: Callable[..., Actor]) -> AsyncIterator[Served]:
    """An app with a lane, behind uvicorn's protocol with the gate."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        yield {"trust": Trust(Remembered(actor(Role.RESIDENT)))}

    app, lines = FastAPI(lifespan=lifespan), list[str]()

    @app.post(SLOW)
    async def slow(request: Request) -> dict[str, str]:
        await request.body()
        await asyncio.sleep(0.05)
        return {"by": "road"}

    metrics = Metrics("matching", (), lambda **line: lines.append(line["route"]))
    lane = Lane("POST", PATH, Permission.MATCH_QUERY, answer, at_once=at_once)
    install_lanes(app, [lane], metrics, crosses=False)
    config = uvicorn.Config(app, log_config=None, proxy_headers=False, server_header=False)
    config.load()
    app.middleware_stack = app.build_middleware_stack()
    state, loop = ServerState(), asyncio.get_running_loop()
    async with app.router.lifespan_context(app) as shared:
        made = await loop.create_server(
            lambda: Gate(config=config, server_state=state, app_state=dict(shared or {})),
            "127.0.0.1",
        )
        yield Served(made.sockets[0].getsockname()[1], state, lines)
        made.close()


def post(body: bytes, path: str = PATH, version: str = "1.1", **headers: str) -> bytes:
    said = {
        "Host": "gate.test",
        "Authorization": "Bearer known",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"POST {path} HTTP/{version}\r\n{lines}\r\n".encode() + body


async def test_it_answers_with_the_headers_of_the_lane_and_is_counted(server: Served) -> None:
    async with server.connected() as caller:
        caller.send(post(b'"gate"'))
        body, at_gate = await caller.heard()
        caller.send(post(b'"other"'))
        _, by_lane = await caller.heard()

    assert body == b'{"by":"gate"}'
    assert at_gate.pop(b"age") == b"3"
    assert len(at_gate[b"x-request-id"]) == 36
    assert at_gate.keys() == by_lane.keys()
    assert server.lines == [PATH, PATH]
    assert server.state.total_requests == 2


@pytest.mark.parametrize("cut", [1, 20, -7, -3, -1])
async def test_a_request_in_pieces_is_answered_once_it_is_whole(server: Served, cut: int) -> None:
    whole = post(b'"gate"')
    async with server.connected() as caller:
        for piece in (whole[:cut], whole[cut:]):
            caller.send(piece)
            await asyncio.sleep(0.02)

        assert (await caller.heard())[0] == b'{"by":"gate"}'


@pytest.mark.parametrize(
    "asked",
    [
        post(b'"other"'),
        post(b'"fault gate"'),
        post(b'"gate"', Connection="close"),
        post(b'"gate"', version="1.0"),
        post(b'"gate"', Expect="100-continue"),
    ],
)
async def test_what_it_does_not_answer_goes_on_whole(server: Served, asked: bytes) -> None:
    said = asked.rpartition(b"\r\n\r\n")[2]
    async with server.connected() as caller:
        caller.send(asked)
        if b"Expect" in asked:
            assert await caller.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

        assert (await caller.heard())[0] == b'{"by":"lane","said":%b}' % said


async def test_answers_come_in_the_order_of_the_questions(server: Served) -> None:
    async with server.connected() as caller:
        caller.send(post(b'"gate"'), post(b"1", SLOW), post(b'"gate"'), post(b'"other"'))
        heard = [(await caller.heard())[0] for _ in range(4)]

    assert [body[:11] for body in heard] == [
        b'{"by":"gate',
        b'{"by":"road',
        b'{"by":"lane',  # behind one that is still being answered
        b'{"by":"lane',
    ]


async def test_who_goes_away_in_the_middle_harms_nobody(server: Served) -> None:
    async with server.connected() as gone:
        gone.send(post(b'"gate"')[:-3])
        await asyncio.sleep(0.02)
    async with server.connected() as caller:
        caller.send(post(b'"gate"'))

        assert (await caller.heard())[0] == b'{"by":"gate"}'


async def test_a_server_that_ends_answers_first_what_has_begun(server: Served) -> None:
    whole = post(b'"gate"')
    async with server.connected() as caller:
        caller.send(whole[:-3])
        await asyncio.sleep(0.02)
        for connection in list(server.state.connections):
            connection.shutdown()
        caller.send(whole[-3:])
        body, headers = await caller.heard()

        assert body == b'{"by":"lane","said":"gate"}'
        assert headers[b"connection"] == b"close"
        assert await caller.reader.read() == b""


async def test_those_who_ask_at_one_time_are_answered_together(server: Served) -> None:
    async with server.crowd(8) as callers:
        for number, caller in enumerate(callers):
            caller.send(post(b'"gate"' if number % 2 else b'"other"'))
        heard = [(await caller.heard())[0] for caller in callers]

    assert heard == [b'{"by":"lane","said":"other"}', b'{"by":"gate"}'] * 4
    assert max(TOGETHER) > 1
    assert sum(TOGETHER) == 8
    assert server.lines.count(PATH) == 8


async def test_a_fault_of_one_harms_none_of_those_who_ask_with_it(server: Served) -> None:
    async with server.crowd(6) as callers:
        for number, caller in enumerate(callers):
            caller.send(post(b'"fault"' if number == 2 else b'"gate"'))
        heard = [(await caller.heard())[0] for caller in callers]

    assert heard.pop(2) == b'{"by":"lane","said":"fault"}'
    assert heard == [b'{"by":"gate"}'] * 5
    assert max(TOGETHER) > 1


async def test_one_behind_another_on_a_connection_is_answered_behind_it(server: Served) -> None:
    async with server.connected() as caller:
        caller.send(post(b'"gate"'), post(b'"other"'), post(b'"gate"'))
        heard = [(await caller.heard())[0][:11] for _ in range(3)]

    assert heard[:2] == [b'{"by":"gate', b'{"by":"lane']
    assert heard[2] in {b'{"by":"gate', b'{"by":"lane'}


async def test_who_goes_away_while_waiting_harms_none_of_the_others(server: Served) -> None:
    async with server.connected() as caller, server.connected() as gone:
        await asyncio.sleep(0.05)
        gone.send(post(b'"gate"'))
        gone.writer.transport.abort()
        caller.send(post(b'"gate"'))

        assert (await caller.heard())[0] == b'{"by":"gate"}'


async def test_what_is_too_long_is_not_gathered(server: Served) -> None:
    head = post(b"", Transfer_Encoding="chunked").replace(b"Content-Length: 0\r\n", b"")
    async with server.connected() as caller:
        caller.send(head)
        for _ in range(12):
            caller.send(b"2800\r\n", b"9" * 0x2800, b"\r\n")
            await asyncio.sleep(0)
        caller.send(b"0\r\n\r\n", post(b'"gate"'))

        assert (await caller.heard())[0] == b'{"detail":"Not Found"}'  # no road stands here
        assert (await caller.heard())[0][:11] in {b'{"by":"gate', b'{"by":"lane'}


async def test_an_answer_that_cannot_be_counted_keeps_nobody_waiting(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server.crowd(3) as callers:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        monkeypatch.setattr(Metrics, "observe", full)
        for _ in range(2):
            for caller in callers:
                caller.send(post(b'"gate"'))
            heard = [(await caller.heard())[0] for caller in callers]

            assert heard == [b'{"by":"gate"}'] * 3


async def test_a_fault_before_the_lane_leaves_all_to_the_road(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, calls = FastLane.taken, iter(range(9))

    def once(self: FastLane, *given: Any) -> Any:
        if next(calls) == 1:
            raise OSError
        return taken(self, *given)

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with server.crowd(3) as callers:
        monkeypatch.setattr(FastLane, "taken", once)
        for caller in callers:
            caller.send(post(b'"gate"'))
        heard = [(await caller.heard())[0][:11] for caller in callers]

    assert set(heard) <= {b'{"by":"gate', b'{"by":"lane'}


async def test_no_clock_of_an_idle_connection_runs_while_one_is_answered(server: Served) -> None:
    async with server.connected() as caller:
        await asyncio.sleep(0.05)
        for connection in server.state.connections:
            connection.timeout_keep_alive = 0.01
        caller.send(post(b'"gate"'), post(b"1", SLOW))

        assert (await caller.heard())[0] == b'{"by":"gate"}'
        assert (await caller.heard())[0] == b'{"by":"road"}'


@pytest.mark.parametrize("path", [PATH, SLOW])
async def test_a_connection_is_closed_once_it_has_been_idle_for_so_long(
    server: Served, path: str
) -> None:
    async with server.connected() as caller:
        await asyncio.sleep(0.05)
        (connection,) = server.state.connections
        connection.timeout_keep_alive = 600
        for _ in range(3):
            caller.send(post(b'"gate"', path))
            assert (await caller.heard())[0]
        connection.timeout_keep_alive_handler()  # a clock that an earlier answer has started
        caller.send(post(b"1", SLOW))
        await asyncio.sleep(0.02)
        connection.timeout_keep_alive_handler()  # amid a request
        assert (await caller.heard())[0] == b'{"by":"road"}'

        connection._idle_since -= 600
        connection.timeout_keep_alive_handler()

        assert await asyncio.wait_for(caller.reader.read(), 10) == b""


@pytest.mark.parametrize("path", [PATH, SLOW])
async def test_no_clock_keeps_a_connection_in_memory_that_is_lost(
    server: Served, path: str
) -> None:
    async with server.crowd(3) as callers:
        gone = [weakref.ref(connection) for connection in server.state.connections]
        for caller in callers:
            caller.send(post(b'"gate"', path))
            assert (await caller.heard())[0]
        callers[0].writer.transport.abort()
    await asyncio.sleep(0.05)
    gc.collect()

    assert [each() for each in gone] == [None] * 3
