"""Cases at 500,000: intake at a steady 300 a second, lists, likely duplicates, a ladder under fire.

Latencies of the intake are counted from the moment at which each request was due, so that a queue
shows. Callers, `ANSWERING` service processes, one that works and PostgreSQL share the machine.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import orjson

from benches import Row, wire
from benches.house import CITY, house, migrated, serving
from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database, direct_url
from common.geo import Point
from common.shares import WORKS
from deploy.local.environment import Secrets, Urls, settings_of
from feedback.domain.duplicates import cell
from feedback.usecases.cases import sealed_words
from tests.feedback.cases import item, organisation, told
from tests.living import free_port, wait_until_ready

CASES: Final = int(os.environ.get("CASES", "500000"))
PER_SECOND, SECONDS = 300, float(os.environ.get("SECONDS", "20"))
ANSWERING: Final = int(os.environ.get("ANSWERING", "1"))
CROSSING, CLIENTS = 10_000, 48
CENTRE: Final = (121.4737, 31.2304)
CATEGORIES: Final = ("meal_delivery", "day_care", "bathing", "cleaning", "escort", "fitness")
KINDS: Final = ("complaint", "complaint", "help", "suggestion", "consultation")
_PARTS: Final = (
    ("送餐", "日间照料", "助浴", "保洁", "陪诊", "健身房"),
    ("连续三天", "昨天", "上周起", "多次", "今天上午"),
    ("迟到", "没人来", "态度不好", "收费不清", "电话打不通", "临时取消"),
    ("，老人很着急", "，请尽快处理", "，希望改进", "，影响正常生活", "，没有解释"),
)
_COLUMNS: Final = (
    *("id", "number", "kind", "category", "line", "area_code", "channel", "status", "words"),
    *("lon", "lat", "cell", "routed_by", "is_send_back_asked", "send_backs", "extensions"),
    *("escalation_level", "received_at", "contact_due_at", "clock", "clock_started_on"),
    *("clock_days", "due_at", "is_due_provisional", "deadline_rule", "accepted_at"),
    *("confirmed_at", "closed_at", "version", "created_at", "updated_at"),
    *("created_by", "updated_by"),
)


def rows() -> list[Row]:
    """Everything at full size on one database."""
    with house("cases", CITY) as (server, secrets):
        urls = migrated(server, "feedback", "feedback")
        if not server.sql("SELECT 1 FROM case_order LIMIT 1", "feedback"):
            asyncio.run(_furnish(urls, secrets))
            server.sql("CHECKPOINT", "feedback")  # nobody waits for what the loading left unwritten
        ports = [free_port() for _ in range(ANSWERING)]
        with ExitStack() as stack:
            for port in ports:
                stack.enter_context(serving("feedback", urls, secrets, port, worker="false"))
            stack.enter_context(serving("feedback", urls, secrets, free_port(), share=WORKS))
            asked = _asked(ports, secrets)
            intake = asyncio.run(_intake(ports, secrets))
        ladder = asyncio.run(_ladder(urls, secrets))
    return [intake, *asked, *ladder]


async def _furnish(urls: Urls, secrets: Secrets) -> None:
    """The bodies and items that routing asks, and the cases by COPY."""
    async with database(urls.app, pool_size=1, journal=False) as opened:
        towns = [f"310101{number:03d}000" for number in range(1, 100)]
        streets = [
            organisation(str(uuid4()), kind="street", area_code=town, name="演示街道办")
            for town in towns
        ]
        await told(opened.sessions, Kind.ORGANISATION, *streets)
        items = [
            item(area_code=each["area_code"], category=category, handling_body_id=each["id"])
            for each in streets
            for category in CATEGORIES
        ]
        await told(opened.sessions, Kind.SERVICE_ITEM, *items)
    keys = Keys.of(KeyRing.from_directory(secrets.keys))
    connection = await asyncpg.connect(direct_url(urls.owner))
    records = _records(keys, CASES)
    await connection.copy_records_to_table("case_order", records=records, columns=_COLUMNS)
    await connection.execute("VACUUM ANALYZE case_order")
    await connection.execute("VACUUM ANALYZE mirrored")
    await connection.close()


def _records(keys: Keys, count: int) -> Iterator[tuple[Any, ...]]:
    """Cases of two years, nine of ten ended, gathered where people live."""
    random, now = Random(5), utc_now()
    for number in range(count):
        received = now - timedelta(seconds=730 * 86_400 * (1 - number / count))
        case_id = _id(received, random)
        there = _point(random)
        ended = random.random() < 0.9
        due = received + timedelta(days=7) if ended else now + timedelta(days=5)
        status = "confirmed" if ended else "accepted"
        closed = due if ended else None
        yield (
            *(case_id, f"B-{number:07d}", random.choice(KINDS), random.choice(CATEGORIES)),
            *(
                "civil_affairs",
                _area(random),
                "app",
                status,
                sealed_words(keys, case_id, _text(random)),
            ),
            *(there.lon, there.lat, cell(there), "service_item", False, 0, 0, 0),
            *(received, received + timedelta(days=1), 1, city_day(received), 5, due, False),
            *("sh.answer", received + timedelta(hours=3), closed, closed),  # contact made in time
            *(2, received, received, "bench", "bench"),
        )


def _id(at: datetime, random: Random) -> UUID:
    """A UUIDv7 of its instant."""
    stamp = round(at.timestamp() * 1000) << 80
    return UUID(int=stamp | 7 << 76 | 2 << 62 | random.getrandbits(62))


def _area(random: Random) -> str:
    return f"310101{random.randint(1, 99):03d}{random.randint(1, 40):03d}"


def _point(random: Random) -> Point:
    return Point(random.gauss(CENTRE[0], 0.08), random.gauss(CENTRE[1], 0.06))


def _text(random: Random) -> str:
    return "".join(random.choice(part) for part in _PARTS)


def _case(random: Random) -> bytes:
    there = _point(random)
    return orjson.dumps(
        {
            "kind": random.choice(KINDS),
            "category": random.choice(CATEGORIES),
            "words": _text(random),
            "area_code": _area(random),
            "lon": round(there.lon, 6),
            "lat": round(there.lat, 6),
            "contact": {"phone": "13800008000"},
        }
    )


def _bearer(secrets: Secrets, *roles: Role, **claims: str) -> dict[str, str]:
    token = secrets.issuer.issue(roles, now=utc_now(), **claims)
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


async def _intake(ports: list[int], secrets: Secrets) -> Row:
    random = Random(11)
    headers = [_bearer(secrets, Role.RESIDENT, subject=f"r-{n}") for n in range(50)]
    count = int(PER_SECOND * SECONDS)
    prepared = [
        wire.request(
            "POST",
            "/v1/cases",
            {**headers[number % 50], "Idempotency-Key": str(uuid4())},
            _case(random),
        )
        for number in range(count + PER_SECOND)
    ]
    await wire.paced(ports, prepared[:PER_SECOND], per_second=100, clients=CLIENTS)
    load = await wire.paced(ports, prepared[PER_SECOND:], per_second=PER_SECOND, clients=CLIENTS)
    return Row(
        f"intake beside {CASES:,} cases, {PER_SECOND}/s for {SECONDS:.0f} s, {ANSWERING} answering,"
        " one works",
        f"p99 {load.p99_ms:.1f} ms, p50 {load.p50_ms:.1f} ms, {load.per_second:.0f}/s,"
        f" {load.statuses}",
        "p99 <= 20 ms",
    )


def _asked(ports: list[int], secrets: Secrets) -> list[Row]:
    """Lists and suggestions, two callers at once."""
    random = Random(13)
    clerk = _bearer(secrets, Role.CLERK, area="310101042", line="civil_affairs")
    office = _bearer(secrets, Role.CITY_OFFICE, area="31", line="*")
    questions: dict[str, tuple[dict[str, str], list[str]]] = {
        "a clerk's open cases": (clerk, ["/v1/cases?open=true&limit=50"]),
        "the city's overdue cases": (office, ["/v1/cases?overdue=true&limit=50"]),
        "the city's cases by area": (
            office,
            [f"/v1/cases?area=310101{n:03d}" for n in range(1, 99)],
        ),
        "Open311, the newest 50": ({}, ["/open311/v2/requests.json"]),
        "Open311, one category, page 5": (
            {},
            [f"/open311/v2/requests.json?service_code={code}&page=5" for code in CATEGORIES],
        ),
    }
    found = [
        _row(name, ports, [wire.request("GET", path, headers) for path in paths], "p99 <= 50 ms")
        for name, (headers, paths) in questions.items()
    ]
    similar = [wire.request("POST", "/v1/cases/similar", clerk, _case(random)) for _ in range(200)]
    return [*found, _row("likely duplicates of a new case", ports, similar, "p99 <= 50 ms")]


def _row(name: str, ports: list[int], prepared: list[bytes], bar: str) -> Row:
    def build(number: int) -> bytes:
        return prepared[number % len(prepared)]

    asyncio.run(wire.run(ports, build, clients=2, seconds=1))
    load = asyncio.run(wire.run(ports, build, clients=2, seconds=5))
    figure = f"p99 {load.p99_ms:.1f} ms, p50 {load.p50_ms:.1f} ms, {load.per_second:.0f}/s"
    odd = {status for status in load.statuses if status != 200}
    return Row(name, figure + (f", odd answers {odd}" if odd else ""), bar)


async def _ladder(urls: Urls, secrets: Secrets) -> list[Row]:
    """Cases cross their deadline within a minute; the worker is killed in its middle."""
    connection = await asyncpg.connect(direct_url(urls.owner))
    begin = utc_now() + timedelta(seconds=10)
    await connection.execute("DELETE FROM case_escalation")  # of an earlier run
    moved = await connection.execute(
        "WITH crossing AS (SELECT id, row_number() OVER () AS n FROM case_order"
        " WHERE status = 'accepted' LIMIT $2)"
        " UPDATE case_order c SET due_at = at, escalates_at = at, escalation_level = 0 FROM"
        " (SELECT id, $1::timestamptz + make_interval(secs => n * 60.0 / $2) AS at FROM crossing) x"
        " WHERE c.id = x.id",
        begin,
        CROSSING,
    )
    crossing = int(moved.split()[-1])
    end = begin + timedelta(minutes=1)
    port = free_port()
    worker = await asyncio.to_thread(_started, urls, secrets, port)
    await _until(begin + timedelta(seconds=30))
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(20)
    worker = await asyncio.to_thread(_started, urls, secrets, port)
    while await connection.fetchval("SELECT count(*) FROM case_escalation") < crossing:
        await asyncio.sleep(0.2)
        if utc_now() > end + timedelta(minutes=3):
            break
    late = (utc_now() - end).total_seconds()
    worst = await connection.fetchval(
        "SELECT max(extract(epoch FROM e.at - c.due_at)) FROM case_escalation e"
        " JOIN case_order c ON c.id = e.case_id"
    )
    kept = await connection.fetchrow(
        "SELECT count(*), count(DISTINCT case_id), max(level) FROM case_escalation"
    )
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(20)
    await connection.close()
    return [
        Row(
            f"{crossing:,} cases cross their deadline in one minute, the worker killed half-way",
            f"{kept[0]:,} went up, {kept[1]:,} of them different, to level {kept[2]};"
            f" the last {late:.1f} s after the minute, each within {float(worst):.1f} s",
            "all within the next minute, once each",
        )
    ]


def _started(urls: Urls, secrets: Secrets, port: int) -> "subprocess.Popen[bytes]":
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "common.serve", "feedback", "--port", str(port)],
        env={"PATH": "/usr/bin:/bin", **settings_of("feedback", urls, secrets, base_url=base)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until_ready(base, process)
    return process


async def _until(at: datetime) -> None:
    await asyncio.sleep(max(0.0, (at - utc_now()).total_seconds()))
