"""A load generator that costs little: raw HTTP/1.1 by asyncio's protocols, prebuilt requests.

It shares the two cores with the server; a heavier client would flatter every ratio.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import NamedTuple, cast

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


class Line(asyncio.Protocol):
    """A connection on which one request after the other is answered with a Content-Length."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._ends_at = 0  # where the answer ends; 0 while its head has not come
        self._body_at = 0
        self._awaited: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, port: int) -> "Line":
        """Open one to a port of this machine."""
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(cls, "127.0.0.1", port))[1]

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send; status and body once they have come. Nothing else may be under way."""
        self._awaited = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._awaited

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio tells it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Gather, and tell who waits when all has come."""
        self._heard += data
        if not self._ends_at:
            self._read_head()
        if self._ends_at and len(self._heard) >= self._ends_at:
            status, body = int(self._heard[9:12]), bytes(self._heard[self._body_at : self._ends_at])
            self._heard, self._ends_at = bytearray(), 0
            if self._awaited is not None and not self._awaited.done():
                self._awaited.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(exc or ConnectionResetError())

    def _read_head(self) -> None:
        end = self._heard.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        head = self._heard[:end].lower()
        at = head.index(b"content-length:") + 15
        self._body_at, length = end, int(head[at : head.index(b"\r\n", at)])
        self._ends_at = end + length


async def run(ports: int | Sequence[int], build: Build, *, clients: int, seconds: float) -> Load:
    """`clients` connections send as fast as they are answered; `build` makes the n-th request."""
    places = [ports] if isinstance(ports, int) else ports
    took: list[float] = []
    statuses: dict[int, int] = {}
    number = iter(range(1 << 62))
    started = time.perf_counter()

    async def client(port: int) -> None:
        line = await Line.to(port)
        while (sent := time.perf_counter()) < started + seconds:
            status, _ = await line.ask(build(next(number)))
            took.append(time.perf_counter() - sent)
            statuses[status] = statuses.get(status, 0) + 1
        line.close()

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
        line = await Line.to(port)
        for at in number:
            due = started + at / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            status, _ = await line.ask(prepared[at])
            took.append(time.perf_counter() - due)
            statuses[status] = statuses.get(status, 0) + 1
        line.close()

    await asyncio.gather(*(client(ports[n % len(ports)]) for n in range(clients)))
    cuts = quantiles(took, n=100)
    elapsed = time.perf_counter() - started
    return Load(len(took) / elapsed, cuts[49] * 1000, cuts[98] * 1000, statuses)
