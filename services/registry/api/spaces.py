"""Rooms over HTTP: found by everybody, kept by the staff of their area; when they are free."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import spaces as contracts
from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.duties import Day
from common.contracts.written import IN_DIGITS
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.opening import WrongHours
from registry.queries import bookings as booking_queries
from registry.queries import spaces as queries
from registry.queries.references import UnknownReference
from registry.usecases import space_times
from registry.usecases import spaces as usecases

router = APIRouter(prefix="/v1", tags=["spaces"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.SPACE_READ)]
Writer = Annotated[Actor, needs(Permission.SPACE_WRITE)]
_INPUT = (
    *(OutOfArea, usecases.WrongSpace, WrongHours, UnknownReference),
    *(NotFound, usecases.SpaceCodeTaken),
)


@router.get("/spaces", responses=problems(BadPageToken))
async def list_spaces(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    venue_id: Annotated[UUID | None, Query(description="载体 / venue")] = None,
    capacity: Annotated[
        int | None, Query(ge=1, le=10_000, description="至少容纳人数 / room for so many"), IN_DIGITS
    ] = None,
    purpose: SpacePurpose | None = None,
    equipment: Annotated[
        list[contracts.Equipment] | None, Query(max_length=14, description="须全部具备 / all of it")
    ] = None,
    status: contracts.SpaceStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Space]:
    """Rooms by area code of their venue: of an area, big enough, equipped, allowed for a use."""
    wanted = queries.Filters(area, venue_id, capacity, purpose, equipment, status)
    rows = await queries.page(session, wanted, after=key(after, None), limit=limit)
    told = page(rows, limit, lambda row: (row.rank, row.id))
    items = [contracts.Space.model_validate(row) for row in told["items"]]
    return Page[contracts.Space](items=items, next=told["next"])


@router.get("/spaces/{space_id}", responses=problems(NotFound))
async def read_space(
    session: Session, _: Reader, response: Response, space_id: UUID
) -> contracts.Space:
    """One room or hall."""
    row = await queries.found(session, space_id)
    tag(response, row.version)
    return contracts.Space.model_validate(row)


@router.get("/spaces/{space_id}/availability", responses=problems(NotFound, NotCovered))
async def read_availability(
    session: Session,
    _: Reader,
    now: Now,
    space_id: UUID,
    first: Annotated[
        Day | None, Query(alias="from", description="起始日期，默认今天 / first day, else today")
    ] = None,
    days: Annotated[int, Query(ge=1, le=31, description="天数 / how many days"), IN_DIGITS] = 7,
) -> list[contracts.FreeDay]:
    """When a room is open and when it could be booked; who has it else is not told."""
    return await space_times.free_days(session, space_id, first or city_day(now), days, now=now)


@router.post("/spaces", status_code=201, responses=problems(*_INPUT))
async def add_space(
    space: contracts.SpaceIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Space:
    """Open a room of a venue, or a hall made of rooms of the same venue."""
    row = await usecases.add_space(session, space, by=actor, now=now)
    response.headers["Location"] = f"spaces/{row.id}"
    tag(response, row.version)
    return contracts.Space.model_validate(await queries.found(session, row.id))


@router.patch(
    "/spaces/{space_id}",
    responses=problems(*_INPUT, PreconditionFailed, PreconditionRequired, usecases.SpaceInUse),
)
async def edit_space(
    space_id: UUID,
    patch: contracts.SpacePatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Space:
    """Change a room; what is booked keeps the terms on which it was made."""
    row = await usecases.edit_space(session, space_id, patch, version=version, by=actor, now=now)
    await session.flush()
    tag(response, row.version)
    return contracts.Space.model_validate(await queries.found(session, space_id))


@router.get("/venues/{venue_id}/blackouts", tags=["blackouts"])
async def list_blackouts(
    session: Session, _: Reader, now: Now, venue_id: UUID
) -> list[contracts.Blackout]:
    """Times in which rooms of a venue cannot be booked, those that are over left out."""
    rows = await booking_queries.blackouts(session, venue_id, now=now)
    return [contracts.Blackout.model_validate(row) for row in rows]


@router.post(
    "/blackouts",
    status_code=201,
    tags=["blackouts"],
    responses=problems(
        *(OutOfArea, NotFound, UnknownReference, usecases.WrongSpace, usecases.BlackoutClashes)
    ),
)
async def add_blackout(
    blackout: contracts.BlackoutIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Blackout:
    """Keep rooms, or the whole venue, free of bookings; what is booked then comes first."""
    row = await usecases.black_out(session, blackout, by=actor, now=now)
    response.headers["Location"] = f"blackouts/{row.id}"
    return contracts.Blackout.model_validate(row)


@router.delete(
    "/blackouts/{blackout_id}",
    status_code=204,
    tags=["blackouts"],
    responses=problems(NotFound, OutOfArea),
)
async def lift_blackout(blackout_id: UUID, session: Session, actor: Writer) -> None:
    """The rooms can be booked again."""
    await usecases.lift_blackout(session, blackout_id, by=actor)
