"""Service items over HTTP: the list of what the government promises."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import service_items as contracts
from common.contracts.registry.dictionaries import Dictionary
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from registry.api.finding import ExternalCode, key
from registry.api.parameters import AreaPrefix, Words
from registry.domain.areas import WrongPeriod
from registry.domain.offerings import CannotMove, Incomplete, Retired
from registry.queries import service_items as queries
from registry.queries.dictionaries import UnknownWord, asked, codes_under
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import service_items as usecases

router = APIRouter(prefix="/v1", tags=["service-items"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.SERVICE_ITEM_READ)]
Writer = Annotated[Actor, needs(Permission.SERVICE_ITEM_WRITE)]
Category = Annotated[
    str | None, Query(max_length=64, description="类目，含下级 / category and those under it")
]
Group = Annotated[
    str | None, Query(max_length=64, description="人群，含下级 / group and those under it")
]
_REFUSALS = (
    OutOfArea,
    UnknownWord,
    UnknownArea,
    UnknownReference,
    WrongPeriod,
    usecases.ServiceItemCodeTaken,
)


@router.get("/service-items", responses=problems(BadPageToken))
async def list_items(
    session: Session,
    actor: Reader,
    now: Now,
    q: Words = None,
    category: Category = None,
    target_group: Group = None,
    area: AreaPrefix = None,
    code: ExternalCode = None,
    department_id: Annotated[UUID | None, Query(description="责任部门")] = None,
    status: contracts.ItemStatus | None = None,
    on: Annotated[date | None, Query(description="此日有效 / valid on this day")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.ServiceItem]:
    """Service items by area code; without a status the published ones."""
    wanted = queries.Filters(
        words=await asked(session, q, on=city_day(now)),
        categories=await codes_under(session, Dictionary.SERVICE_CATEGORY, category)
        if category
        else None,
        groups=await codes_under(session, Dictionary.TARGET_GROUP, target_group)
        if target_group
        else None,
        area=area,
        code=code,
        department_id=department_id,
        status=status,
        on=on,
    )
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    items = [contracts.ServiceItem.model_validate(row) for row in rows]
    return Page[contracts.ServiceItem](**page(items, limit, lambda item: (item.area_code, item.id)))


@router.get("/service-items/{item_id}", responses=problems(NotFound))
async def read_item(
    session: Session, actor: Reader, response: Response, item_id: UUID
) -> contracts.ServiceItem:
    """One service item; drafts are shown to the staff of the area only."""
    row = await queries.found(session, actor, item_id)
    tag(response, row.version)
    return contracts.ServiceItem.model_validate(row)


@router.post("/service-items", status_code=201, responses=problems(*_REFUSALS))
async def add_item(
    item: contracts.ServiceItemIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.ServiceItem:
    """Draft a service item."""
    row = await usecases.add_item(session, item, by=actor, now=now)
    response.headers["Location"] = f"service-items/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.patch(
    "/service-items/{item_id}",
    responses=problems(
        NotFound, PreconditionFailed, PreconditionRequired, Retired, Incomplete, *_REFUSALS
    ),
)
async def edit_item(
    item_id: UUID,
    patch: contracts.ServiceItemPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ServiceItem:
    """Change a service item; a published one stays complete, a retired one stays as it is."""
    await usecases.edit_item(session, item_id, patch, version=version, by=actor, now=now)
    return await _answer(session, actor, response, item_id)


@router.post(
    "/service-items/{item_id}/status",
    responses=problems(
        NotFound, OutOfArea, PreconditionFailed, PreconditionRequired, CannotMove, Incomplete
    ),
)
async def move_item(
    item_id: UUID,
    step: contracts.ItemMove,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ServiceItem:
    """Publish a service item, or retire it."""
    await usecases.move_item(session, item_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, item_id)


async def _answer(
    session: Session, actor: Actor, response: Response, item_id: UUID
) -> contracts.ServiceItem:
    await session.flush()
    row = await queries.found(session, actor, item_id)
    tag(response, row.version)
    return contracts.ServiceItem.model_validate(row)
