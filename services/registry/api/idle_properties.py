"""Idle property over HTTP: the pipeline by which empty rooms become rooms of the community."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import idle_properties as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from registry.api.finding import key
from registry.api.parameters import WGS84, AreaPrefix, CoordType
from registry.domain.idle_properties import (
    PropertyCannotMove,
    PropertyIncomplete,
    WrongProperty,
)
from registry.domain.places import HalfAPoint, PlaceOutsideCity
from registry.queries import idle_properties as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import idle_properties as usecases

router = APIRouter(
    prefix="/v1/idle-properties", tags=["idle-properties"], route_class=TransactionRoute
)

Reader = Annotated[Actor, needs(Permission.PROPERTY_READ)]
Writer = Annotated[Actor, needs(Permission.PROPERTY_WRITE)]
Owner = Annotated[UUID | None, Query(description="产权单位 / owner")]
_INPUT = (
    *(OutOfArea, HalfAPoint, PlaceOutsideCity, WrongProperty, UnknownWord, UnknownArea),
    *(UnknownReference, usecases.PropertyCodeTaken, usecases.VenueTaken),
)
_EDIT = (NotFound, PreconditionFailed, PreconditionRequired, PropertyIncomplete)


@router.get("", responses=problems(BadPageToken))
async def list_properties(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    status: contracts.PropertyStatus | None = None,
    tenure: contracts.Tenure | None = None,
    owner_id: Owner = None,
    coordtype: CoordType = WGS84,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.IdleProperty]:
    """Idle property of the caller's area, by area code."""
    wanted = queries.Filters(area, status, tenure, owner_id)
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    items = [queries.shown(row, coordtype) for row in rows]
    return Page[contracts.IdleProperty](
        **page(items, limit, lambda each: (each.area_code, each.id))
    )


@router.get("/totals")
async def read_totals(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    tenure: contracts.Tenure | None = None,
    owner_id: Owner = None,
) -> list[contracts.PropertyTotal]:
    """How many properties stand at each step, by tenure, with their floor area."""
    return await queries.totals(session, actor, queries.Filters(area, None, tenure, owner_id))


@router.get("/{property_id}", responses=problems(NotFound))
async def read_property(
    session: Session,
    actor: Reader,
    response: Response,
    property_id: UUID,
    coordtype: CoordType = WGS84,
) -> contracts.IdleProperty:
    """One property of the caller's area."""
    return await _answer(session, actor, response, property_id, coordtype)


@router.post("", status_code=201, responses=problems(*_INPUT))
async def add_property(
    found: contracts.IdlePropertyIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.IdleProperty:
    """Record a property that stands idle."""
    row = await usecases.add_property(session, found, system=coordtype, by=actor, now=now)
    response.headers["Location"] = f"idle-properties/{row.id}"
    return await _answer(session, actor, response, row.id, coordtype)


@router.patch("/{property_id}", responses=problems(*_EDIT, *_INPUT))
async def edit_property(
    property_id: UUID,
    patch: contracts.IdlePropertyPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.IdleProperty:
    """Survey results, agreement, fit-out: whatever is known now."""
    await usecases.edit_property(
        session, property_id, patch, version=version, system=coordtype, by=actor, now=now
    )
    return await _answer(session, actor, response, property_id, coordtype)


@router.post("/{property_id}/status", responses=problems(*_EDIT, OutOfArea, PropertyCannotMove))
async def move_property(
    property_id: UUID,
    step: contracts.PropertyMove,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.IdleProperty:
    """The next step: surveyed, agreed upon, fitted out, in use; or dropped, and why."""
    await usecases.move_property(session, property_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, property_id, WGS84)


async def _answer(
    session: Session, actor: Actor, response: Response, property_id: UUID, system: CoordType
) -> contracts.IdleProperty:
    await session.flush()
    row = await queries.found(session, actor, property_id)
    tag(response, row.version)
    return queries.shown(row, system)
