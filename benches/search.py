"""Search at 200,000 offerings: sixteen callers over HTTP, each sort of question by itself.

The figures are the callers': they hold the wait in the queue of the one process and the cost of
asking, which run on the same two cores.
"""

import asyncio
import os
import time
from random import Random
from statistics import median
from urllib.parse import urlencode

from benches import Row, wire
from benches.house import city_office, house, migrated, serving
from common.db import database
from tests.living import free_port
from tests.registry.crowd import CENTRE, crowd

OFFERINGS = int(os.environ.get("OFFERINGS", "200000"))
VENUES = 20_000
CLIENTS, SECONDS, ROUNDS = 16, 4.0, 5
BAR, FACETS_BAR = "p99 <= 25 ms", "p99 <= 60 ms"


def rows() -> list[Row]:
    """p99 of each sort of question, median of the rounds."""
    with house() as (server, secrets):
        urls = migrated(server, "registry", "registry")
        asyncio.run(_furnish(urls.app))
        port = free_port()
        with serving("registry", urls, secrets, port):
            started = time.perf_counter()
            asyncio.run(_warm(port))
            ready = time.perf_counter() - started
            headers = {} if os.environ.get("ANONYMOUS", "1") == "1" else city_office(secrets)
            found = [Row("first answer after the start", f"{ready:.1f} s", "")]
            for name, questions in _questions().items():
                loads = [
                    asyncio.run(
                        wire.run(
                            port, _asking(questions, headers), clients=CLIENTS, seconds=SECONDS
                        )
                    )
                    for _ in range(ROUNDS)
                ]
                p99s = [load.p99_ms for load in loads]
                odd = {status for load in loads for status in load.statuses if status != 200}
                found.append(
                    Row(
                        f"{name}, {CLIENTS} callers" + (f", odd answers {odd}" if odd else ""),
                        f"p99 {median(p99s):.1f} ms ({min(p99s):.1f} to {max(p99s):.1f}), p50"
                        f" {median(load.p50_ms for load in loads):.1f} ms,"
                        f" {median(load.per_second for load in loads):.0f}/s",
                        FACETS_BAR if name == "facets" else BAR,
                    )
                )
            return found


async def _furnish(url: str) -> None:
    async with (
        database(url, pool_size=1, journal=False) as opened,
        opened.sessions.begin() as session,
    ):
        await crowd(session, venues=VENUES, offerings=OFFERINGS, towns=215)


async def _warm(port: int) -> None:
    """Ask until the index is read, then give it the time to render in quiet."""
    ask = wire.request("GET", "/v1/offerings?limit=1", {})
    while True:
        line = await wire.Line.to(port)
        status, _ = await line.ask(ask)
        line.close()
        if status == 200:
            break
        await asyncio.sleep(0.2)
    await asyncio.sleep(float(os.environ.get("QUIET", "150")))


def _questions() -> dict[str, list[str]]:
    random = Random(7)
    points = [
        {
            "lon": f"{random.gauss(CENTRE[0], 0.08):.5f}",
            "lat": f"{random.gauss(CENTRE[1], 0.06):.5f}",
        }
        for _ in range(400)
    ]
    asked: dict[str, list[dict[str, str]]] = {
        "one character": [{"q": each} for each in "东南西北上下苑里坊村浴餐"],
        "two characters": [{"q": q} for q in ("助浴", "助餐", "中心", "周末", "东苑", "日间")],
        "many characters": [
            {"q": q} for q in ("日间照料", "长者食堂", "家庭医生", "社区食堂周末班")
        ],
        "pinyin and initials": [
            {"q": q} for q in ("zhuyu", "zhucan", "zhongxin", "rjzl", "z", "dy")
        ],
        "category": [{"category": c} for c in ("bathing", "cleaning", "escort", "meal")],
        "near a point": points,
        "near a point, words": [{**point, "q": "助餐"} for point in points],
        "area, free, open": [
            {"area": f"310101{n:03d}", "price": "free", "open_at": "2026-03-02T10:00:00+08:00"}
            for n in range(1, 200)
        ],
    }
    listed = {name: [f"/v1/offerings?{urlencode(q)}" for q in each] for name, each in asked.items()}
    facets = [{}, {"q": "中心"}, {"area": "310101"}, {"category": "bathing"}, {"price": "free"}]
    return listed | {"facets": [f"/v1/offerings/facets?{urlencode(q)}" for q in facets]}


def _asking(paths: list[str], headers: dict[str, str]) -> wire.Build:
    prepared = [wire.request("GET", path, headers) for path in paths]
    return lambda number: prepared[number % len(prepared)]
