"""Delegations over HTTP: what a venue's head may decide alone, and what was decided so."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.registry import delegations as contracts
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.route import TransactionRoute
from registry.domain.areas import WrongPeriod
from registry.domain.delegations import BeyondDelegation, NotDelegated
from registry.queries import delegations as queries
from registry.queries.references import UnknownReference
from registry.usecases import delegations as usecases

router = APIRouter(prefix="/v1/delegations", tags=["delegations"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DELEGATION_READ)]
Writer = Annotated[Actor, needs(Permission.DELEGATION_WRITE)]
Head = Annotated[Actor, needs(Permission.DELEGATION_USE)]


@router.get("")
async def list_delegations(
    session: Session,
    actor: Reader,
    venue_id: Annotated[UUID, Query(description="载体 / venue")],
) -> list[contracts.Delegation]:
    """The powers of a venue's head, those that are over or revoked as well."""
    rows = await queries.of_venue(session, actor, venue_id)
    return [contracts.Delegation.model_validate(row) for row in rows]


@router.post(
    "",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, WrongPeriod, UnknownReference, usecases.DelegationOverlaps)
    ),
)
async def delegate(
    delegation: contracts.DelegationIn, session: Session, actor: Writer, now: Now
) -> contracts.Delegation:
    """Give the head of a venue a power: up to how much, whom to call, from when to when."""
    row = await usecases.delegate(session, delegation, by=actor, now=now)
    return contracts.Delegation.model_validate(row)


@router.post("/{delegation_id}/revocation", responses=problems(NotFound, OutOfArea))
async def revoke(
    delegation_id: UUID, session: Session, actor: Writer, now: Now
) -> contracts.Delegation:
    """Take a power back at once; what was decided by it stands."""
    row = await usecases.revoke(session, delegation_id, by=actor, now=now)
    return contracts.Delegation.model_validate(row)


@router.get("/{delegation_id}/decisions", responses=problems(NotFound, OutOfArea))
async def list_decisions(
    session: Session, actor: Reader, delegation_id: UUID
) -> list[contracts.Decision]:
    """What was decided by a power, in order."""
    _, area = await queries.delegation_for_update(session, delegation_id)
    actor.must_cover(area)
    rows = await queries.decisions(session, delegation_id)
    return [contracts.Decision.model_validate(row) for row in rows]


@router.post(
    "/{delegation_id}/decisions",
    status_code=201,
    responses=problems(NotFound, OutOfArea, UnknownReference, NotDelegated, BeyondDelegation),
)
async def decide(
    delegation_id: UUID, decision: contracts.DecisionIn, session: Session, actor: Head, now: Now
) -> contracts.Decision:
    """Decide alone, within the power; beyond it the street decides."""
    row = await usecases.decide(session, delegation_id, decision, by=actor, now=now)
    return contracts.Decision.model_validate(row)
