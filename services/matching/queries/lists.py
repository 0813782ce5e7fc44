"""The three lists of a street: what is needed, what can be called, what is under way."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feeds import Kind
from common.contracts.matching import CollectiveNeed, CollectiveNeedStatus
from common.contracts.matching_collective import Resource, StreetLists
from common.contracts.registry.pledges import Pledge, PledgeStatus
from common.scope import under
from matching import tables
from matching.queries.collective_needs import shown

C = tables.CollectiveNeed
WAITING = (CollectiveNeedStatus.OPEN,)
UNDER_WAY = (
    CollectiveNeedStatus.CLAIMED,
    CollectiveNeedStatus.TO_PURCHASE,
    CollectiveNeedStatus.ANSWERED,
)


async def of_street(session: AsyncSession, area: str, *, limit: int) -> StreetLists:
    """The lists of an area; `complete` is false when one of them is longer than `limit`."""
    needs = await _needs(session, area, WAITING, limit=limit)
    projects = await _needs(session, area, UNDER_WAY, limit=limit)
    resources = await _resources(session, area, limit=limit)
    return StreetLists(
        area_code=area,
        needs=needs[:limit],
        resources=resources[:limit],
        projects=projects[:limit],
        complete=all(len(each) <= limit for each in (needs, resources, projects)),
    )


async def _needs(
    session: AsyncSession, area: str, status: Sequence[CollectiveNeedStatus], *, limit: int
) -> list[CollectiveNeed]:
    statement = (
        select(C)
        .where(C.status.in_(status), under(C.area_code, area))
        .order_by(C.area_code, C.id)
        .limit(limit + 1)
    )
    return [shown(row) for row in await session.scalars(statement)]


async def _resources(session: AsyncSession, area: str, *, limit: int) -> list[Resource]:
    """Pledges that are not delivered yet."""
    states = await mirrors.within(
        session, Kind.PLEDGE, area, status=PledgeStatus.PLEDGED, limit=limit
    )
    pledges = [Pledge.model_validate(state) for state in states]
    return [
        Resource(
            pledge_id=pledge.id,
            title=pledge.title,
            resource_kind=pledge.resource_kind,
            category=pledge.category,
            organisation_name=pledge.organisation_name,
            quantity=pledge.quantity,
            unit=pledge.unit,
            available_from=pledge.available_from,
            available_to=pledge.available_to,
            collective_need_id=pledge.collective_need_id,
        )
        for pledge in pledges
    ]
