"""Likely duplicates over HTTP: the queue with scores and reasons, and what people say about it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import duplicates as contracts
from common.contracts.registry.duplicates import DuplicateKind, DuplicateStatus
from common.contracts.written import IN_DIGITS
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.api.parameters import AreaPrefix
from registry.domain.merging import (
    AlreadyMerged,
    CodesDiffer,
    DuplicateCannotMove,
    KeepTheCode,
    WrongDecision,
)
from registry.queries import duplicates as queries
from registry.usecases import matching_records, merging

router = APIRouter(prefix="/v1/duplicates", tags=["duplicates"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DUPLICATE_READ)]
Judge = Annotated[Actor, needs(Permission.DUPLICATE_DECIDE)]
_SAME = (AlreadyMerged, CodesDiffer, KeepTheCode, merging.MergeBlocked)


@router.get("", responses=problems(BadPageToken))
async def list_duplicates(
    session: Session,
    actor: Reader,
    kind: DuplicateKind,
    area: AreaPrefix = None,
    status: DuplicateStatus | None = None,
    min_score: Annotated[
        float, Query(ge=0, le=1, description="分数下限 / lowest score"), IN_DIGITS
    ] = 0.0,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Duplicate]:
    """The queue, the most alike first; one of the two lies in the caller's area."""
    wanted = queries.Filters(kind, area, status, min_score)
    last = key_of(after, float, UUID)
    rows = await queries.page(session, actor, wanted, after=last, limit=limit)
    return Page[contracts.Duplicate](**page(rows, limit, lambda each: (each.score, each.id)))


@router.get("/{duplicate_id}", responses=problems(NotFound))
async def read_duplicate(
    session: Session, actor: Reader, duplicate_id: UUID
) -> contracts.Duplicate:
    """One pair, side by side."""
    return await queries.found(session, actor, duplicate_id)


@router.post("/sweep", status_code=201)
async def sweep(
    wanted: contracts.SweepIn, session: Session, actor: Judge, now: Now
) -> contracts.Sweep:
    """Look now at records of the area that are new or changed, some at a time.

    The service does so by itself in the background; after an import nobody needs to wait for it.
    """
    return await matching_records.look_by(session, wanted.kind, by=actor, now=now)


@router.post(
    "/{duplicate_id}/decision",
    responses=problems(NotFound, OutOfArea, DuplicateCannotMove, WrongDecision, *_SAME),
)
async def decide(
    duplicate_id: UUID, said: contracts.DecisionIn, session: Session, actor: Judge, now: Now
) -> contracts.Duplicate:
    """The same, different, or unsure. The same become one at once; that can be undone."""
    pair = await merging.decide(session, duplicate_id, said, by=actor, now=now)
    await session.flush()
    return await queries.found(session, actor, pair.id)
