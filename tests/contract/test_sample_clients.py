"""The sample clients sign as the published vectors say, and come again when they are told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common.crypto.digest import sm3
from tests.loopback import on_loopback
from tests.portal_clients import (
    ALL,
    COURSE_VECTORS,
    HOOK_VECTORS,
    JAVA,
    JAVASCRIPT,
    VECTORS,
    Client,
    free_port,
    journal,
)

EACH = pytest.mark.parametrize("client", ALL, ids=lambda client: client.name)
REFUSALS = (b"", b"502 Bad Gateway", b"503 Busy", b"504 Late", b"429 Hasty")
END = (
    b"HTTP/1.1 200 OK\r\nX-Next-Cursor: 1\r\nX-Batch: 1\r\nX-Has-More: false\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def must_run_here(client: Client) -> None:
    if not client.command:
        pytest.skip(f"no means to run {client.name} on this machine")


@pytest.fixture
async def troubled() -> AsyncIterator[str]:
    """A service that hangs up, refuses in each way that passes, and then is well."""
    waiting = [*REFUSALS]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if not waiting:
            writer.write(END)
        elif line := waiting.pop(0):
            writer.write(b"HTTP/1.1 %s\r\nRetry-After: 0\r\nContent-Length: 0\r\n" % line)
            writer.write(b"Connection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert waiting == []


class Offerings:
    """A service of one kind in batches of one row; the clients' questions are kept."""

    def __init__(self) -> None:
        self.rows = ["一", "二", "三", "四"]
        self.asked: list[str] = []

    async def batch(self, request: Request) -> Response:
        cursor = request.query_params.get("cursor", "0")
        self.asked.append(cursor)
        place = int(cursor)
        lines = [self._line(number) for number in range(place, min(place + 1, len(self.rows)))]
        reached = place + len(lines)
        headers = {
            "X-Next-Cursor": str(reached),
            "X-Batch": f"batch-{reached}",
            "X-Has-More": "true" if reached < len(self.rows) else "false",
        }
        return Response("".join(lines), headers=headers)

    def _line(self, number: int) -> str:
        data = json.dumps({"name": self.rows[number]}, ensure_ascii=False)
        guid = f"guid-{number % 4}"
        return (
            f'{{"row_guid":"{guid}","cd_operation":"I","cd_time":"2026-03-02 09:30:00",'
            f'"cd_batch":"b","data_source":"REG","cd_area":null,'
            f'"cd_sm3":"{sm3(data.encode()).hex()}","data":{data}}}\n'
        )


@pytest.mark.parametrize("client", [JAVASCRIPT, JAVA], ids=lambda client: client.name)
async def test_a_journal_grows_by_batches_goes_on_after_a_cut_and_is_tidied_in_the_end(
    client: Client, tmp_path: Path
) -> None:
    must_run_here(client)
    offerings, store = Offerings(), tmp_path / "store"
    file = store / "offering.ndjson"
    app = Starlette(routes=[Route("/exchange/v1/offering", offerings.batch)])
    async with on_loopback(app, free_port()) as address:
        pulling = ("pull", str(store), address, "offering")
        assert await client.run(*pulling, secret="s") == (0, "offering 4 rows\n")
        whole = file.read_bytes()
        last = whole.rindex(b'{"row_guid"')
        file.write_bytes(whole[: last + 40])  # as a crash leaves it, in the middle of a batch
        offerings.asked.clear()
        assert await client.run(*pulling, secret="s") == (0, "offering 1 rows\n")
        assert (offerings.asked, file.read_bytes()) == (["3"], _without_places(whole, but=2))
        offerings.rows += ["五", "六", "七", "八", "九"]  # written over, until half is of no use
        await client.run(*pulling, secret="s")

    lines = file.read_text(encoding="utf-8").splitlines()
    assert (len(lines), lines[-1]) == (5, '{"cursor":"9","batch":"batch-9"}')
    held = {key: state["name"] for key, state in journal(store, "offering").items()}
    assert held == {"guid-0": "九", "guid-1": "六", "guid-2": "七", "guid-3": "八"}


def _without_places(journal: bytes, *, but: int) -> bytes:
    """A journal after it was tidied at its start: of the closing lines the last ones alone."""
    lines = journal.splitlines(keepends=True)
    closing = [line for line in lines if line.startswith(b'{"cursor"')]
    return b"".join(line for line in lines if line not in closing[:-but])


@EACH
async def test_the_published_vectors_hold_for_a_sample_client(client: Client) -> None:
    must_run_here(client)

    assert await client.run("vectors", str(VECTORS)) == (0, "5 of 5 vectors hold\n")


@EACH
async def test_a_sample_client_tells_a_genuine_webhook_from_every_other(client: Client) -> None:
    must_run_here(client)

    assert await client.run("vectors", str(HOOK_VECTORS)) == (0, "13 of 13 vectors hold\n")


@EACH
async def test_a_sample_client_knows_what_a_webhook_asks_of_it(client: Client) -> None:
    must_run_here(client)

    assert await client.run("vectors", str(COURSE_VECTORS)) == (0, "15 of 15 vectors hold\n")


@EACH
async def test_a_sample_client_admits_when_a_vector_does_not_hold(
    client: Client, tmp_path: Path
) -> None:
    must_run_here(client)
    known = json.loads(HOOK_VECTORS.read_text(encoding="utf-8"))
    known[0]["body"] += " "
    (tmp_path / "wrong.json").write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    courses = json.loads(COURSE_VECTORS.read_text(encoding="utf-8"))
    courses[3]["effect"] = "take"
    (tmp_path / "late.json").write_text(json.dumps(courses, ensure_ascii=False), encoding="utf-8")

    files = (str(tmp_path / "wrong.json"), str(VECTORS), str(tmp_path / "late.json"))
    said = "12 of 13 vectors hold\n5 of 5 vectors hold\n14 of 15 vectors hold\n"
    assert await client.run("vectors", *files) == (1, said)


@EACH
async def test_a_sample_client_comes_again_through_every_passing_trouble(
    client: Client, troubled: str, tmp_path: Path
) -> None:
    must_run_here(client)
    told = await client.run("pull", str(tmp_path / "store"), troubled, "offering", secret="s")

    assert told == (0, "offering 0 rows\n")
