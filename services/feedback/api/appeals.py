"""Appeals over HTTP: what the rated may see, appealing, deciding; and the counter devices."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts import feedback_ratings as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, key_of, page
from common.route import TransactionRoute
from feedback import tables
from feedback.queries import bad_ratings as appeal_queries
from feedback.queries import devices as device_queries
from feedback.queries import ratings as queries
from feedback.usecases import appeals as usecases
from feedback.usecases import devices

router = APIRouter(prefix="/v1", tags=["ratings"], route_class=TransactionRoute)

Rated = Annotated[Actor, needs(Permission.RATING_APPEAL)]
Handler = Annotated[Actor, needs(Permission.RATING_HANDLE)]
Decider = Annotated[Actor, needs(Permission.RATING_DECIDE)]


@router.get("/own-ratings", responses=problems(BadPageToken))
async def list_rated(
    session: Session, actor: Rated, now: Now, after: After = None, limit: Limit = 20
) -> Page[contracts.RatedRating]:
    """对本机构的评价 / Ratings of the caller's organisation, by month, without a word or a rater.

    一项服务一个月内不足十条评价的不显示；当月的评价月末后才显示，次序不反映时间。经核实不属实或部分
    属实的差评单独列出，以便申诉，不显示服务和选项。
    Those of an offering with fewer than ten ratings in a month are held back, and those of a month
    until it is over; their order tells no time. A bad one that a desk found untrue, wholly or in
    part, is listed all the same, without service and options, so that it can be appealed.
    """
    rows, since = [], id_after(after)
    if actor.org is not None:
        before = city_day(now).replace(day=1)
        rows = [*await queries.rated(session, actor.org, before=before, after=since, limit=limit)]
    found = page(rows, limit, lambda row: (row[0].id,))
    items = [_rated(*row) for row in found["items"]]
    return Page[contracts.RatedRating](items=items, next=found["next"])


@router.post(
    "/ratings/{rating_id}/appeal",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, NotYourOrganisation, usecases.AlreadyAppealed),
        usecases.NothingToAppeal,
    ),
)
async def appeal(
    rating_id: UUID,
    wish: contracts.AppealIn,
    session: Session,
    actor: Rated,
    now: Now,
    response: Response,
) -> contracts.Appeal:
    """对误评、恶意差评提出申诉 / Appeal a mistaken or malicious rating."""
    row = await usecases.appeal(session, rating_id, wish, by=actor, now=now)
    response.headers["Location"] = f"../rating-appeals/{row.id}"
    return await _answer(session, response, row)


@router.get("/rating-appeals", responses=problems(BadPageToken))
async def list_appeals(
    session: Session, actor: Decider, after: After = None, limit: Limit = 20
) -> Page[contracts.Appeal]:
    """辖区内的评价申诉 / Appeals of the area, oldest first."""
    start = key_of(after, datetime.fromisoformat, UUID)
    since = start and (start[0], start[1])
    rows = await appeal_queries.appeals(session, actor, after=since, limit=limit)
    return Page[contracts.Appeal](**page(rows, limit, lambda row: (row.appealed_at, row.id)))


@router.post(
    "/rating-appeals/{rating_id}/decision",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
        *(usecases.AppealDecided, usecases.OwnAppeal),
    ),
)
async def decide(
    rating_id: UUID,
    wish: contracts.AppealDecisionIn,
    session: Session,
    actor: Decider,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Appeal:
    """裁定申诉 / Decide an appeal; an upheld one takes the rating out of the figures only."""
    row = await usecases.decide(session, rating_id, wish, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.get("/rating-devices", responses=problems(BadPageToken))
async def list_devices(
    session: Session, actor: Handler, after: After = None, limit: Limit = 20
) -> Page[contracts.Device]:
    """辖区内的窗口评价设备 / Counter devices of the area."""
    rows = await device_queries.page(session, actor, after=id_after(after), limit=limit)
    return Page[contracts.Device](**page(rows, limit, lambda row: (row.id,)))


@router.post("/rating-devices", status_code=201, responses=problems(NotFound, OutOfArea))
async def register_device(
    wish: contracts.DeviceIn, session: Session, actor: Decider, now: Now, response: Response
) -> contracts.Device:
    """登记窗口评价设备 / Register a counter device at a venue."""
    row = await devices.register(session, wish, by=actor, now=now)
    await session.flush()
    tag(response, row.version)
    return contracts.Device.model_validate(row)


@router.patch(
    "/rating-devices/{device_id}",
    responses=problems(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
)
async def switch_device(
    device_id: UUID,
    wish: contracts.DevicePatch,
    session: Session,
    actor: Decider,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Device:
    """启用或停用 / Switch a device on or off."""
    row = await devices.switch(session, device_id, wish, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Device.model_validate(row)


def _rated(
    row: tables.Rating, appealed_at: object, is_upheld: object, is_among_ten: object
) -> contracts.RatedRating:
    return contracts.RatedRating.model_validate(
        {
            "id": row.id,
            "offering_id": row.offering_id if is_among_ten else None,
            "category": row.category,
            "level": row.level,
            "options": row.options if is_among_ten else [],
            "month_on": row.rated_on.replace(day=1),
            "is_counted": row.is_counted,
            "appealed_at": appealed_at,
            "is_appeal_upheld": is_upheld,
        }
    )


async def _answer(session: Session, response: Response, row: tables.Appeal) -> contracts.Appeal:
    await session.flush()
    tag(response, row.version)
    return contracts.Appeal.model_validate(row)
