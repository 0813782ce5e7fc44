"""`POST /v1/matches` whole, over HTTP: beside a bare FastAPI hello and beside SQL on PostgreSQL.

The service is the real one: token, permission, log and metrics included, only its index is filled
from a seeded market instead of the feeds. The three take turns, on the same two cores.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from statistics import median
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import orjson
from fastapi import FastAPI

from benches import Row, peer, wire
from benches.house import house, migrated
from benches.matches import ALIKE, OFFERINGS, City, filled
from common.app import Resources, build_app
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.matching_queries import MatchNeed
from common.db import direct_url, driver_url
from common.feed.wake import FeedWaiters
from common.serve import YOUNG
from deploy.local.environment import settings_of
from matching.main import SERVICE
from matching.settings import Settings
from matching.shelf import quickest
from matching.shelf.entries import Entry
from matching.shelf.following import Following
from matching.shelf.shelf import Shelf
from tests.living import free_port
from tests.matching.market import GROUPS
from tests.matching.scan import READER

CLIENTS, SECONDS, ROUNDS = 32, 3.0, 5
QUESTIONS = 10_000  # whose rows are more than the processor's caches hold
STARTUP_S: Final = 240
_GATE: Final = ("--http", "common.lane_gate:Gate", "--no-proxy-headers")  # as `common.serve` has it
HARDSHIPS: Final = ("minimum_living", "low_income")


def matching() -> FastAPI:
    """uvicorn benches.served:matching --factory"""

    @asynccontextmanager
    async def market(_: Resources, __: FeedWaiters) -> AsyncIterator[Following]:
        following = Following({}, ALIKE)
        following._shelf = filled(*_read())
        quickest.compile_kernel(ALIKE)  # as `Following.running` does
        gc.freeze()  # as `Following.read` does
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])  # as `common.serve` does
        yield following

    return build_app(replace(SERVICE, own=market, jobs=lambda _: ()), Settings())


def rows() -> list[Row]:
    """Requests a second of the three, and their ratios, medians of the rounds."""
    with ExitStack() as stack:
        server, secrets = stack.enter_context(house())
        urls = migrated(server, "matching", "matching")
        server.prepare("peer")
        city, states = _city()
        asyncio.run(_fill_peer(direct_url(server.url("peer", "owner")), city, states))
        token = secrets.issuer.issue((Role.RESIDENT,), now=utc_now())
        base, quiet = "http://127.0.0.1", {"worker": "false", "log_format": "json"}
        settings = settings_of("matching", urls, secrets, base_url=base, **quiet)
        needs = [_known(city.need()) for _ in range(QUESTIONS)]
        ours = [
            _post({"needs": [need.model_dump(mode="json", exclude_none=True)]}, token)
            for need in needs
        ]
        theirs = [_post(_question(need), "") for need in needs]
        peer_url = {"PEER_URL": driver_url(server.url("peer", "owner"))}
        ports = {
            "hello": stack.enter_context(_serving("benches.yardsticks:app", {}, "/")),
            "ours": stack.enter_context(
                _serving("benches.served:matching", settings, "/healthz", *_GATE)
            ),
            "peer": stack.enter_context(_serving("benches.peer:app", peer_url, "/docs")),
        }
        hello = wire.request("GET", "/", {})
        asked: dict[str, wire.Build] = {
            "hello": lambda _: hello,
            "ours": lambda number: ours[number % QUESTIONS],
            "peer": lambda number: theirs[number % QUESTIONS],
        }
        rounds = [_round(ports, asked) for _ in range(ROUNDS + 1)][1:]
    return _told(rounds)


def _round(ports: Mapping[str, int], asked: Mapping[str, wire.Build]) -> dict[str, wire.Load]:
    return {
        name: asyncio.run(wire.run(port, asked[name], clients=CLIENTS, seconds=SECONDS))
        for name, port in ports.items()
    }


def _told(rounds: list[dict[str, wire.Load]]) -> list[Row]:
    odd = {status for each in rounds for load in each.values() for status in load.statuses}
    found = [
        Row(
            f"{name}, {CLIENTS} callers",
            f"{median(each[name].per_second for each in rounds):.0f} requests/s,"
            f" p50 {median(each[name].p50_ms for each in rounds):.1f} ms,"
            f" p99 {median(each[name].p99_ms for each in rounds):.1f} ms",
        )
        for name in ("hello", "ours", "peer")
    ]
    for other, bar in (("hello", ">= 0.85"), ("peer", ">= 5")):
        ratios = sorted(each["ours"].per_second / each[other].per_second for each in rounds)
        figure = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        found.append(Row(f"POST /v1/matches, ratio to {other}", figure, bar))
    if odd != {200}:
        found.append(Row("odd answers", str(odd), "none"))
    return found


def _city() -> tuple[City, list[dict[str, Any]]]:
    city = City(1, venues=OFFERINGS // 10, providers=2_000)
    return city, [city.offering() for _ in range(OFFERINGS)]


def _read() -> tuple[City, list[Entry]]:
    city, states = _city()
    return city, [READER.entry(state) for state in states]


def _known(need: MatchNeed) -> MatchNeed:
    """A need that wishes for one moment, as the peer can be asked for."""
    return need.model_copy(update={"wished_at": need.wished_at[:1]})


def _post(body: Mapping[str, Any], token: str) -> bytes:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return wire.request("POST", "/v1/matches", headers, orjson.dumps(body))


def _question(need: MatchNeed) -> dict[str, Any]:
    person = need.person
    return {
        "category": need.category,
        "lon": need.lon,
        "lat": need.lat,
        "age": person.age,
        "groups": _bits(person.groups or (), GROUPS),
        "hardship": _bits([word.value for word in person.hardship or ()], HARDSHIPS),
        "grade": peer.ANYBODY | (1 if person.disability_grade else 0),
        "home": person.living_area,
        "wished_at": [at.isoformat() for at in need.wished_at],
    }


def _bits(words: Any, known: tuple[str, ...]) -> int:
    return peer.ANYBODY | sum(1 << known.index(word) for word in words if word in known)


async def _fill_peer(url: str, city: City, states: list[dict[str, Any]]) -> None:
    """The same offerings as rows of one table."""
    connection = await asyncpg.connect(url)
    for statement in peer.TABLE:
        await connection.execute(statement)
    shelf = filled(city, [READER.entry(state) for state in states])
    hours = dict(_hours(shelf))
    venues = {venue["id"]: venue for venue in city.venues}
    records = [_record(state, venues[state["venue"]["id"]], hours) for state in states]
    await connection.copy_records_to_table("peer", records=records, columns=peer.COLUMNS)
    for statement in peer.INDEX:
        await connection.execute(statement)
    await connection.close()


def _hours(shelf: Shelf) -> Iterator[tuple[UUID, bytes]]:
    """The half hours of each offering, behind a byte that is always open."""
    masks = shelf.lists.timetables._masks().part
    (run,) = shelf.runs
    numbers = run.columns.rows.timetable.tolist()
    for offer, number in zip(shelf.offers(), numbers, strict=True):
        yield offer.id, b"\xff" + masks[number].tobytes()


def _record(
    state: dict[str, Any], venue: dict[str, Any], hours: Mapping[UUID, bytes]
) -> tuple[Any, ...]:
    terms, key = state["eligibility"], UUID(state["id"])
    groups = _bits(terms.get("groups_any") or (), GROUPS)
    hardship = _bits(terms.get("hardship") or (), HARDSHIPS)
    provider = state["provider_id"]
    price, places = state["price_fen"], state["capacity"]
    return (
        *(key, state["name"], state["category_path"].rpartition("/")[2]),
        *(provider and UUID(provider), UUID(venue["id"]), venue["name"]),
        *(peer.planar(venue["lon"], venue["lat"]), price, -1 if places is None else places),
        *(terms.get("age_min") or 0, terms["age_max"] if terms.get("age_max") else 999),
        *(_asked(groups), _asked(hardship), 1 if terms.get("disability") else peer.ANYBODY),
        *((terms.get("household_areas") or [""])[0], hours[key]),
    )


def _asked(bits: int) -> int:
    """What an offering asks: its words alone, or anybody."""
    return bits & ~peer.ANYBODY or peer.ANYBODY


@contextmanager
def _serving(factory: str, settings: Mapping[str, str], probe: str, *options: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", *options]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + STARTUP_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{port}{probe}", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)
