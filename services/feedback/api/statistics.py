"""Statistics of ratings over HTTP: released figures for everybody, a body's figures for offices."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea, is_area
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_statistics as contracts
from common.contracts.base import Page
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from feedback.queries import releases as queries
from feedback.usecases.body_figures import body_figures

router = APIRouter(prefix="/v1/statistics", tags=["statistics"], route_class=TransactionRoute)

Public = Annotated[Actor, needs(Permission.STATISTICS_READ)]
Office = Annotated[Actor, needs(Permission.ANOMALY_READ)]
_CACHE = "public, max-age=300"


@router.get("/releases", responses=problems(BadPageToken))
async def list_releases(
    session: Session, _: Public, response: Response, after: After = None, limit: Limit = 20
) -> Page[contracts.Release]:
    """已发布的统计期 / Released periods, newest first: they share no rating, none is revised."""
    start = key_of(after, date.fromisoformat)
    before = None if start is None else start[0]
    rows = await queries.releases(session, before=before, limit=limit)
    response.headers["Cache-Control"] = _CACHE
    return Page[contracts.Release](**page(rows, limit, lambda row: (row.from_on,)))


@router.get("/ratings", responses=problems(BadPageToken, NotFound))
async def list_figures(
    session: Session,
    _: Public,
    response: Response,
    release_id: Annotated[UUID | None, Query(description="默认最新一期 / the newest")] = None,
    category: Annotated[str | None, Query(max_length=40)] = None,
    subject: contracts.FigureSubject | None = None,
    key: Annotated[
        str | None, Query(max_length=40, description="区划代码或机构标识 / division code or id")
    ] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Figure]:
    """评价统计 / Scores drawn towards their prior, with number, response, interval and tie band.

    不足十人、或可由差额推出的为 null。Null where fewer than ten people stand behind a figure, or
    where such a figure could be worked out from what is told.
    """
    chosen = await queries.chosen(session, release_id)
    start = key_of(after, str, str, str)
    since = None if start is None else (start[0], start[1], start[2])
    filters = queries.Filters(category, subject, key)
    rows = await queries.figures(session, chosen, filters, after=since, limit=limit)
    response.headers["Cache-Control"] = _CACHE
    found = page(rows, limit, lambda row: (row.category, row.subject, row.key))
    return Page[contracts.Figure](**found)


@router.get("/bodies/{provider_id}", responses=problems(OutOfArea))
async def read_body(
    provider_id: UUID,
    session: Session,
    actor: Office,
    now: Now,
    from_on: Annotated[date, Query(description="服务月份起 / from the month of this day")],
    until_on: Annotated[date, Query(description="服务日期止，含 / inclusive")],
) -> contracts.BodyFigures:
    """一家机构的当前数字 / A body now, in the caller's area: channels apart, both means, the loop.

    响应率、解决率、满意率与回访率在此；窗口设备的抬升单列。
    """
    if actor.area is None or not is_area(actor.area):
        raise OutOfArea
    return await body_figures(session, provider_id, from_on, until_on, by=actor, now=now)
