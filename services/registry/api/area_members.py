"""What areas hold beyond the code tree, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import areas as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.api.parameters import OnDay
from registry.domain.areas import (
    AreaCannotHold,
    AreaCycle,
    MemberOutside,
    MemberOverlaps,
    WrongPeriod,
)
from registry.queries import area_periods as periods
from registry.queries import area_states as states
from registry.queries import areas as queries
from registry.usecases import area_members as usecases

router = APIRouter(prefix="/v1", tags=["areas"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.AREA_READ)]
Writer = Annotated[Actor, needs(Permission.AREA_WRITE)]


@router.get("/areas/{area_id}/members", responses=problems(NotFound, BadPageToken))
async def list_members(
    session: Session,
    _: Reader,
    area_id: UUID,
    on: OnDay = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.AreaMember]:
    """What an area holds; with `on` only what it held that day."""
    await queries.area(session, area_id)
    key = key_of(after, UUID)
    rows = await periods.members(
        session, area_id, on=on, after=key[0] if key else None, limit=limit
    )
    shown = [contracts.AreaMember.model_validate(row) for row in rows]
    return Page[contracts.AreaMember](**page(shown, limit, lambda member: (member.id,)))


@router.post(
    "/areas/{area_id}/members",
    status_code=201,
    responses=problems(
        NotFound, OutOfArea, AreaCycle, MemberOverlaps, AreaCannotHold, MemberOutside, WrongPeriod
    ),
)
async def add_member(
    area_id: UUID,
    member: contracts.AreaMemberIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.AreaState:
    """Put an area into another one: 小区 in 居村, 居村 in a catchment. Never in a circle."""
    row = await usecases.add_member(session, area_id, member, by=actor, now=now)
    tag(response, row.version)
    return await states.state(session, row.id)


@router.patch(
    "/areas/{area_id}/members/{membership_id}",
    responses=problems(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired, WrongPeriod),
)
async def end_member(
    area_id: UUID,
    membership_id: UUID,
    end: contracts.AreaMemberEnd,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.AreaState:
    """End a membership; the version is that of the containing area."""
    row = await usecases.end_member(
        session, area_id, membership_id, end, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return await states.state(session, row.id)
