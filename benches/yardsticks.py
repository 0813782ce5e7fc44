"""What this machine can do at all: a bare FastAPI hello, and one asyncpg insert with fsync."""

import asyncio
import subprocess
import sys
import time
from statistics import median

import asyncpg
from fastapi import FastAPI

from benches import Row, wire
from benches.house import house
from common.db import direct_url
from tests.living import free_port

INSERTS = 2_000


def app() -> FastAPI:
    """uvicorn benches.yardsticks:app --factory"""
    made = FastAPI()

    @made.get("/")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    return made


def rows() -> list[Row]:
    """The machine's own figures."""
    return [_hello(), asyncio.run(_inserts())]


def _hello() -> Row:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benches.yardsticks:app", "--factory"]
    process = subprocess.Popen([*command, "--port", str(port), "--log-level", "error"])  # noqa: S603 - our own interpreter
    try:
        time.sleep(2)
        asked = wire.request("GET", "/", {})
        loads = [
            asyncio.run(wire.run(port, lambda _: asked, clients=32, seconds=2)) for _ in range(5)
        ]
    finally:
        process.terminate()
        process.wait(10)
    figure = f"{median(load.per_second for load in loads):.0f} requests/s"
    return Row("a bare FastAPI hello, one process, 32 clients", figure)


async def _inserts() -> Row:
    with house() as (server, _):
        server.prepare("yard")
        connection = await asyncpg.connect(direct_url(server.url("yard", "owner")))
        await connection.execute("CREATE TABLE yard (id int PRIMARY KEY, said text)")
        took = []
        for number in range(INSERTS):
            started = time.perf_counter()
            await connection.execute("INSERT INTO yard VALUES ($1, 'x')", number)
            took.append(time.perf_counter() - started)
        await connection.close()
    return Row("one asyncpg insert with fsync", f"{median(took) * 1e6:.0f} µs")
