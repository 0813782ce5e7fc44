"""Merges over HTTP: what became one, what it took over, who brought each field, and undoing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import duplicates as contracts
from common.contracts.registry.duplicates import DuplicateKind
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.domain.merging import LaterMergeStands, MergeUndone
from registry.queries import merging as queries
from registry.usecases import merging, origins

router = APIRouter(prefix="/v1/merges", tags=["duplicates"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DUPLICATE_READ)]
Judge = Annotated[Actor, needs(Permission.DUPLICATE_DECIDE)]


@router.get("", responses=problems(BadPageToken))
async def list_merges(
    session: Session,
    actor: Reader,
    kind: DuplicateKind | None = None,
    record_id: Annotated[UUID | None, Query(description="保留或并入的记录 / either record")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Merge]:
    """Merges of the caller's area, the newest first, those undone among them."""
    (last,) = key_of(after, UUID) or (None,)
    rows = await queries.merges(session, actor, kind, record_id, after=last, limit=limit)
    items = [origins.shown(row) for row in rows]
    return Page[contracts.Merge](**page(items, limit, lambda each: (each.id,)))


@router.get("/origins/{kind}/{record_id}", responses=problems(NotFound, OutOfArea))
async def read_origins(
    session: Session, actor: Reader, kind: DuplicateKind, record_id: UUID
) -> contracts.Origins:
    """What every source calls a record, and which source each of its fields comes from."""
    return await origins.origins(session, kind, record_id, by=actor)


@router.post(
    "/{merge_id}/undo", responses=problems(NotFound, OutOfArea, MergeUndone, LaterMergeStands)
)
async def undo(
    merge_id: UUID, said: contracts.Undoing, session: Session, actor: Judge, now: Now
) -> contracts.Merge:
    """Make two of one again: references, fields and the retired record as they were."""
    row = await merging.undo(session, merge_id, reason=said.reason, by=actor, now=now)
    return origins.shown(row)
