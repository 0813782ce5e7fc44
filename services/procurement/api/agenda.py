"""What became of residents' items, over HTTP: public, with every deviation and its reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.procurement import AgendaOutcome, OutcomeStage
from common.edge import Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from procurement.api.parameters import Area
from procurement.queries import agenda as queries

router = APIRouter(prefix="/v1", tags=["agenda"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TENDER_READ)]


@router.get("/agenda-outcomes", responses=problems(BadPageToken))
async def list_outcomes(
    session: Session,
    _: Reader,
    area: Area = None,
    stage: OutcomeStage | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[AgendaOutcome]:
    """居民议题的落实情况及偏离理由 / Residents' items, how far they are, where and why departed."""
    ids = await queries.page(session, area=area, stage=stage, after=id_after(after), limit=limit)
    found = page(ids, limit, lambda item: (item,))
    states = await queries.states(session, found["items"])
    return Page[AgendaOutcome](items=[states[each] for each in found["items"]], next=found["next"])


@router.get("/agenda-outcomes/{item_id}", responses=problems(NotFound))
async def read_outcome(item_id: UUID, session: Session, _: Reader) -> AgendaOutcome:
    """一项议题的落实 / What became of one item."""
    found = await queries.states(session, [item_id])
    if item_id not in found:
        raise NotFound(what=queries.WHAT, key=item_id)
    return found[item_id]
