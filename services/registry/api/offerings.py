"""Offerings over HTTP: found by everybody, prepared by providers, published by offices."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered
from common.contracts.base import Page
from common.contracts.registry import offerings as contracts
from common.contracts.registry.facets import OfferingFacets
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import BadPageToken
from common.problem_details import language_of
from common.route import TransactionRoute
from registry.api.finding import (
    Days,
    PointNeeded,
    found_page,
    key,
)
from registry.api.parameters import WGS84, CoordType
from registry.api.seeking import ListAsked, Sought
from registry.domain.eligibility import verdict
from registry.domain.offerings import (
    CannotMove,
    Incomplete,
    ProviderDissolved,
    ReasonNeeded,
    Retired,
    WrongOffering,
)
from registry.domain.opening import WrongHours
from registry.domain.places import HalfAPoint, PlaceOutsideCity
from registry.queries import offerings as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.facets import facets
from registry.queries.references import UnknownArea, UnknownReference
from registry.searching.answers import Index, counted, is_shelved, listed
from registry.usecases import offerings as usecases
from registry.usecases.offering_columns import VenueClosed, WhereIsIt

router = APIRouter(prefix="/v1", tags=["offerings"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.OFFERING_READ)]
Insider = Annotated[Actor, needs(Permission.OFFERING_READ_DRAFT)]
Asker = Annotated[Actor, needs(Permission.OFFERING_READ, query=True)]
Writer = Annotated[Actor, needs(Permission.OFFERING_WRITE)]
Publisher = Annotated[Actor, needs(Permission.OFFERING_PUBLISH)]
_REFUSALS = (
    OutOfArea,
    NotYourOrganisation,
    WrongOffering,
    WrongHours,
    UnknownWord,
    UnknownArea,
    UnknownReference,
    WhereIsIt,
    VenueClosed,
    usecases.OfferingCodeTaken,
)


@router.get(
    "/offerings",
    response_model=Page[contracts.FoundOffering],
    responses=problems(BadPageToken, HalfAPoint, PlaceOutsideCity, PointNeeded, NotCovered),
)
async def list_offerings(
    session: Session,
    actor: Reader,
    asked: Annotated[ListAsked, Query()],
    now: Now,
    days: Days,
    index: Index,
) -> Response | Page[contracts.FoundOffering]:
    """Find offerings; by area code, or nearest first when a point is given."""
    wanted, limit, system = asked.filters(now, days), asked.limit, asked.coordtype
    last = key(asked.after, wanted.near)
    if is_shelved(wanted):
        return await listed(index, session, wanted, after=last, limit=limit, system=system)
    rows = await queries.page(session, actor, wanted, after=last, limit=limit)
    found = found_page(rows, limit, wanted.near, queries.shown, system)
    return Page[contracts.FoundOffering](**found)


@router.get(
    "/offerings/facets",
    response_model=OfferingFacets,
    responses=problems(HalfAPoint, PlaceOutsideCity, PointNeeded, NotCovered),
)
async def count_offerings(
    session: Session,
    actor: Reader,
    asked: Annotated[Sought, Query()],
    now: Now,
    days: Days,
    index: Index,
) -> Response | OfferingFacets:
    """Count what the list finds, by category, group, price kind and the areas one level below."""
    wanted = asked.filters(now, days)
    if is_shelved(wanted):
        return await counted(index, session, wanted)
    return await facets(session, actor, wanted)


@router.get("/offerings/{offering_id}", responses=problems(NotFound))
async def read_offering(
    session: Session,
    actor: Reader,
    response: Response,
    offering_id: UUID,
    coordtype: CoordType = WGS84,
) -> contracts.Offering:
    """One offering; unpublished ones are shown to the area's staff and their own provider."""
    return await _answer(session, actor, response, offering_id, coordtype)


@router.get("/offerings/{offering_id}/history", responses=problems(NotFound))
async def read_history(
    session: Session, actor: Insider, offering_id: UUID
) -> list[contracts.StatusChange]:
    """The steps of an offering's life: from what to what, when, by whom, why."""
    await queries.inside(session, actor, offering_id)
    rows = await queries.history(session, offering_id)
    return [contracts.StatusChange.model_validate(row) for row in rows]


@router.post("/offerings/{offering_id}/eligibility", responses=problems(NotFound))
async def ask_eligibility(
    offering_id: UUID,
    person: contracts.PersonFacts,
    session: Session,
    actor: Asker,
    request: Request,
) -> contracts.EligibilityVerdict:
    """Whether a person of whom some facts are known may use it, rule by rule; nothing is kept."""
    rules = queries.offering_shown(await queries.found(session, actor, offering_id)).eligibility
    return verdict(rules, person, language=language_of(request))


@router.post("/offerings", status_code=201, responses=problems(*_REFUSALS))
async def add_offering(
    offering: contracts.OfferingIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.Offering:
    """Draft an offering: staff in their area, a provider for its own organisation."""
    row = await usecases.add_offering(session, offering, by=actor, now=now)
    response.headers["Location"] = f"offerings/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.patch(
    "/offerings/{offering_id}",
    responses=problems(
        NotFound,
        PreconditionFailed,
        PreconditionRequired,
        Retired,
        Incomplete,
        usecases.OnlyDrafts,
        *_REFUSALS,
    ),
)
async def edit_offering(
    offering_id: UUID,
    patch: contracts.OfferingPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Offering:
    """Change an offering; what is published stays complete, what is retired stays as it is."""
    await usecases.edit_offering(session, offering_id, patch, version=version, by=actor, now=now)
    return await _answer(session, actor, response, offering_id)


@router.post(
    "/offerings/{offering_id}/status",
    responses=problems(
        NotFound,
        OutOfArea,
        PreconditionFailed,
        PreconditionRequired,
        CannotMove,
        ReasonNeeded,
        Incomplete,
        ProviderDissolved,
        VenueClosed,
    ),
)
async def move_offering(
    offering_id: UUID,
    step: contracts.OfferingMove,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Offering:
    """Publish, suspend, resume or retire an offering."""
    await usecases.move_offering(session, offering_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, offering_id)


async def _answer(
    session: Session,
    actor: Actor,
    response: Response,
    offering_id: UUID,
    system: CoordType = WGS84,
) -> contracts.Offering:
    await session.flush()
    row = await queries.found(session, actor, offering_id)
    tag(response, row.version)
    return queries.offering_shown(row, system)
