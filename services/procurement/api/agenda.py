"""What became of residents' items, over HTTP: public, with every reason; given up by the street."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.procurement import AgendaOutcome, OutcomeStage
from common.contracts.procurement_plans import DropIn
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from procurement.api.parameters import Area
from procurement.domain.agenda import ItemNotGivenUp
from procurement.queries import agenda as queries
from procurement.usecases import agenda as usecases

router = APIRouter(prefix="/v1", tags=["agenda"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TENDER_READ)]
Dropper = Annotated[Actor, needs(Permission.AGENDA_ITEM_DROP)]


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


@router.post(
    "/agenda-outcomes/{item_id}/drop", responses=problems(NotFound, OutOfArea, ItemNotGivenUp)
)
async def drop_item(
    item_id: UUID, said: DropIn, session: Session, actor: Dropper, now: Now
) -> AgendaOutcome:
    """放弃一项无人采购的议题，理由公开 / Give up one item that nobody is buying, for good.

    其所占批准资金随即退回，清单其余各项照常；各项均放弃的，清单随之撤回。
    What it held of the pot is free and the rest goes on; where nothing is left, the agenda ends.
    """
    await usecases.drop(session, item_id, said, by=actor, now=now)
    return (await queries.states(session, [item_id]))[item_id]
