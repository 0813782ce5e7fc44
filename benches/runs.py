"""A whole run: from the needs and offerings in the database to the draft whose places are held.

A hundred thousand needs, then a million, each in a process of its own; `ALLOCATION=100000` takes
one size. The city is that of `allocation`: the same clusters, terms and tiers, written as rows and
read by the service's own job.
"""

import asyncio
import os
import resource
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import Any, Final
from uuid import UUID

import asyncpg
import numpy as np
import orjson

from benches import Row
from benches.allocation_city import CATEGORIES, city, tables
from benches.house import house, migrated
from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clock import city_day, utc_now
from common.contracts.matching_allocation import RunIn
from common.db import Database, database, direct_url
from common.geo import METRES_PER_DEGREE, Point, planar, unplanar
from deploy.local.environment import Urls
from matching.queries import allocation as queries
from matching.usecases import allocating, allocation

BARS: Final = {100_000: "<= 10 s", 1_000_000: "<= 150 s"}
SIZES: Final = [int(os.environ["ALLOCATION"])] if "ALLOCATION" in os.environ else [*BARS]
GROUPS: Final = ("elderly", "living_alone", "disabled")
CORNER: Final = planar(120.9, 30.75)  # where the synthetic plane lies
OFFICE: Final = Actor(
    "bench", "office", ActorKind.STAFF, frozenset({Role.CITY_OFFICE}), area="31", line="*"
)
_KINDS: Final = [f"kind_{number}" for number in range(CATEGORIES)]


def rows() -> list[Row]:
    """Load, run, tell; each size in a process of its own, whose memory is the most that it took."""
    told: list[Row] = []
    times = []
    for number in SIZES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
            took, found = one.submit(measured, number).result()
        times.append(took)
        told += found
    if len(times) > 1:
        grown = max(SIZES) // min(SIZES)
        told.append(Row(f"{grown} times the needs", f"{times[-1] / times[0]:.1f} times", "<= 15"))
    return told


def measured(number: int) -> tuple[float, list[Row]]:
    """Seconds of a run over so many needs, and what it came to."""
    with house() as (server, _):
        return asyncio.run(_measured(migrated(server, "matching", "runs"), number))


async def _measured(urls: Urls, number: int) -> tuple[float, list[Row]]:
    offerings = 2 * min(number, 100_000)
    await _load(urls, number, offerings)
    async with database(urls.app, pool_size=4) as opened:
        run_id = await _asked(opened)
        started = time.perf_counter()
        await allocating.take_one(opened)
        took = time.perf_counter() - started
        async with opened.sessions() as session:
            run = await queries.run(session, run_id)
    served = ", ".join(f"{count:,}" for count in run.served or ())
    own, others = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    what = f"{number:,} needs, {offerings:,} offerings"
    return took, [
        Row(f"{what}: from the database to the draft", f"{took:.1f} s", BARS.get(number, "")),
        Row("status, served by tier", f"{run.status}: {served}"),
        Row("peak memory: service, largest helper", f"{own:.0f} MB, {others:.0f} MB", "<= 6 GB"),
    ]


async def _asked(opened: Database) -> UUID:
    day = city_day(utc_now()) + timedelta(days=1)
    wish = RunIn(area="31", session_on=day, seed="bench, drawn beforehand")
    async with opened.sessions.begin() as session:
        run = await allocation.ask(session, wish, by=OFFICE, now=utc_now())
        found: UUID = run.id
        return found


async def _load(urls: Urls, number: int, supply: int) -> None:
    """The synthetic city as rows, by COPY."""
    seekers, suppliers = city(number, supply)
    needs, offerings = tables(seekers, suppliers, 2 * number if number < supply else 823_000)
    connection = await asyncpg.connect(direct_url(urls.owner))
    try:
        given = list(_offers(suppliers, offerings.places.tolist()))
        await _copy(connection, "mirrored", (_mirrored(each) for each in [*_words(), *given]))
        await _copy(connection, "supply", map(_supply, given))
        await _copy(connection, "need", _needs(seekers, needs))
        await _copy(connection, "profile", _profiles(seekers))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _copy(connection: Any, table: str, records: Iterable[dict[str, Any]]) -> None:
    first, *others = records
    values = (tuple(each.values()) for each in (first, *others))
    await connection.copy_records_to_table(table, records=values, columns=[*first])


