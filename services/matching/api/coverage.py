"""Coverage and gaps over HTTP: what is within reach, what is missing where, how unequal it is."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Query

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import CITY_ZONE
from common.contracts import matching_coverage as contracts
from common.contracts.base import Page
from common.contracts.matching import Gap
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.shapes import SMALLEST_FIGURE, DictionaryCode
from common.contracts.written import IN_DIGITS
from common.edge import Session
from common.errors import NotFound, Text, problems
from common.geo import planar
from common.lane_reading import reading
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching import tables
from matching.api.parameters import AreaPrefix
from matching.coverage.demand import Demand, demand
from matching.coverage.inequality import gini, theil
from matching.coverage.reach import distances, within
from matching.coverage.siting import greedy
from matching.queries import coverage as queries
from matching.usecases.coverage import RULES

router = APIRouter(prefix="/v1", tags=["coverage"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.COVERAGE_READ)]
Category = Annotated[DictionaryCode, Query(description="一级类别 / category at the root")]
Group = Annotated[
    DictionaryCode | None, Query(description="人群；缺省为全体 / group; everyone when absent")
]
Within = Annotated[
    str, Query(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$", description="区、街镇或居村的前缀")
]
_MOST_UNITS = 1_000


class NotSurveyed(NotFound):
    """No survey knows the category and group."""

    slug = "not-surveyed"
    title = Text("尚无该类数据", "Not surveyed")
    detail = Text(
        "最近一次覆盖调查中没有类别 {category}、人群 {group}。",
        "The newest survey has no category {category} for the group {group}.",
    )


@router.get("/coverage", responses=problems(NotSurveyed))
async def read_coverage(
    session: Session,
    _: Reader,
    area: Within,
    category: Category,
    target_group: Group = None,
) -> contracts.CoverageSurvey:
    """What each neighbourhood of an area reaches on foot, for one category and group."""
    newest, at = await _surveyed(session, category, target_group)
    rows = await queries.within(session, area, limit=_MOST_UNITS)
    return contracts.CoverageSurvey(
        category=category,
        target_group=target_group,
        circle_minutes=newest.circle_minutes,
        circle_m=newest.circle_m,
        bands=newest.bands,
        rules=list(RULES),
        computed_at=newest.computed_at,
        units=[
            contracts.UnitCoverage(
                area_code=row.area_code,
                people=_told(row.people[at]),
                covered=row.covered[at],
                supply_index=row.index[at],
                one_more_place_serves=_told(row.gain[at]),
            )
            for row in rows
        ],
    )


@router.get("/coverage/sites", responses=problems(NotSurveyed))
async def read_best_sites(
    session: Session,
    _: Reader,
    area: Within,
    category: Category,
    target_group: Group = None,
    count: Annotated[int, Query(ge=1, le=20, description="点位数 / how many sites"), IN_DIGITS] = 5,
) -> contracts.BestSites:
    """Where more places would cover most people of an area, one after the other."""
    newest, at = await _surveyed(session, category, target_group)
    rows = await queries.within(session, area, limit=_MOST_UNITS)
    points = await queries.points(session, area)
    rows = [row for row in rows if row.area_code in points]
    waiting = np.array([0.0 if row.covered[at] else row.people[at] for row in rows])
    plane = np.array([planar(*points[row.area_code]) for row in rows]).reshape(-1, 2)
    circle = within(distances(plane, plane, newest.circle_m), newest.circle_m)
    best = greedy(circle, waiting, count)
    return contracts.BestSites(
        category=category,
        target_group=target_group,
        circle_minutes=newest.circle_minutes,
        waiting=_told(waiting.sum()),
        sites=[
            contracts.BestSite(area_code=rows[site].area_code, adds=_told(adds))
            for site, adds in zip(best.chosen, best.added, strict=True)
        ],
        at_most=_told(np.ceil(best.at_most)),
        computed_at=newest.computed_at,
    )


@router.get("/coverage/inequality", responses=problems(NotSurveyed))
async def read_inequality(
    session: Session, _: Reader, category: Category, target_group: Group = None
) -> contracts.Inequality:
    """How unequally streets are supplied: Gini, and Theil between and within districts."""
    newest, _at = await _surveyed(session, category, target_group)
    streets = await queries.supply_of_streets(session, category, target_group)
    values = np.array([row.supply_index for row in streets], dtype=float)
    people = np.array([row.people for row in streets], dtype=float)
    _districts, area_of = np.unique([row.area_code[:6] for row in streets], return_inverse=True)
    is_shared = bool((values * people).sum() > 0)
    parts = theil(values, people, area_of) if is_shared else None
    return contracts.Inequality(
        category=category,
        target_group=target_group,
        streets=len(streets),
        gini=gini(values, people) if is_shared else None,
        theil=parts and parts.total,
        theil_between_districts=parts and parts.between,
        theil_within_districts=parts and parts.within,
        computed_at=newest.computed_at,
    )


@router.get("/coverage/demand")
async def read_demand(
    session: Session,
    _: Reader,
    area: Annotated[str, Query(pattern=r"^[0-9]{6}$", description="区的 6 位代码 / district")],
    category: Category,
    year: Annotated[int, Query(ge=2000, le=2100), IN_DIGITS],
) -> contracts.DemandOverTime:
    """未满足需求的走势：逐街镇逐月 / Needs raised and unserved, by street and month of a year."""
    since, until = (datetime(each, 1, 1, tzinfo=CITY_ZONE) for each in (year, year + 1))
    counts = await queries.demand(session, area, since, until)
    words = await queries.paths(session, Dictionary.SERVICE_CATEGORY)
    found = demand(counts, category, words)
    return contracts.DemandOverTime(
        area_code=area.ljust(12, "0"),
        category=category,
        year=year,
        streets=[
            contracts.StreetDemand(area_code=street, months=_months(found, at))
            for at, street in enumerate(found.streets)
        ],
    )


@router.get("/gaps", responses=problems(BadPageToken))
async def list_gaps(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    category: Annotated[DictionaryCode | None, Query()] = None,
    target_group: Group = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[Gap]:
    """What streets lack, by street, category and group; figures on fewer than 10 are null."""
    rows = await queries.gaps(
        session,
        area=area,
        category=category,
        group=target_group,
        after=key_of(after, str, UUID),
        limit=limit,
    )
    return Page[Gap](**page(rows, limit, lambda each: (each.area_code, each.id)))


LANE: Final = reading(router, "/v1/gaps")


@router.get("/gaps/{gap_id}", responses=problems(NotFound))
async def read_gap(session: Session, _: Reader, gap_id: UUID) -> Gap:
    """One gap."""
    return Gap.model_validate(await queries.gap(session, gap_id))


def _months(found: Demand, street: int) -> list[contracts.MonthOfDemand]:
    both = zip(found.raised[street].tolist(), found.unserved[street].tolist(), strict=True)
    return [
        contracts.MonthOfDemand(
            month=month,
            raised=None if raised < 0 else raised,
            unserved=None if unserved < 0 else unserved,
        )
        for month, (raised, unserved) in enumerate(both, 1)
    ]


async def _surveyed(
    session: Session, category: str, group: str | None
) -> tuple[tables.CoverageSurvey, int]:
    newest = await queries.survey(session)
    if newest is None or [category, group] not in newest.kinds:
        raise NotSurveyed(category=category, group=group or "everyone", what="", key="")
    return newest, newest.kinds.index([category, group])


def _told(people: float) -> int | None:
    whole = round(people)
    return None if 0 < whole < SMALLEST_FIGURE else whole
