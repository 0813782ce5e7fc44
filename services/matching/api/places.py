"""Places over HTTP: how many there are, are taken, are awaited; and where too many are taken."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.matching_referrals import Capacity
from common.edge import Session
from common.errors import problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching.queries import places as queries

router = APIRouter(prefix="/v1", tags=["places"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.REFERRAL_READ)]


@router.get("/capacities", responses=problems(BadPageToken))
async def list_capacities(
    session: Session,
    actor: Reader,
    offering_id: UUID | None = None,
    over_committed: bool = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[Capacity]:
    """Places by offering and period; `over_committed=true` is the work list of what is too many."""
    rows = await queries.page(
        session,
        actor,
        offering_id=offering_id,
        over_committed=over_committed,
        after=key_of(after, UUID, date.fromisoformat, str),
        limit=limit,
    )
    found = page(rows, limit, lambda row: (row.offering_id, row.starts_on, row.session))
    items = [queries.shown(row) for row in found["items"]]
    return Page[Capacity](items=items, next=found["next"])
