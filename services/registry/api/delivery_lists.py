"""Delivery lists over HTTP: what the people of a street can call, by whom and how."""

import io
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import delivery_lists as contracts
from common.contracts.registry.delivery_lists import Caller, LineKind
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from common.tabular.writing import CONTENT_TYPES, table
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.areas import WrongPeriod
from registry.domain.delivery_lists import ListCannotMove, ListNotDraft, WrongList, not_available
from registry.queries import delivery_lists as queries
from registry.queries.references import UnknownArea
from registry.usecases import delivery_lists as usecases

router = APIRouter(
    prefix="/v1/delivery-lists", tags=["delivery-lists"], route_class=TransactionRoute
)

Reader = Annotated[Actor, needs(Permission.DELIVERY_LIST_READ)]
Writer = Annotated[Actor, needs(Permission.DELIVERY_LIST_WRITE)]
Publisher = Annotated[Actor, needs(Permission.DELIVERY_LIST_PUBLISH)]
_EDIT = (NotFound, OutOfArea, PreconditionFailed, PreconditionRequired, WrongList)
_HEADINGS: Final = ("序号", "名称", "种类", "提供单位", "谁可调用", "如何调用", "配额", "目前可用")
_KINDS: Final = {
    LineKind.OFFERING: "服务",
    LineKind.PLEDGE: "驻区单位资源",
    LineKind.VENUE: "载体",
    LineKind.OTHER: "其他",
}
_CALLERS: Final = {
    Caller.RESIDENT: "居民",
    Caller.NEIGHBOURHOOD: "居村",
    Caller.GRID_WORKER: "网格员",
    Caller.SOCIAL_WORKER: "社工",
    Caller.ORGANISATION: "社会组织、单位",
}


class Form(StrEnum):
    """How a list is written as a file."""

    XLSX = "xlsx"
    CSV = "csv"


@router.get("", responses=problems(BadPageToken))
async def list_lists(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    status: contracts.ListStatus | None = None,
    on: Annotated[date | None, Query(description="此日有效 / holds on this day")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.DeliveryList]:
    """Published lists for everybody; the staff of an area also see its drafts."""
    wanted = queries.Filters(area, status, on)
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    items = [contracts.DeliveryList.model_validate(row) for row in rows]
    return Page[contracts.DeliveryList](
        **page(items, limit, lambda each: (each.area_code, each.id))
    )


@router.get("/suggestions", responses=problems(OutOfArea))
async def suggest_lines(
    session: Session,
    actor: Writer,
    now: Now,
    area: Annotated[
        str,
        Query(pattern=r"^([0-9]{9}|[0-9]{12})$", description="街镇或居村 / town, neighbourhood"),
    ],
    limit: Limit = 100,
) -> list[contracts.DeliveryLine]:
    """Pledges and published offerings of an area as lines, to be edited and put on its list."""
    actor.must_cover(area)
    found = await queries.callable_in(session, area, on=city_day(now), limit=limit)
    return [
        contracts.DeliveryLine(
            kind=LineKind(line.kind),
            resource_id=UUID(line.key),
            title=line.name,
            provider_name=line.provider,
            callable_by=[Caller.NEIGHBOURHOOD],
            how="联系提供单位",
            quota=None,
        )
        for line in found
    ]


@router.get("/{list_id}", responses=problems(NotFound))
async def read_list(
    session: Session, actor: Reader, now: Now, response: Response, list_id: UUID
) -> contracts.CurrentDeliveryList:
    """One list, and which of its lines cannot be called at present."""
    return await _answer(session, actor, response, list_id, now)


@router.get(
    "/{list_id}/file",
    response_class=Response,
    responses={
        200: {"content": {kind: {} for kind in CONTENT_TYPES.values()}},
        **problems(NotFound),
    },
)
async def download_list(
    session: Session,
    actor: Reader,
    now: Now,
    list_id: UUID,
    form: Annotated[Form, Query(alias="format", description="xlsx 或 csv / form")] = Form.XLSX,
) -> Response:
    """The list as a table to print and hang up."""
    row = await queries.found(session, actor, list_id)
    callable_ = await queries.named(session, row.lines, on=city_day(now))
    gone = set(not_available(row.lines, callable_))
    file = io.BytesIO()
    written = table(file, form, _HEADINGS)
    for number, line in enumerate(row.lines):
        callers = "、".join(_CALLERS[Caller(each)] for each in line["callable_by"])
        head = [number + 1, line["title"], _KINDS[LineKind(line["kind"])]]
        rest = [line["provider_name"] or "", callers, line["how"], line["quota"] or ""]
        written.write([*head, *rest, "否" if number in gone else "是"])
    written.close()
    name = f"delivery-list-{row.area_code}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), 200, headers, media_type=CONTENT_TYPES[form])


@router.post(
    "",
    status_code=201,
    responses=problems(OutOfArea, WrongList, WrongPeriod, UnknownArea),
)
async def add_list(
    draft: contracts.DeliveryListIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.CurrentDeliveryList:
    """Draft a street's list."""
    row = await usecases.add_list(session, draft, by=actor, now=now)
    response.headers["Location"] = f"delivery-lists/{row.id}"
    return await _answer(session, actor, response, row.id, now)


@router.patch("/{list_id}", responses=problems(*_EDIT, ListNotDraft, WrongPeriod))
async def edit_list(
    list_id: UUID,
    patch: contracts.DeliveryListPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CurrentDeliveryList:
    """Change a draft; lines are given as a whole."""
    await usecases.edit_list(session, list_id, patch, version=version, by=actor, now=now)
    return await _answer(session, actor, response, list_id, now)


@router.post(
    "/{list_id}/publication",
    responses=problems(*_EDIT, ListCannotMove, usecases.ListOverlaps),
)
async def publish_list(
    list_id: UUID,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CurrentDeliveryList:
    """Publish a draft; from then on it stays as it is."""
    await usecases.publish_list(session, list_id, version=version, by=actor, now=now)
    return await _answer(session, actor, response, list_id, now)


@router.post("/{list_id}/withdrawal", responses=problems(*_EDIT, ListCannotMove))
async def withdraw_list(
    list_id: UUID,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CurrentDeliveryList:
    """Take a published list back."""
    await usecases.withdraw_list(session, list_id, version=version, by=actor, now=now)
    return await _answer(session, actor, response, list_id, now)


async def _answer(
    session: Session, actor: Actor, response: Response, list_id: UUID, now: datetime
) -> contracts.CurrentDeliveryList:
    await session.flush()
    row = await queries.found(session, actor, list_id)
    gone = not_available(row.lines, await queries.named(session, row.lines, on=city_day(now)))
    tag(response, row.version)
    return contracts.CurrentDeliveryList.model_validate({**row._asdict(), "not_available": gone})
