"""Incubation 孵化 and residency 入驻 over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.registry import organisations as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from registry import tables
from registry.domain.areas import WrongPeriod
from registry.queries import organisation_states as states
from registry.queries.ties import NoSuchVenue
from registry.usecases import ties as usecases
from registry.usecases.organisations import OrganisationDissolved

router = APIRouter(
    prefix="/v1/organisations/{organisation_id}",
    tags=["organisations"],
    route_class=TransactionRoute,
)

Writer = Annotated[Actor, needs(Permission.ORGANISATION_WRITE)]
_BEGIN = (NotFound, OutOfArea, WrongPeriod, OrganisationDissolved, usecases.TieOverlaps)
_END = (NotFound, OutOfArea, WrongPeriod, PreconditionFailed, PreconditionRequired)


async def _answer(
    session: Session, response: Response, row: tables.Organisation
) -> contracts.OrganisationState:
    await session.flush()
    tag(response, row.version)
    return await states.state(session, row.id)


@router.post("/incubations", status_code=201, responses=problems(*_BEGIN, usecases.IncubatesItself))
async def add_incubation(
    organisation_id: UUID,
    tie: contracts.IncubationIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.OrganisationState:
    """Who nurtured this organisation, from when to when."""
    row = await usecases.add_incubation(session, organisation_id, tie, by=actor, now=now)
    return await _answer(session, response, row)


@router.patch("/incubations/{incubation_id}", responses=problems(*_END))
async def end_incubation(
    organisation_id: UUID,
    incubation_id: UUID,
    end: contracts.TieEnd,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OrganisationState:
    """End an incubation; the version is that of the incubated organisation."""
    row = await usecases.end_incubation(
        session, organisation_id, incubation_id, end, version=version, by=actor, now=now
    )
    return await _answer(session, response, row)


@router.post("/residencies", status_code=201, responses=problems(*_BEGIN, NoSuchVenue))
async def add_residency(
    organisation_id: UUID,
    tie: contracts.ResidencyIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.OrganisationState:
    """In whose venue this organisation lives, from when to when."""
    row = await usecases.add_residency(session, organisation_id, tie, by=actor, now=now)
    return await _answer(session, response, row)


@router.patch("/residencies/{residency_id}", responses=problems(*_END))
async def end_residency(
    organisation_id: UUID,
    residency_id: UUID,
    end: contracts.TieEnd,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OrganisationState:
    """End a residency; the version is that of the organisation."""
    row = await usecases.end_residency(
        session, organisation_id, residency_id, end, version=version, by=actor, now=now
    )
    return await _answer(session, response, row)
