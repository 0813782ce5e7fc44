"""Between platforms: the report of a town, neighbourhood by neighbourhood."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.platforms import (
    PlatformFinding,
    PlatformReport,
    PlatformsOfNeighbourhood,
)
from common.rules_table import rule_table
from registry.domain import platforms as rules
from registry.queries import platforms as queries


async def report(
    session: AsyncSession,
    town: str,
    wanted: Sequence[PlatformFinding],
    *,
    by: Actor,
    now: datetime,
) -> PlatformReport:
    """Every neighbourhood of a town of the caller's area, with the findings that are asked for."""
    by.must_cover(town)
    rule = (await rule_table(session)).at(city_day(now), town).rule(rules.RADIUS)
    radius_m = float(rule.share)
    homes = await queries.neighbourhoods(session, town)
    placed = [home for home in homes if home.lon is not None]
    provided = await queries.provided(session, placed, radius_m)
    expected = await queries.categories_of(session, town[:6])
    return PlatformReport(
        rule=rule.code,
        radius_m=radius_m,
        neighbourhoods=[
            PlatformsOfNeighbourhood(
                area_id=home.id,
                area_code=home.code,
                name=home.name,
                categories=rules.judged(provided.get(home.id, ()), expected, wanted),
            )
            for home in placed
        ],
        without_place=[home.code for home in homes if home.lon is None],
    )
