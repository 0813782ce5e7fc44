"""Venture philanthropy 公益创投 over HTTP: call, application, review, grant, report."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_ventures as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from procurement import tables
from procurement.api.parameters import AllKeys
from procurement.domain import ventures as rules
from procurement.domain.ledger import BudgetExceeded, MoreThanHeld, WrongFunding
from procurement.queries import ventures as queries
from procurement.usecases import venture_endings as endings
from procurement.usecases import ventures as usecases
from procurement.usecases.buyers import ForeignBuyer

router = APIRouter(prefix="/v1", tags=["ventures"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.VENTURE_READ)]
Writer = Annotated[Actor, needs(Permission.VENTURE_WRITE)]
Applicant = Annotated[Actor, needs(Permission.VENTURE_APPLY)]
Reviewer = Annotated[Actor, needs(Permission.VENTURE_REVIEW)]
_EDIT = (NotFound, PreconditionFailed, PreconditionRequired)


@router.get("/venture-calls", responses=problems(BadPageToken))
async def list_calls(
    session: Session,
    _: Reader,
    status: contracts.CallStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Call]:
    """公益创投征集 / Calls, oldest first."""
    rows = await queries.page(
        session,
        tables.VentureCall,
        after=id_after(after),
        limit=limit,
        status=status,
    )
    return Page[contracts.Call].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.post(
    "/venture-calls",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, rules.CallNotOpen),
        *(ForeignBuyer, WrongFunding, BudgetExceeded),
    ),
)
async def open_call(
    wanted: contracts.CallIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Call:
    """发布征集，资金即时预留 / Open a call; its pot is reserved at once."""
    row = await usecases.call(session, wanted, by=actor, now=now)
    response.headers["Location"] = f"venture-calls/{row.id}"
    return _call(response, row)


@router.get("/venture-calls/{call_id}", responses=problems(NotFound))
async def read_call(
    session: Session, _: Reader, response: Response, call_id: UUID
) -> contracts.Call:
    """一次征集 / One call."""
    return _call(response, await queries.one(session, tables.VentureCall, call_id))


@router.post(
    "/venture-calls/{call_id}/conclusion",
    responses=problems(*_EDIT, OutOfArea, rules.CallNotOpen, rules.VentureCannotMove),
)
async def conclude_call(
    call_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Call:
    """结束征集，未资助的资金释放 / Conclude a call; what was not granted is free again."""
    row = await usecases.conclude(session, call_id, version=version, by=actor, now=now)
    return _call(response, row)


@router.post(
    "/venture-calls/{call_id}/cancellation",
    responses=problems(*_EDIT, OutOfArea, rules.VentureCannotMove),
)
async def cancel_call(
    call_id: UUID,
    said: contracts.VentureEndIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Call:
    """取消征集，未决定的不予资助 / Give up a call; what is undecided is declined."""
    row = await endings.cancel(session, call_id, said, version=version, by=actor, now=now)
    return _call(response, row)


@router.get("/venture-calls/{call_id}/applications", responses=problems(BadPageToken))
async def list_applications(
    session: Session, actor: Reader, call_id: UUID, after: After = None, limit: Limit = 20
) -> Page[contracts.Application]:
    """征集下的申请；决定前仅有关各方可见 / Projects of a call that the caller may see."""
    rows = await queries.applications(session, actor, call_id, after=id_after(after), limit=limit)
    return Page[contracts.Application](**page(rows, limit, lambda row: (row.id,)))


@router.post(
    "/venture-calls/{call_id}/applications",
    status_code=201,
    responses=problems(
        *(NotFound, NotYourOrganisation, rules.CallNotOpen, rules.AlreadyApplied),
        *(rules.SponsorConflict, usecases.Banned),
    ),
)
async def apply_for_grant(
    call_id: UUID,
    wanted: contracts.ApplicationIn,
    session: Session,
    actor: Applicant,
    now: Now,
    response: Response,
) -> contracts.Application:
    """申请资助 / Apply for a grant."""
    row = await usecases.apply(session, call_id, wanted, by=actor, now=now)
    response.headers["Location"] = f"../../venture-applications/{row.id}"
    return await _application(session, response, row)


@router.get("/venture-applications/{application_id}", responses=problems(NotFound))
async def read_application(
    session: Session, actor: Reader, response: Response, application_id: UUID
) -> contracts.Application:
    """一份申请 / One application."""
    row = await queries.application(session, actor, application_id)
    return await _application(session, response, row)


@router.post(
    "/venture-applications/{application_id}/withdrawal",
    responses=problems(*_EDIT, NotYourOrganisation, rules.VentureCannotMove),
)
async def withdraw_application(
    application_id: UUID,
    session: Session,
    actor: Applicant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Application:
    """撤回申请 / Take an application back."""
    row = await usecases.withdraw(session, application_id, version=version, by=actor, now=now)
    return await _application(session, response, row)


@router.post(
    "/venture-applications/{application_id}/reviews",
    status_code=201,
    responses=problems(
        *(NotFound, rules.CallNotOpen, rules.VentureCannotMove),
        *(rules.ReviewerConflict, rules.AlreadyReviewed),
    ),
)
async def review_application(
    application_id: UUID,
    said: contracts.ReviewIn,
    session: Session,
    actor: Reviewer,
    now: Now,
    keys: AllKeys,
    response: Response,
) -> contracts.Application:
    """评审，有利害关系者回避 / Review as an expert without an interest in it."""
    row = await usecases.review(session, application_id, said, keys, by=actor, now=now)
    return await _application(session, response, row)


@router.post(
    "/venture-applications/{application_id}/decision",
    responses=problems(
        *(*_EDIT, OutOfArea, rules.CallNotOpen, rules.VentureCannotMove, rules.TooFewReviews),
        *(rules.SponsorConflict, rules.WrongGrant, rules.PotExceeded, MoreThanHeld),
    ),
)
async def decide_application(
    application_id: UUID,
    said: contracts.DecisionIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Application:
    """资助或不予资助，理由公开 / Grant or decline; the reason is public."""
    row = await usecases.decide(session, application_id, said, version=version, by=actor, now=now)
    return await _application(session, response, row)


@router.get("/venture-grants", responses=problems(BadPageToken))
async def list_grants(
    session: Session,
    _: Reader,
    call_id: UUID | None = None,
    grantee_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Grant]:
    """资助协议及结项 / Grants and how they were reported."""
    rows = await queries.page(
        session,
        tables.VentureGrant,
        after=id_after(after),
        limit=limit,
        call_id=call_id,
        grantee_id=grantee_id,
    )
    return Page[contracts.Grant].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.get("/venture-grants/{grant_id}", responses=problems(NotFound))
async def read_grant(
    session: Session, _: Reader, response: Response, grant_id: UUID
) -> contracts.Grant:
    """一份资助协议 / One grant."""
    return _grant(response, await queries.one(session, tables.VentureGrant, grant_id))


@router.post(
    "/venture-grants/{grant_id}/report",
    responses=problems(*_EDIT, NotYourOrganisation, rules.VentureCannotMove, rules.WrongGrant),
)
async def report_grant(
    grant_id: UUID,
    said: contracts.GrantReportIn,
    session: Session,
    actor: Applicant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Grant:
    """结项报告，含服务对象意见 / Account for a grant, with what those reached say."""
    row = await usecases.report(session, grant_id, said, version=version, by=actor, now=now)
    return _grant(response, row)


@router.post(
    "/venture-grants/{grant_id}/closure",
    responses=problems(*_EDIT, OutOfArea, rules.VentureCannotMove, MoreThanHeld),
)
async def close_grant(
    grant_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Grant:
    """结项：支付实际支出，余额退回 / Settle: what was spent is paid, the rest goes back."""
    row = await usecases.close(session, grant_id, version=version, by=actor, now=now)
    return _grant(response, row)


@router.post(
    "/venture-grants/{grant_id}/report-return",
    responses=problems(*_EDIT, OutOfArea, rules.VentureCannotMove),
)
async def send_report_back(
    grant_id: UUID,
    said: contracts.VentureEndIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Grant:
    """退回结项报告，须重新提交 / Send a report back; the grantee reports anew."""
    row = await endings.send_back(session, grant_id, said, version=version, by=actor, now=now)
    return _grant(response, row)


@router.post(
    "/venture-grants/{grant_id}/renunciation",
    responses=problems(*_EDIT, NotYourOrganisation, rules.VentureCannotMove),
)
async def renounce_grant(
    grant_id: UUID,
    said: contracts.VentureEndIn,
    session: Session,
    actor: Applicant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Grant:
    """受资助机构放弃资助 / The grantee gives the grant up; its money is free again."""
    row = await endings.renounce(session, grant_id, said, version=version, by=actor, now=now)
    return _grant(response, row)


@router.post(
    "/venture-grants/{grant_id}/termination",
    responses=problems(*_EDIT, OutOfArea, rules.VentureCannotMove, rules.GrantNotOverdue),
)
async def terminate_grant(
    grant_id: UUID,
    said: contracts.VentureEndIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Grant:
    """逾期未报告的，终止资助 / End a grant of which no report came in time."""
    row = await endings.terminate(session, grant_id, said, version=version, by=actor, now=now)
    return _grant(response, row)


def _call(response: Response, row: tables.VentureCall) -> contracts.Call:
    tag(response, row.version)
    return contracts.Call.model_validate(row)


async def _application(
    session: Session, response: Response, row: tables.VentureApplication
) -> contracts.Application:
    await session.flush()
    tag(response, row.version)
    return (await queries.shown(session, [row]))[0]


def _grant(response: Response, row: tables.VentureGrant) -> contracts.Grant:
    tag(response, row.version)
    return contracts.Grant.model_validate(row)
