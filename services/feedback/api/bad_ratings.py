"""Bad ratings over HTTP 差评闭环: listed with their clocks, verified, rectified, called back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts import feedback_ratings as contracts
from common.contracts.base import Page
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule
from feedback.domain import rectifications as rules
from feedback.queries import bad_ratings as queries
from feedback.usecases import bad_ratings as usecases
from feedback.usecases import call_backs

router = APIRouter(prefix="/v1/bad-ratings", tags=["ratings"], route_class=TransactionRoute)

Handler = Annotated[Actor, needs(Permission.RATING_HANDLE)]
Approver = Annotated[Actor, needs(Permission.RATING_DECIDE)]
_CALLING = (rules.CallerRectified, rules.NotByTheHouse)
_MOVING = (NotFound, PreconditionFailed, PreconditionRequired, rules.LoopCannotMove, NoRule)


@router.get("", responses=problems(BadPageToken))
async def list_bad_ratings(
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    status: contracts.LoopStatus | None = None,
    overdue: Annotated[bool, Query(description="当前步骤已超期 / the step is overdue")] = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.BadRating]:
    """辖区差评 / Bad ratings of the area, oldest day first, without any word on who rated."""
    start = key_of(after, date.fromisoformat, UUID)
    since = start and (start[0], start[1])
    today = city_day(now)
    late_on = today if overdue else None
    rows = await queries.page(session, actor, status, late_on=late_on, after=since, limit=limit)
    found = page(rows, limit, lambda row: (row[0].opened_on, row[0].rating_id))
    items = [
        usecases.shown(row, rating, keys=keys, by=actor, today=today)
        for row, rating in found["items"]
    ]
    return Page[contracts.BadRating](items=items, next=found["next"])


@router.get("/{rating_id}", responses=problems(NotFound))
async def read_bad_rating(
    rating_id: UUID, session: Session, actor: Handler, keys: KeyRing, now: Now, response: Response
) -> contracts.BadRating:
    """一条差评 / One bad rating with its clocks."""
    row, rating = await queries.found(session, actor, rating_id)
    tag(response, row.version)
    return usecases.shown(row, rating, keys=keys, by=actor, today=city_day(now))


@router.post("/{rating_id}/verification", responses=problems(*_MOVING))
async def verify(
    rating_id: UUID,
    said: contracts.VerificationIn,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.BadRating:
    """核实 / Say what was found; it cannot be sent back."""
    row, rating = await usecases.verify(
        session, rating_id, said, version=version, keys=keys, by=actor, now=now
    )
    tag(response, row.version)
    return usecases.shown(row, rating, keys=keys, by=actor, today=city_day(now))


@router.post("/{rating_id}/rectification", responses=problems(*_MOVING))
async def rectify(
    rating_id: UUID,
    said: contracts.RectificationIn,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.BadRating:
    """整改或说明 / Say what was done, or how it was explained to the rater."""
    row, rating = await usecases.rectify(
        session, rating_id, said, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return usecases.shown(row, rating, keys=keys, by=actor, today=city_day(now))


@router.post("/{rating_id}/caller", responses=problems(*_MOVING, *_CALLING))
async def take_call(
    rating_id: UUID, session: Session, actor: Handler, version: IfMatch, response: Response
) -> contracts.CallOrder:
    """承接回访 / Take the call-back on, or over: the number by which the resident is found.

    整改后由受理台办理，被评价单位和整改人不能承接；谁看过编号记入审计。联系方式凭编号在供需匹配服务
    查看，另行审计。For a desk, once it was rectified; never for who was rated or who rectified. Who
    has seen the number is in the audit log; the contact itself is opened in the matching service.
    """
    row, order = await call_backs.take(session, rating_id, version=version, by=actor)
    response.headers["Cache-Control"] = "no-store"
    tag(response, row.version)
    return order


@router.post(
    "/{rating_id}/call-back",
    responses=problems(*_MOVING, *_CALLING, rules.CallTaken, rules.TooFewAttempts),
)
async def call_back(
    rating_id: UUID,
    said: contracts.CallBackIn,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.BadRating:
    """回访 / Say what the rater said; somebody else than who rectified calls back.

    不满意的上报一次，由未参与的上级复核。Who is not satisfied is heard once more, further up.
    """
    row, rating = await call_backs.call_back(
        session, rating_id, said, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return usecases.shown(row, rating, keys=keys, by=actor, today=city_day(now))


@router.post("/{rating_id}/review", responses=problems(*_MOVING, rules.ReviewerHandled))
async def review(
    rating_id: UUID,
    said: contracts.ReviewIn,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.BadRating:
    """复核 / End the loop of who is still not satisfied, once, with a reason that the rater reads.

    由未参与核实、整改、回访的上级办理。By somebody above who had no part in it.
    """
    row, rating = await call_backs.review(
        session, rating_id, said, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return usecases.shown(row, rating, keys=keys, by=actor, today=city_day(now))


@router.post("/{rating_id}/extension", responses=problems(*_MOVING, rules.AlreadyExtended))
async def extend(
    rating_id: UUID,
    said: contracts.ExtensionIn,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.BadRating:
    """批准延长整改期限 / Approve the longer time to rectify, with a reason, once."""
    row, rating = await usecases.extend(
        session, rating_id, said, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return usecases.shown(row, rating, keys=keys, by=actor, today=city_day(now))
