"""Ratings over HTTP: what may be rated, rating once, amending, what may be ticked."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea, is_area
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.auth.pseudonym import Purpose
from common.auth.roles import ActorKind
from common.clock import city_day
from common.contracts import feedback_ratings as contracts
from common.contracts.base import Page
from common.contracts.feedback import RatingChannel
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.lane_writing import writing
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback import tables
from feedback.domain import ratings as rules
from feedback.domain.options import options_on
from feedback.queries import bad_ratings as bad_rating_queries
from feedback.queries import deliveries
from feedback.queries import ratings as queries
from feedback.usecases import bad_ratings
from feedback.usecases import ratings as usecases

router = APIRouter(prefix="/v1", tags=["ratings"], route_class=TransactionRoute)

Public = Annotated[Actor, needs(Permission.RATING_READ)]
Rater = Annotated[Actor, needs(Permission.RATING_WRITE, late_key=True)]
Portal = Annotated[Actor, needs(Permission.EXCHANGE_READ)]


@router.get("/rating-options")
async def list_options(
    now: Now,
    _: Public,
    on: Annotated[date | None, Query(description="默认今天 / default: today")] = None,
) -> list[contracts.RatingOption]:
    """评价指标选项 / The options that a rater may tick, with their source."""
    return options_on(on or city_day(now))


@router.get("/rating-invitations", responses=problems(BadPageToken))
async def list_invitations(
    session: Session, actor: Rater, now: Now, after: After = None, limit: Limit = 20
) -> Page[contracts.Invitation]:
    """待评价的服务 / What the resident was served and may still rate, what ends first in front."""
    start = key_of(after, date.fromisoformat, UUID)
    rows = []
    if actor.kind is ActorKind.RESIDENT:
        rater, since = actor.alias(Purpose.RATINGS), start and (start[0], start[1])
        rows = [*await deliveries.open_for(session, rater, city_day(now), after=since, limit=limit)]
    found = page(rows, limit, lambda row: (row.rate_until_on, row.id))
    return Page[contracts.Invitation](items=map(_invitation, found["items"]), next=found["next"])


@router.get("/ratings", responses=problems(BadPageToken))
async def list_own(
    session: Session, actor: Rater, keys: KeyRing, after: After = None, limit: Limit = 20
) -> Page[contracts.OwnRating]:
    """本人的评价 / The resident's own ratings, oldest first; nobody else's are listed here."""
    start = key_of(after, datetime.fromisoformat, UUID)
    rows = []
    if actor.kind is ActorKind.RESIDENT:
        rater = actor.alias(Purpose.RATINGS)
        since = start and (start[0], start[1])
        rows = [*await queries.own(session, rater, after=since, limit=limit)]
    found = page(rows, limit, lambda row: (row.rated_at, row.id))
    items = [_own(row, keys) for row in found["items"]]
    return Page[contracts.OwnRating](items=items, next=found["next"])


@router.post(
    "/ratings",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, rules.NotYourService, rules.AlreadyRated, rules.RatingClosed),
        *(rules.NotAtThisDevice, rules.DeviceBusy, rules.WrongRating, NoRule, RuleNotSet),
    ),
)
async def rate(
    wish: contracts.RatingIn,
    session: Session,
    actor: Rater,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.OwnRating:
    """评价一次服务 / Rate a delivered service, once: 一次一评.

    居民本人用 `self` 或 `qr_code`；窗口设备与回访由工作人员录入居民所说。
    A resident rates by `self` or `qr_code`; staff enter what a resident says at a counter device
    or when called back. A service is known a moment after it was delivered; till then: 404. So it
    stays where its days of rating were over before this service heard of it.
    """
    row = await usecases.rate(session, wish, keys=keys, by=actor, now=now)
    response.headers["Location"] = f"ratings/{row.id}"
    tag(response, row.version)
    return _own(row, keys)


LANE: Final = writing(router, "/v1/ratings")


@router.put(
    "/ratings/{rating_id}",
    responses=problems(
        *(NotFound, PreconditionFailed, PreconditionRequired, rules.RatingClosed),
        *(rules.WrongRating, NoRule, RuleNotSet),
    ),
)
async def amend(
    rating_id: UUID,
    wish: contracts.Verdict,
    session: Session,
    actor: Rater,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OwnRating:
    """修改本人的评价 / Amend one's own rating while its days run; what it said before is kept."""
    row = await usecases.amend(
        session, rating_id, wish, version=version, keys=keys, by=actor, now=now
    )
    tag(response, row.version)
    return _own(row, keys)


@router.get("/ratings/{rating_id}/handling", responses=problems(NotFound))
async def read_handling(rating_id: UUID, session: Session, actor: Rater) -> contracts.Handling:
    """差评办理情况 / What becomes of one's own bad rating: found, done, called back, reviewed."""
    if actor.kind is not ActorKind.RESIDENT:
        raise NotFound(what=bad_rating_queries.WHAT, key=rating_id)
    rater = actor.alias(Purpose.RATINGS)
    row = await bad_rating_queries.of_rater(session, rating_id, rater)
    return bad_ratings.shown_to_rater(row)


@router.get("/rating-reports", responses=problems(BadPageToken, OutOfArea))
async def list_reports(
    session: Session, actor: Portal, now: Now, after: After = None, limit: Limit = 100
) -> Page[contracts.RatingReport]:
    """省级“好差评”平台所需字段 / Ratings in the fields that a provincial platform collects.

    不含任何个人信息，地址栏中也没有。截至昨日，按日排列，同日不分先后；
    次日可用上次最后一页的 after 续读。
    No personal data, neither in the answer nor in the address. Until yesterday, by day, and within
    a day in no order; the `after` of the last page goes on the day after.
    """
    if actor.area is None or not is_area(actor.area):
        raise OutOfArea
    start = key_of(after, date.fromisoformat, UUID)
    since = start and (start[0], start[1])
    rows = await queries.reports(
        session, actor.area, before=city_day(now), after=since, limit=limit
    )
    found = page(rows, limit, lambda row: (row.transaction_on, row.proj_no))
    return Page[contracts.RatingReport](**found)


def _invitation(row: tables.Delivery) -> contracts.Invitation:
    return contracts.Invitation(
        referral_id=row.id,
        number=row.number,
        offering_id=row.offering_id,
        provider_id=row.provider_id,
        category=row.category,
        served_on=city_day(row.served_at),
        rate_until_on=row.rate_until_on,
        is_invited=row.invited_at is not None,
    )


def _own(row: tables.Rating, keys: KeyRing) -> contracts.OwnRating:
    return contracts.OwnRating(
        id=row.id,
        referral_id=row.referral_id,
        channel=RatingChannel(row.channel),
        level=row.level,
        dimensions=queries.dimensions(row.dimensions),
        options=row.options,
        words=usecases.words_of(row, keys),
        rated_at=row.rated_at,
        amended_at=row.amended_at,
        is_counted=row.is_counted,
        version=row.version,
    )
