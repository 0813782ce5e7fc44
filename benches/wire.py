"""A load generator that costs little: raw HTTP/1.1 on asyncio streams, prebuilt requests.

It shares the two cores with the server; a heavier client would flatter every ratio.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import NamedTuple

Build = Callable[[int], bytes]


class Load(NamedTuple):
    """What a run of requests came to."""

    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One request, ready to send."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.index(b"content-length:") + 15
    length = int(lower[at : lower.index(b"\r\n", at)])
    return int(head[9:12]), await reader.readexactly(length)


async def run(ports: int | Sequence[int], build: Build, *, clients: int, seconds: float) -> Load:
    """`clients` connections send as fast as they are answered; `build` makes the n-th request."""
    places = [ports] if isinstance(ports, int) else ports
    took: list[float] = []
    statuses: dict[int, int] = {}
    number = iter(range(1 << 62))
    started = time.perf_counter()

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (sent := time.perf_counter()) < started + seconds:
            writer.write(build(next(number)))
            status, _ = await answer(reader)
            took.append(time.perf_counter() - sent)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(client(places[n % len(places)]) for n in range(clients)))
    cuts = quantiles(took, n=100)
    elapsed = time.perf_counter() - started
    return Load(len(took) / elapsed, cuts[49] * 1000, cuts[98] * 1000, statuses)


async def paced(
    ports: Sequence[int], prepared: Sequence[bytes], *, per_second: int, clients: int
) -> Load:
    """Requests sent at a steady rate, whoever is behind: each is timed from when it was due."""
    took: list[float] = []
    statuses: dict[int, int] = {}
    number = iter(range(len(prepared)))
    started = time.perf_counter()

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in number:
            due = started + at / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(prepared[at])
            status, _ = await answer(reader)
            took.append(time.perf_counter() - due)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(client(ports[n % len(ports)]) for n in range(clients)))
    cuts = quantiles(took, n=100)
    elapsed = time.perf_counter() - started
    return Load(len(took) / elapsed, cuts[49] * 1000, cuts[98] * 1000, statuses)
