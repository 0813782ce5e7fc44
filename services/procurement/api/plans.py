"""Long-term plans and their items over HTTP: published for everybody, kept by the desks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_plans as contracts
from common.contracts.base import Page
from common.contracts.procurement_budgets import Year
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement import tables
from procurement.domain import plans as rules
from procurement.domain.agenda import ItemUnderWay
from procurement.queries import plans as queries
from procurement.usecases import plans as usecases

router = APIRouter(prefix="/v1", tags=["plans"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PLAN_READ)]
Writer = Annotated[Actor, needs(Permission.PLAN_WRITE)]
Area = Annotated[str | None, Query(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")]
_MOVING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    rules.PlanCannotMove,
)
_LISTING = (NotFound, OutOfArea, rules.PlanCannotMove, rules.PlanYearExceeded)


@router.get("/plans", responses=problems(BadPageToken))
async def list_plans(
    session: Session,
    actor: Reader,
    area: Area = None,
    field: contracts.PlanField | None = None,
    year: Year | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Plan]:
    """长期购买服务计划 / Long-term plans: the published ones, and drafts of the own area."""
    filters = queries.PlanFilters(area=area, field=field, year=year)
    rows = await queries.page(session, actor, filters, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"])
    return Page[contracts.Plan](items=list(items), next=found["next"])


@router.post(
    "/plans",
    status_code=201,
    responses=problems(OutOfArea, rules.WrongPlan, NoRule, RuleNotSet),
)
async def draw_up_plan(
    wanted: contracts.PlanIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Plan:
    """起草计划：一个区域一个领域若干年 / Draft a plan for one area and field."""
    row = await usecases.draw_up(session, wanted, by=actor, now=now)
    response.headers["Location"] = f"plans/{row.id}"
    return await _plan(session, response, row)


@router.get("/plans/{plan_id}", responses=problems(NotFound))
async def read_plan(
    session: Session, actor: Reader, response: Response, plan_id: UUID
) -> contracts.Plan:
    """一个计划及各年度投入 / A plan with its years."""
    return await _plan(session, response, await queries.found(session, actor, plan_id))


@router.post("/plans/{plan_id}/publication", responses=problems(*_MOVING, rules.PlanOverlaps))
async def publish_plan(
    plan_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Plan:
    """公布计划，市场与社会组织据此形成预期 / Publish a draft: from now on others rely on it."""
    wanted = contracts.PlanStatus.PUBLISHED
    row = await usecases.move(session, plan_id, wanted, version=version, by=actor, now=now)
    return await _plan(session, response, row)


@router.post("/plans/{plan_id}/closure", responses=problems(*_MOVING))
async def close_plan(
    plan_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Plan:
    """关闭计划，不再列入项目 / Close a published plan: nothing is added any more."""
    wanted = contracts.PlanStatus.CLOSED
    row = await usecases.move(session, plan_id, wanted, version=version, by=actor, now=now)
    return await _plan(session, response, row)


@router.post(
    "/plans/{plan_id}/agenda-items",
    status_code=201,
    responses=problems(*_LISTING, rules.AgendaItemTaken, rules.AgendaNotBinding, ItemUnderWay),
)
async def take_over_agenda_item(
    plan_id: UUID,
    wanted: contracts.AgendaItemIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.PurchaseItem:
    """把居民议题按其所定列入计划 / Take an item of the residents' agenda over, as fixed."""
    row = await usecases.take_over(session, plan_id, wanted, by=actor, now=now)
    return _item(response, row)


@router.post("/plans/{plan_id}/department-items", status_code=201, responses=problems(*_LISTING))
async def name_department_item(
    plan_id: UUID,
    wanted: contracts.DepartmentItemIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.PurchaseItem:
    """列入仅由部门提出的项目，理由公开 / Name an item that a department wants alone."""
    row = await usecases.name_item(session, plan_id, wanted, by=actor, now=now)
    return _item(response, row)


@router.get("/purchase-items", responses=problems(BadPageToken))
async def list_purchase_items(
    session: Session,
    actor: Reader,
    plan_id: UUID | None = None,
    area: Area = None,
    year: Year | None = None,
    origin: contracts.ItemOrigin | None = None,
    status: contracts.ItemStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.PurchaseItem]:
    """购买项目，注明来自居民还是部门 / Items, each saying who wanted it."""
    filters = queries.ItemFilters(
        plan_id=plan_id, area=area, year=year, origin=origin, status=status
    )
    rows = await queries.items(session, actor, filters, after=id_after(after), limit=limit)
    return Page[contracts.PurchaseItem].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.get("/purchase-items/{item_id}", responses=problems(NotFound))
async def read_purchase_item(
    session: Session, actor: Reader, response: Response, item_id: UUID
) -> contracts.PurchaseItem:
    """一个购买项目 / One item."""
    return _item(response, await queries.item(session, actor, item_id))


@router.post("/purchase-items/{item_id}/drop", responses=problems(*_MOVING))
async def drop_purchase_item(
    item_id: UUID,
    said: contracts.DropIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.PurchaseItem:
    """不再购买，理由公开 / Give an item up for a public reason."""
    row = await usecases.drop(session, item_id, said, version=version, by=actor, now=now)
    return _item(response, row)


async def _plan(session: Session, response: Response, row: tables.Plan) -> contracts.Plan:
    tag(response, row.version)
    return (await queries.shown(session, [row]))[0]


def _item(response: Response, row: tables.PurchaseItem) -> contracts.PurchaseItem:
    tag(response, row.version)
    return contracts.PurchaseItem.model_validate(row)
