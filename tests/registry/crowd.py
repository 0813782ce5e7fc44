"""A crowd of synthetic offerings for the tests of finding: seeded, written in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.hours import OpeningHours
from common.geo import planar
from common.ids import uuid7
from registry import tables
from registry.domain.searching import venue_tokens
from registry.queries import bulk
from registry.queries.categories import categories
from registry.queries.opening import stored

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
CENTRE = (121.4737, 31.2304)
_KEPT = {"version", "created_at", "updated_at", "created_by", "updated_by"}
_WEEKS = (
    {"weekly": [{"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "17:00"}]},
    {
        "weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:30", "closes": "20:00"}],
        "on_holiday": "as_sunday",
    },
    {
        "weekly": [{"weekdays": [6, 7], "opens": "13:00", "closes": "24:00"}],
        "on_holiday": "own_hours",
        "holiday_hours": [{"opens": "10:00", "closes": "12:00"}],
        "makeup_as_weekday": None,
        "exceptions": [{"on": "2026-10-02", "hours": []}],
    },
)


@dataclass(frozen=True)
class Crowd:
    """What was written, as plain values, for a scan by hand."""

    venues: Sequence[dict[str, Any]]
    offerings: Sequence[dict[str, Any]]


async def crowd(
    session: AsyncSession, *, venues: int, offerings: int, towns: int = 40, seed: int = 1
) -> Crowd:
    """Towns, venues and offerings spread over a plausible city."""
    random = Random(seed)
    areas = await _areas(session, towns)
    houses = [_venue(random, areas, number) for number in range(venues)]
    await bulk.upsert(session, tables.Venue, houses, key=("code",), by="crowd", now=NOW)
    ids = {
        row.code: row.id
        for row in await session.execute(
            tables.Venue.__table__.select().with_only_columns(tables.Venue.code, tables.Venue.id)
        )
    }
    office = await _office(session, areas[0])
    known = dict(await categories(session))
    leaves = sorted(code for code, category in known.items() if "/" in category.path)
    rows = [
        _offering(random, random.choice(houses), ids, leaves, known, office, number)
        for number in range(offerings)
    ]
    for start in range(0, len(rows), 5_000):
        part = rows[start : start + 5_000]
        await bulk.upsert(session, tables.Offering, part, key=("code",), by="crowd", now=NOW)
    return Crowd(houses, rows)


async def _areas(session: AsyncSession, towns: int) -> list[tuple[UUID, str]]:
    city = _area("city", 1, "310000000000", "31", "上海市", None)
    district = _area("district", 2, "310101000000", "310101", "黄浦区", city["id"])
    rows = [city, district]
    for number in range(1, towns + 1):
        code = f"310101{number:03d}000"
        rows.append(_area("town", 3, code, code[:9], f"第{number}街道", district["id"]))
    for row in rows:
        session.add(tables.Area(**row))
        await session.flush()
    return [(row["id"], row["code"]) for row in rows[2:]]


def _area(
    kind: str, level: int, code: str, short: str, name: str, parent: UUID | None
) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "kind": kind,
        "level": level,
        "code": code,
        "short_code": short,
        "name": name,
        "path_name": name,
        "parent_id": parent,
        "search": [],
        "valid_from": date(2023, 6, 30),
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "created_by": "crowd",
        "updated_by": "crowd",
    }


async def _office(session: AsyncSession, area: tuple[UUID, str]) -> UUID:
    office = tables.Organisation(
        name="办事处",
        kind="volunteer_group",
        area_id=area[0],
        area_code=area[1],
        status="active",
        search=[],
        version=1,
        created_at=NOW,
        updated_at=NOW,
        created_by="crowd",
        updated_by="crowd",
    )
    session.add(office)
    await session.flush()
    return office.id


def _blank(table: type[Any]) -> dict[str, Any]:
    names = (column.name for column in table.__table__.columns)
    return {name: None for name in names if name not in _KEPT | {"id"}}


def _venue(random: Random, areas: Sequence[tuple[UUID, str]], number: int) -> dict[str, Any]:
    area_id, area_code = random.choice(areas)
    lon, lat = random.gauss(CENTRE[0], 0.12), random.gauss(CENTRE[1], 0.09)
    plane = planar(lon, lat)
    place = "".join(random.sample("东南西北上下前后左右新老大小", 2)) + random.choice("苑里坊村")
    name = f"{place}中心{number}"
    hours = random.choice((None, *_WEEKS))
    return _blank(tables.Venue) | {
        "code": f"V{number}",
        "name": name,
        "kind": random.choice(("meal_site", "library", "day_care_centre")),
        "area_id": area_id,
        "area_code": area_code,
        "lon": lon,
        "lat": lat,
        "coord_source": "wgs84",
        "place": (plane.lon, plane.lat),
        "accessibility": ["ramp"] if number % 3 == 0 else [],
        "status": "active" if random.random() < 0.95 else "closed",
        "search": venue_tokens(name, None, f"V{number}"),
        **stored(hours and OpeningHours.model_validate(hours)),
    }


def _offering(
    random: Random,
    venue: dict[str, Any],
    ids: dict[str, UUID],
    leaves: Sequence[str],
    known: dict[str, Any],
    office: UUID,
    number: int,
) -> dict[str, Any]:
    category = random.choice(leaves)
    name = f"{venue['name']}{known[category].names[-1]}{random.choice(('', '（周末班）'))}"
    hours = random.choice((None, None, *_WEEKS))
    free = random.random() < 0.5
    channels = random.choice((["on_site"], ["on_site", "online"], ["at_home"]))
    placed = {key: venue[key] for key in ("area_id", "area_code", "lon", "lat", "place")}
    return _blank(tables.Offering) | {
        "code": f"O{number}",
        "name": name,
        **placed,
        "category": category,
        "category_path": known[category].path,
        "venue_id": ids[venue["code"]],
        "provider_id": office,
        "responsible_department_id": office,
        "channels": channels,
        "target_groups": random.sample(("elderly", "living_alone", "child", "disabled"), 2),
        "groups_any": [],
        "hardship": [],
        "household_areas": [],
        "residence": "either",
        "price_kind": "free" if free else "public",
        "price_fen": 0 if free else random.randrange(100, 5_000, 100),
        "price_unit": None if free else "次",
        "status": random.choices(("published", "draft", "retired"), (90, 5, 5))[0],
        "status_since": NOW,
        **stored(hours and OpeningHours.model_validate(hours)),
    }
