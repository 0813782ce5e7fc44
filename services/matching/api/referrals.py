"""Referrals over HTTP: made by the resident or the desk, answered by the provider."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts import matching_referrals as contracts
from common.contracts.base import Page
from common.contracts.matching import ReferralStatus
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.lane_writing import writing
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from matching import tables
from matching.domain import referrals as rules
from matching.domain.needs import NeedCannotMove
from matching.queries import referrals as queries
from matching.queries.places import SupplyChanged
from matching.usecases import referrals as usecases
from matching.usecases import untold as untold_usecases
from matching.usecases.eligible import NotEligible
from matching.usecases.referable import OfferingNotOpen

router = APIRouter(prefix="/v1", tags=["referrals"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.REFERRAL_READ)]
Writer = Annotated[Actor, needs(Permission.REFERRAL_WRITE)]
Answerer = Annotated[Actor, needs(Permission.REFERRAL_ANSWER)]
Transferrer = Annotated[Actor, needs(Permission.REFERRAL_TRANSFER)]
VenueShut = Annotated[
    bool,
    Query(
        description="只看尚未服务而载体已停用或关闭、须另行安排的 / "
        "still to come, and the venue is shut meanwhile: another place has to be found"
    ),
]
Untold = Annotated[
    bool,
    Query(
        description="只看已接受、服务日期已过而无结果的 / "
        "accepted, their day is past, and nobody has told what came of it"
    ),
]
_MAKING = (
    *(NotFound, NeedCannotMove, usecases.OfferingFull, OfferingNotOpen),
    *(usecases.NeedAlreadyReferred, rules.AgreementNeeded, rules.WrongReferral),
    *(SupplyChanged, NoRule, RuleNotSet, NotEligible, rules.AgreementNotYours),
)
_MOVING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    *(rules.ReferralCannotMove, SupplyChanged),
)


@router.get("/referrals", responses=problems(BadPageToken))
async def list_referrals(
    session: Session,
    actor: Reader,
    now: Now,
    status: ReferralStatus | None = None,
    need_id: UUID | None = None,
    offering_id: UUID | None = None,
    number: Annotated[str | None, Query(max_length=40)] = None,
    agreement_number: Annotated[
        str | None, Query(max_length=60, description="跨区协议编号 / agreement across districts")
    ] = None,
    untold: Untold = False,
    reminded: Annotated[
        bool | None, Query(description="是否已催报结果 / the provider was asked what came of it")
    ] = None,
    venue_shut: VenueShut = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.ReferralCase]:
    """Referrals: a resident's own, a provider's, those of the area; oldest first."""
    filters = queries.Filters(
        status=status,
        need_id=need_id,
        offering_id=offering_id,
        number=number,
        agreement_number=agreement_number,
        untold_before=city_day(now) if untold else None,
        is_reminded=reminded,
        homeless_from=city_day(now) if venue_shut else None,
    )
    start = key_of(after, UUID)
    since: UUID | None = start[0] if start else None
    rows = await queries.page(session, actor, filters, after=since, limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"], actor)
    return Page[contracts.ReferralCase](items=items, next=found["next"])


@router.get("/referrals/{referral_id}", responses=problems(NotFound))
async def read_referral(
    session: Session, actor: Reader, response: Response, referral_id: UUID
) -> contracts.ReferralCase:
    """One referral with every step that happened."""
    return await _answer(session, response, await queries.found(session, actor, referral_id), actor)


@router.post("/referrals", status_code=201, responses=problems(*_MAKING))
async def refer(
    wish: contracts.ReferralIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.ReferralCase:
    """Refer a need: a place is held, or none is left and `wait` decides."""
    row = await usecases.refer(session, wish, by=actor, now=now)
    return await _made(session, response, row, actor)


async def _refer_at_once(
    wish: contracts.ReferralIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.ReferralCase:
    """The same where nothing stands in the way; whatever does is told by the road."""
    row = await usecases.refer_at_once(session, wish, by=actor, now=now)
    return await _made(session, response, row, actor)


LANE: Final = writing(router, "/v1/referrals", _refer_at_once)


@router.post(
    "/referrals/{referral_id}/answer",
    responses=problems(
        *(*_MOVING, NotYourOrganisation, rules.TooEarly, rules.WrongReferral),
        *(rules.ResidentSaysOtherwise, rules.TooLate, rules.CorrectedAlready),
    ),
)
async def answer(
    referral_id: UUID,
    said: contracts.AnswerIn,
    session: Session,
    actor: Answerer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ReferralCase:
    """Accept or decline as the provider; afterwards: served, or nobody came, late if need be.

    超时释放而实际已服务的可限期补报，误报的已服务、未到可限期更正一次。What was served though its
    hold ran out is told as served within days; what was told by mistake, served or no-show, is
    corrected within days, once (rules `referral.*`).
    """
    row = await usecases.answer(session, referral_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row, actor)


@router.post(
    "/referrals/{referral_id}/word",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
        *(rules.WordGiven, rules.NotYourWord),
    ),
)
async def say(
    referral_id: UUID,
    said: contracts.WordIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ReferralCase:
    """居民说明是否已服务 / Say as the resident whether it was served, where nobody has told.

    或承接机构把已服务更正为未到的。超时释放的只可说明未服务。Or where its provider took served
    back. Of a hold that ran out only that it was not.

    没有账号的居民由受理窗口代为登记，承接机构的人员不能代填。For a resident without an account a
    desk writes it down, never anybody of the provider.
    """
    row = await untold_usecases.say(
        session, referral_id, is_served=said.is_served, version=version, by=actor, now=now
    )
    return await _answer(session, response, row, actor)


@router.post("/referrals/{referral_id}/withdrawal", responses=problems(*_MOVING))
async def withdraw(
    referral_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ReferralCase:
    """Take a referral back; the need is open again and the place goes to who waits."""
    row = await usecases.withdraw(session, referral_id, version=version, by=actor, now=now)
    return await _answer(session, response, row, actor)


@router.post(
    "/referrals/{referral_id}/transfer",
    status_code=201,
    responses=problems(
        *_MAKING, OutOfArea, PreconditionFailed, PreconditionRequired, rules.ReferralCannotMove
    ),
)
async def hand_over(
    referral_id: UUID,
    wish: contracts.TransferIn,
    session: Session,
    actor: Transferrer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ReferralCase:
    """Hand over to another offering or district; the answer is the referral that goes on."""
    row = await usecases.hand_over(session, referral_id, wish, version=version, by=actor, now=now)
    return await _made(session, response, row, actor)


async def _made(
    session: Session, response: Response, row: tables.Referral, actor: Actor
) -> contracts.ReferralCase:
    response.headers["Location"] = f"referrals/{row.id}"
    return await _answer(session, response, row, actor)


async def _answer(
    session: Session, response: Response, row: tables.Referral, actor: Actor
) -> contracts.ReferralCase:
    await session.flush()
    tag(response, row.version)
    (shown,) = await queries.shown(session, [row], actor)
    return shown
