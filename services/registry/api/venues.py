"""Venues over HTTP: found by words, area, place and time; kept by the staff of their area."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import venues as contracts
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.hours import OpeningState
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.lane_reading import reading
from common.opening import moment
from common.paging import After, BadPageToken, Limit
from common.route import TransactionRoute
from registry.api.finding import (
    Days,
    ExternalCode,
    NearPoint,
    OpenAt,
    OpenNow,
    PointNeeded,
    found_page,
    instant,
    key,
)
from registry.api.parameters import WGS84, AreaPrefix, CoordType, Words
from registry.domain.opening import WrongHours, state_on
from registry.domain.places import HalfAPoint, PlaceOutsideCity
from registry.queries import venues as queries
from registry.queries.dictionaries import UnknownWord, asked, codes_under
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import venues as usecases

router = APIRouter(prefix="/v1", tags=["venues"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.VENUE_READ)]
Writer = Annotated[Actor, needs(Permission.VENUE_WRITE)]
_REFUSALS = (
    OutOfArea,
    HalfAPoint,
    PlaceOutsideCity,
    WrongHours,
    UnknownWord,
    UnknownArea,
    UnknownReference,
    usecases.VenueCodeTaken,
)


@router.get(
    "/venues",
    responses=problems(BadPageToken, HalfAPoint, PlaceOutsideCity, PointNeeded, NotCovered),
)
async def list_venues(
    session: Session,
    actor: Reader,
    now: Now,
    days: Days,
    near: NearPoint,
    q: Words = None,
    kind: Annotated[
        str | None, Query(max_length=64, description="含下级类型 / and kinds under it")
    ] = None,
    area: AreaPrefix = None,
    code: ExternalCode = None,
    operator_mode: contracts.OperatorMode | None = None,
    status: contracts.VenueStatus | None = None,
    open_at: OpenAt = None,
    open_now: OpenNow = False,
    coordtype: CoordType = WGS84,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.FoundVenue]:
    """Find venues; by area code, or nearest first when a point is given."""
    at = instant(open_at, now, open_now=open_now)
    kinds = await codes_under(session, Dictionary.VENUE_KIND, kind) if kind else None
    wanted = queries.Filters(
        words=await asked(session, q, on=city_day(now)),
        kinds=kinds,
        area=area,
        code=code,
        operator_mode=operator_mode,
        status=status,
        open_at=moment(at, days) if at else None,
        near=near,
    )
    rows = await queries.page(session, actor, wanted, after=key(after, near), limit=limit)
    return Page[contracts.FoundVenue](**found_page(rows, limit, near, queries.shown, coordtype))


LANE: Final = reading(router, "/v1/venues")


@router.get("/venues/{venue_id}", responses=problems(NotFound))
async def read_venue(
    session: Session,
    actor: Reader,
    response: Response,
    venue_id: UUID,
    coordtype: CoordType = WGS84,
) -> contracts.Venue:
    """One venue; closed ones are shown to the staff of the area only."""
    row = await queries.found(session, actor, venue_id)
    tag(response, row.version)
    return queries.venue_shown(row, coordtype)


@router.get("/venues/{venue_id}/opening", responses=problems(NotFound, NotCovered))
async def read_opening(
    session: Session,
    actor: Reader,
    now: Now,
    days: Days,
    venue_id: UUID,
    on: Annotated[date | None, Query(description="日期，默认今天 / day, today when absent")] = None,
) -> OpeningState:
    """Whether a venue is open now, its hours on a day, and when it opens next."""
    row = await queries.found(session, actor, venue_id)
    return state_on(row.opening_hours, on or city_day(now), now, days)


@router.post("/venues", status_code=201, responses=problems(*_REFUSALS))
async def add_venue(
    venue: contracts.VenueIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.Venue:
    """Open a venue; its point is read in the system that `coordtype` names."""
    row = await usecases.add_venue(session, venue, system=coordtype, by=actor, now=now)
    response.headers["Location"] = f"venues/{row.id}"
    tag(response, row.version)
    return queries.venue_shown(await queries.found(session, actor, row.id), coordtype)


@router.patch(
    "/venues/{venue_id}",
    responses=problems(
        NotFound,
        PreconditionFailed,
        PreconditionRequired,
        usecases.VenueInUse,
        usecases.VenueBooked,
        *_REFUSALS,
    ),
)
async def edit_venue(
    venue_id: UUID,
    patch: contracts.VenuePatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.Venue:
    """Change a venue, move it, close it; its offerings follow, and keep it from closing."""
    row = await usecases.edit_venue(
        session, venue_id, patch, version=version, system=coordtype, by=actor, now=now
    )
    await session.flush()
    tag(response, row.version)
    return queries.venue_shown(await queries.found(session, actor, row.id), coordtype)
