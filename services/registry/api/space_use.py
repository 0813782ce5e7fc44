"""The use of space over HTTP: what is booked and used, whom offices crowd out, what stands idle."""

from typing import Annotated

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered
from common.contracts.registry import space_use as contracts
from common.edge import Session
from common.errors import problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry.domain.space_use import Month
from registry.usecases import space_use as usecases

router = APIRouter(prefix="/v1/space-use", tags=["space use"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.SPACE_USE_READ)]
District = Annotated[
    str,
    Query(
        pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区、街镇或居村（有效位） / of a district, a town or a neighbourhood",
    ),
]
InMonth = Annotated[contracts.Month, Query(description="月份，如 2026-05 / month")]
_REFUSALS = problems(OutOfArea, NotCovered, NoRule, RuleNotSet)


@router.get("/venues", responses=_REFUSALS)
async def list_venue_use(
    session: Session,
    actor: Reader,
    area: District,
    month: InMonth,
    over_cap: Annotated[
        bool, Query(description="只列行政占用超上限的载体 / only those over the cap")
    ] = False,
) -> list[contracts.VenueUse]:
    """Hours open, booked and used of each venue, by purpose; the share that offices take."""
    actor.must_cover(area)
    found = await usecases.venues(session, area, Month.parse(month))
    return [each for each in found if each.is_over_cap or not over_cap]


@router.get("/idle-rooms", responses=_REFUSALS)
async def list_idle_rooms(
    session: Session, actor: Reader, area: District, month: InMonth
) -> list[contracts.RoomUse]:
    """Rooms that stood open and were hardly booked, the emptiest first."""
    actor.must_cover(area)
    return await usecases.idle_rooms(session, area, Month.parse(month))
