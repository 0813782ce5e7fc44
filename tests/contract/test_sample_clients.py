"""The sample clients sign as the published vectors say, and come again when they are told to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.portal_clients import ALL, VECTORS, Client

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


@EACH
async def test_the_published_vectors_hold_for_a_sample_client(client: Client) -> None:
    must_run_here(client)

    assert await client.run("vectors", str(VECTORS)) == (0, "5 of 5 vectors hold\n")


@EACH
async def test_a_sample_client_comes_again_through_every_passing_trouble(
    client: Client, troubled: str, tmp_path: Path
) -> None:
    must_run_here(client)
    told = await client.run("pull", str(tmp_path / "store"), troubled, "offering", secret="s")

    assert told == (0, "offering 0 rows\n")
