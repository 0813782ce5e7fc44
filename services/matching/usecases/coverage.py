"""Surveying the city: who reaches what, what is missing where, and what of it may be told.

In a process that answers nobody meanwhile, and with no transaction open while it computes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import feed
from common.clock import CITY_ZONE, city_day
from common.contracts.matching import NeedStatus, UnmetReason
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.offerings import CapacityPeriod
from common.contracts.vocabulary import AgeBand
from common.geo import planar
from common.rules import RulesInForce
from common.turns import has_turn
from matching.coverage import gaps
from matching.coverage.catchment import Band
from matching.coverage.reach import metres_on_foot
from matching.coverage.survey import Offers, Survey, Totals, Units, survey, totals
from matching.coverage.telling import MEASURES, Kind
from matching.queries import allocation_results
from matching.queries import coverage as queries
from matching.queries.rules import rule_table

Sessions = async_sessionmaker[AsyncSession]
KIND: Final = "gap"
GROUPS: Final = (None, "elderly", "child", "disabled", "hardship")
CITY: Final = "310000000000"
RULES: Final = ("circle.minutes", "walk.speed", "walk.detour", "catchment.bands", "coverage.period")
_EVERYONE: Final = "everyone"
_BY_AGE: Final[Mapping[str, frozenset[AgeBand]]] = {
    "elderly": frozenset({AgeBand.FROM_60, AgeBand.FROM_70, AgeBand.FROM_80}),
    "child": frozenset({AgeBand.UNDER_3, AgeBand.FROM_3, AgeBand.FROM_6, AgeBand.FROM_12}),
}
# Days that a period's places are spread over; what is counted at once or by session, each day.
_DAYS: Final = {CapacityPeriod.WEEK: 7, CapacityPeriod.MONTH: 30, CapacityPeriod.YEAR: 365}


class Walks(NamedTuple):
    """How far people walk, by the rules in force."""

    minutes: int
    circle_m: float
    bands: Sequence[Band]
    told: str


class Outcome(NamedTuple):
    """What a survey came to."""

    units: int
    kinds: int
    gaps: int


class Read(NamedTuple):
    """What a survey reads."""

    units: Sequence[Row[Any]]
    offers: Sequence[Row[Any]]
    needs: Sequence[Row[Any]]
    groups: Mapping[str, Sequence[str]]
    categories: Mapping[str, Sequence[str]]
    walks: Walks
    since: date  # needs that were raised from this day on
    run_id: UUID | None  # the newest run of an allocation
    scarce: Sequence[Row[Any]]  # where it found a price
    records: int


async def survey_city(sessions: Sessions, *, now: datetime) -> Outcome | None:
    """Survey everything anew; None when somebody else has done it meanwhile."""
    async with sessions() as session:
        read = await _read(session, now)
    kinds, found, rows = _computed(read, read.walks)
    async with sessions.begin() as session:
        if not await has_turn(session, "coverage") or await _is_newer(session, now):
            return None
        await _put(session, read, kinds, _unit_rows(read.units, found), now)
        ids = await queries.put_gaps(session, [*_dated(read, rows, now)])
        feed.mark_many(session, KIND, ids)
    return Outcome(len(read.units), len(kinds), len(rows))


async def _read(session: AsyncSession, now: datetime) -> Read:
    in_force = (await rule_table(session)).at(city_day(now), CITY)
    since = city_day(now) - timedelta(days=in_force.rule("coverage.period").number)
    run_id, scarce = await allocation_results.scarce(session)
    return Read(
        units=await queries.units(session),
        offers=await queries.offers(session),
        needs=await queries.needs(session, datetime.combine(since, time(), CITY_ZONE)),
        groups=await queries.paths(session, Dictionary.TARGET_GROUP),
        categories=await queries.paths(session, Dictionary.SERVICE_CATEGORY),
        walks=walks_by(in_force),
        since=since,
        run_id=run_id,
        scarce=scarce,
        records=await queries.known(session),
    )


async def _is_newer(session: AsyncSession, now: datetime) -> bool:
    newest = await queries.survey(session)
    return newest is not None and newest.computed_at >= now


async def _put(
    session: AsyncSession,
    read: Read,
    kinds: Sequence[Kind],
    rows: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    facts = {
        "kinds": [list(kind) for kind in kinds],
        "circle_minutes": read.walks.minutes,
        "circle_m": read.walks.circle_m,
        "bands": read.walks.told,
        "records": read.records,
        "computed_at": now,
    }
    await queries.put_survey(session, facts, rows)


def _dated(
    read: Read, rows: Iterable[Mapping[str, Any]], now: datetime
) -> Iterable[dict[str, Any]]:
    """Gaps with their period, and the run whose prices tell of them."""
    is_scarce = {(row.street, _root(row.category, read)) for row in read.scarce}
    period = {"period_from_on": read.since, "period_to_on": city_day(now), "computed_at": now}
    for row in rows:
        is_priced = (row["area_code"], row["category"]) in is_scarce
        yield {**row, **period, "allocation_run_id": read.run_id if is_priced else None}


def walks_by(in_force: RulesInForce) -> Walks:
    """Circle and catchment bands in metres as the crow flies."""
    walk = {
        "speed_kmh": float(in_force.rule("walk.speed").share),
        "detour": float(in_force.rule("walk.detour").share),
    }
    minutes = in_force.rule("circle.minutes").number
    told = ",".join(in_force.rule("catchment.bands").words)
    pairs = [each.split(":") for each in told.split(",")]
    bands = [Band(metres_on_foot(float(m), **walk), float(w)) for m, w in pairs]
    return Walks(minutes, metres_on_foot(minutes, **walk), bands, told)


def _computed(read: Read, walks: Walks) -> tuple[list[Kind], Survey, list[dict[str, Any]]]:
    categories = sorted({row.category for row in read.offers} | _needed(read))
    kinds = [(category, group) for category in categories for group in GROUPS]
    found = survey(
        _units(read.units),
        _offers(read, categories),
        categories=len(categories),
        circle_m=walks.circle_m,
        bands=walks.bands,
    )
    towns = sorted({f"{row.code[:9]}000" for row in read.units})
    at = {town: number for number, town in enumerate(towns)}
    area_of = np.array([at[f"{row.code[:9]}000"] for row in read.units], dtype=np.intp)
    summed: Totals = totals(found, area_of)
    counts, reasons = _counts(read, at, kinds)
    return kinds, found, gaps.rows(towns, kinds, summed, counts, reasons)


def _units(rows: Sequence[Row[Any]]) -> Units:
    points = np.array([planar(row.lon, row.lat) for row in rows], dtype=float).reshape(-1, 2)
    people = np.array([_people(row.people or ()) for row in rows], dtype=float)
    return Units([row.code for row in rows], points, people.reshape(-1, len(GROUPS)))


def _people(figures: Iterable[Mapping[str, Any]]) -> list[int]:
    """People by group; a figure that is withheld counts as none."""
    found: dict[str | None, int] = defaultdict(int)
    for each in figures:
        count, group = each["count"] or 0, each["group"]
        found[group] += count
        if group is None:
            for name, bands in _BY_AGE.items():
                found[f"age:{name}"] += count if AgeBand(each["age_band"]) in bands else 0
    return [found[f"age:{group}"] if group in _BY_AGE else found[group] for group in GROUPS]


def _offers(read: Read, categories: Sequence[str]) -> Offers:
    at = {category: number for number, category in enumerate(categories)}
    points = [planar(row.lon, row.lat) for row in read.offers]
    serves = [_serves(row.groups, read.groups) for row in read.offers]
    return Offers(
        np.array(points, dtype=float).reshape(-1, 2),
        np.array([at[row.category] for row in read.offers], dtype=np.intp),
        np.array(serves, dtype=bool).reshape(-1, len(GROUPS)),
        np.array([_places_a_day(row.capacity, row.period) for row in read.offers], dtype=float),
    )


def _serves(groups: Sequence[str], paths: Mapping[str, Sequence[str]]) -> list[bool]:
    """Which of the surveyed groups an offering serves; what names none serves all."""
    if not groups or _EVERYONE in groups:
        return [True] * len(GROUPS)
    above = {step for code in groups for step in paths.get(code, [code])}
    return [group is None or group in above for group in GROUPS]


def _places_a_day(capacity: int | None, period: str | None) -> float:
    """Places a day; where nobody counts them, one."""
    if capacity is None or period is None:
        return 1.0
    return capacity / _DAYS.get(CapacityPeriod(period), 1)


def _needed(read: Read) -> set[str]:
    return {_root(row.category, read) for row in read.needs}


def _root(category: str, read: Read) -> str:
    return read.categories.get(category, [category])[0]


def _counts(
    read: Read, area_at: Mapping[str, int], kinds: Sequence[Kind]
) -> tuple[dict[str, Any], dict[tuple[int, int], dict[UnmetReason, int]]]:
    """Needs by measure, area and kind, and unmet ones by reason."""
    kind_at = {kind: number for number, kind in enumerate(kinds)}
    counts = {name: np.zeros((len(area_at), len(kinds)), np.int64) for name in MEASURES}
    reasons: dict[tuple[int, int], dict[UnmetReason, int]] = defaultdict(lambda: defaultdict(int))
    for row in read.needs:
        if row.area not in area_at:
            continue
        for group in _groups_of(row, read.groups):
            cell = area_at[row.area], kind_at[_root(row.category, read), group]
            is_unmet = row.status == NeedStatus.UNMET
            counts["unmet_needs" if is_unmet else "open_needs"][cell] += row.needs
            if row.is_statutory and not is_unmet:
                counts["statutory_shortfall"][cell] += row.needs
            if is_unmet:
                reasons[cell][UnmetReason(row.unmet_reason)] += row.needs
    return counts, reasons


def _groups_of(row: Row[Any], paths: Mapping[str, Sequence[str]]) -> set[str | None]:
    above = {step for code in row.groups for step in paths.get(code, [code])}
    band = AgeBand(row.age_band) if row.age_band else None
    by_age = {name for name, bands in _BY_AGE.items() if band in bands}
    return {None, *(above | by_age).intersection(group for group in GROUPS if group)}


def _unit_rows(rows: Sequence[Row[Any]], found: Survey) -> list[dict[str, Any]]:
    return [
        {
            "area_code": row.code,
            "people": found.people[at].tolist(),
            "covered": found.covered[at].tolist(),
            "index": (found.index[at] * 1000).tolist(),
            "gain": found.gain[at].tolist(),
        }
        for at, row in enumerate(rows)
    ]
