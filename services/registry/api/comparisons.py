"""Comparisons over HTTP: what platforms do twice or not at all, and what venues cost and give."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry.concessions import CostAndUse
from common.contracts.registry.platforms import PlatformFinding, PlatformReport
from common.contracts.shapes import SMALLEST_FIGURE
from common.edge import Now, Session
from common.errors import problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from common.rules_table import rule_table
from registry.api.concessions import MonthFrom, MonthTo
from registry.api.parameters import AreaPrefix
from registry.domain.areas import WrongPeriod, check_period
from registry.domain.cost_and_use import CITY_DIGITS, SMALLEST_GROUP, beside_peers
from registry.queries import cost_and_use as queries
from registry.queries.concessions import after as month_after
from registry.usecases import platforms

router = APIRouter(prefix="/v1", tags=["comparisons"], route_class=TransactionRoute)

OverlapReader = Annotated[Actor, needs(Permission.OVERLAP_READ)]
CostReader = Annotated[Actor, needs(Permission.COST_READ)]
Town = Annotated[
    str, Query(pattern=r"^[0-9]{9}$", description="街镇前缀（9 位） / nine digits of a town")
]
Findings = Annotated[
    list[PlatformFinding] | None, Query(description="只要这些 / these only; all when absent")
]


@router.get("/platform-overlaps", responses=problems(OutOfArea, NoRule, RuleNotSet))
async def read_platform_overlaps(
    session: Session, actor: OverlapReader, now: Now, town: Town, finding: Findings = None
) -> PlatformReport:
    """Per neighbourhood: what two platforms both provide within its circle, and what none does."""
    wanted = finding or list(PlatformFinding)
    return await platforms.report(session, town, wanted, by=actor, now=now)


@router.get("/cost-and-use", responses=problems(WrongPeriod, BadPageToken, NoRule, RuleNotSet))
async def read_cost_and_use(
    session: Session,
    actor: CostReader,
    now: Now,
    first: MonthFrom,
    last: MonthTo,
    area: AreaPrefix = None,
    kind: Annotated[str | None, Query(max_length=40, description="载体种类 / venue_kind")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[CostAndUse]:
    """Cost and use of each venue of the area side by side, against the median of its kind."""
    begins, ends = first.replace(day=1), month_after(last)
    check_period(begins, ends, pointer="/to")
    place = (actor.area or "").ljust(CITY_DIGITS, "0")
    rule = (await rule_table(session)).at(city_day(now), place[:CITY_DIGITS]).rule(SMALLEST_GROUP)
    rows = await queries.page(
        session,
        actor,
        queries.Filters(begins, ends, area, kind),
        smallest=SMALLEST_FIGURE,
        after=key_of(after, str, UUID),
        limit=limit,
    )
    items = [beside_peers(row._asdict(), rule) for row in rows]
    return Page[CostAndUse](**page(items, limit, lambda each: (each.area_code, each.venue_id)))