def _mirrored(state: dict[str, Any]) -> dict[str, Any]:
    kind = "dictionary_entry" if "dictionary" in state else "offering"
    return {
        "kind": kind,
        "record_id": UUID(state["id"]),
        "area_code": state.get("area_code"),
        "state": orjson.dumps(state).decode(),
    }


def _words() -> Iterator[dict[str, Any]]:
    for number, kind in enumerate(_KINDS):
        word = {"dictionary": "service_category", "code": kind, "path": kind}
        yield {"id": str(UUID(int=number)), **word}


def _offers(suppliers: Any, places: list[int]) -> Iterator[dict[str, Any]]:
    columns = (suppliers.key, suppliers.category, suppliers.x, suppliers.y)
    facts = (*columns, suppliers.required, suppliers.price_fen, np.array(places))
    for key, kind, x, y, required, price, capacity in zip(
        *(column.tolist() for column in facts), strict=True
    ):
        lon, lat = _point(x, y)
        groups = [group for bit, group in enumerate(GROUPS) if required >> bit & 1]
        yield {
            "id": str(UUID(int=(1 << 100) + key)),
            "category": _KINDS[kind],
            "category_path": _KINDS[kind],
            "eligibility": {"groups_any": groups, "age_min": 60 if required & 8 else None},
            "area_code": "310101002001",
            "venue": {"id": str(UUID(int=(1 << 99) + key)), "lon": lon, "lat": lat},
            "schedule": None,
            "price_fen": price,
            "capacity": capacity or None,
            "funding_source": "welfare_lottery",  # of the city: all of them may go anywhere
            "is_open": capacity > 0,
        }


def _supply(state: dict[str, Any]) -> dict[str, Any]:
    return {
        "offering_id": UUID(state["id"]),
        "provider_id": UUID(int=1),
        "category": state["category"],
        "category_path": state["category_path"],
        "eligibility": orjson.dumps(state["eligibility"]).decode(),
        "lon": state["venue"]["lon"],
        "lat": state["venue"]["lat"],
        "area_code": state["area_code"],
        "funding_source": state["funding_source"],
        "price_fen": state["price_fen"],
        "capacity": state["capacity"],
        "capacity_period": "day",
        "is_open": state["is_open"],
        "changed_at": utc_now(),
    }


def _needs(seekers: Any, needs: Any) -> Iterator[dict[str, Any]]:
    now, name = utc_now(), "bench"
    columns = (seekers.key, seekers.category, seekers.x, seekers.y, seekers.budget_fen)
    facts = (*columns, needs.tier, needs.street)
    for key, kind, x, y, budget, tier, street in zip(
        *(column.tolist() for column in facts), strict=True
    ):
        lon, lat = _point(x, y)
        yield {
            "id": UUID(int=(1 << 101) + key),
            "number": f"N{key}",
            "area_code": f"3101{street // 20 + 1:02d}{street % 20 + 1:03d}001",
            "line": "civil_affairs",
            "category": _KINDS[kind],
            "urgency": tier + 1,
            "urgency_rule": "bench",
            "is_statutory": False,
            "raised_by": "hotline",
            "status": "open",
            "lon": lon,
            "lat": lat,
            "wished_weekdays": [],
            "wished_channels": [],
            "price_at_most_fen": budget,
            "opened_at": now,
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "created_by": name,
            "updated_by": name,
        }


def _profiles(seekers: Any) -> Iterator[dict[str, Any]]:
    for key, has in zip(seekers.key.tolist(), seekers.has.tolist(), strict=True):
        yield {
            "need_id": UUID(int=(1 << 101) + key),
            "age_band": "80+" if has & 8 else "18-34",
            "groups": [group for bit, group in enumerate(GROUPS) if has >> bit & 1],
        }


def _point(x: int, y: int) -> tuple[float, float]:
    point = Point(CORNER.lon + x / METRES_PER_DEGREE, CORNER.lat + y / METRES_PER_DEGREE)
    return unplanar(point)
