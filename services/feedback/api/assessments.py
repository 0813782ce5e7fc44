"""Assessments over HTTP: schemes filed and carried out, results public, appealed, decided."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_assessments as contracts
from common.contracts.base import Page
from common.contracts.feedback_proposals import WithdrawalIn
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback import tables
from feedback.api.parameters import AreaPrefix
from feedback.domain import assessments as rules
from feedback.queries import assessments as queries
from feedback.usecases import assessments as usecases

schemes = APIRouter(
    prefix="/v1/assessment-schemes", tags=["assessments"], route_class=TransactionRoute
)
router = APIRouter(prefix="/v1/assessments", tags=["assessments"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.ASSESSMENT_READ)]
Writer = Annotated[Actor, needs(Permission.ASSESSMENT_WRITE)]
Appellant = Annotated[Actor, needs(Permission.ASSESSMENT_APPEAL)]
Decider = Annotated[Actor, needs(Permission.ASSESSMENT_DECIDE)]
_EDITING = (NotFound, OutOfArea, PreconditionFailed, PreconditionRequired)
_FILING = (
    *(OutOfArea, NoRule, RuleNotSet, rules.WrongScheme),
    *(rules.SatisfactionTooLight, rules.NotStatutory, rules.AssessedOften),
    *(rules.FiledTooLate, rules.FiguresKnown),
)


@schemes.get("", responses=problems(BadPageToken))
async def list_schemes(
    session: Session, _: Reader, area: AreaPrefix = None, after: After = None, limit: Limit = 20
) -> Page[contracts.Scheme]:
    """考核方案 / The plan of assessments, public: who is judged by what, when."""
    rows = await queries.schemes(session, area, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = [usecases.shown_scheme(row) for row in found["items"]]
    return Page[contracts.Scheme](items=items, next=found["next"])


@schemes.post("", status_code=201, responses=problems(*_FILING))
async def file_scheme(
    wish: contracts.SchemeIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Scheme:
    """备案考核方案 / File an assessment; satisfaction has the weight that its rule asks.

    每个对象每年同类考核有上限；共用现场检查的不另计。最迟于考核期首日备案。Each subject is counted
    for the year. It is filed on the first day of its period at the latest, before anybody knows.
    """
    row = await usecases.file(session, wish, by=actor, now=now)
    tag(response, row.version)
    return usecases.shown_scheme(row)


@schemes.get("/{scheme_id}", responses=problems(NotFound))
async def read_scheme(
    scheme_id: UUID, session: Session, _: Reader, response: Response
) -> contracts.Scheme:
    """One scheme."""
    row = await queries.scheme(session, scheme_id)
    tag(response, row.version)
    return usecases.shown_scheme(row)


@schemes.post(
    "/{scheme_id}/withdrawal",
    responses=problems(*_EDITING, rules.AlreadyAssessed, rules.SchemeWithdrawn),
)
async def withdraw_scheme(
    scheme_id: UUID,
    said: WithdrawalIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Scheme:
    """撤回考核方案 / Withdraw a scheme before its results, with a public reason.

    所占的年度次数退回；有其他方案共用其现场检查的，改由该方案计次。The year gets back what it
    had counted; where another scheme shares its visit, that one is counted instead.
    """
    row = await usecases.withdraw(session, scheme_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return usecases.shown_scheme(row)


@schemes.get("/{scheme_id}/missing-evidence", responses=problems(NotFound))
async def list_missing(
    scheme_id: UUID, session: Session, _: Reader
) -> list[contracts.MissingEvidence]:
    """尚缺佐证 / What the scheme needs and nobody has registered; nothing else may be asked for."""
    return await usecases.missing(session, scheme_id)


@schemes.post(
    "/{scheme_id}/results",
    responses=problems(
        *(*_EDITING, NoRule, RuleNotSet),
        *(rules.AssessmentTooEarly, rules.FiguresNotReleased, rules.AlreadyAssessed),
        rules.SchemeWithdrawn,
    ),
)
async def carry_out(
    scheme_id: UUID, session: Session, actor: Writer, now: Now, version: IfMatch, response: Response
) -> contracts.Scheme:
    """计算并公示结果 / Compute all results from ratings, cases and evidence; publish them."""
    row = await usecases.carry_out(session, scheme_id, version=version, by=actor, now=now)
    tag(response, row.version)
    return usecases.shown_scheme(row)


@router.get("", responses=problems(BadPageToken))
async def list_results(
    session: Session,
    actor: Reader,
    scheme_id: UUID | None = None,
    subject_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.AssessmentCase]:
    """考核结果 / Results with intervals and tie bands; nobody has a rank."""
    since = id_after(after)
    rows = await queries.page(session, scheme_id, subject_id, after=since, limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"], by=actor)
    return Page[contracts.AssessmentCase](items=items, next=found["next"])


@router.get("/{result_id}", responses=problems(NotFound))
async def read_result(
    result_id: UUID, session: Session, actor: Reader, response: Response
) -> contracts.AssessmentCase:
    """One result."""
    return await _told(session, await queries.read(session, result_id), actor, response)


@router.post(
    "/{result_id}/appeal",
    responses=problems(*_EDITING, NotYourOrganisation, rules.NotInPublicity),
)
async def appeal(
    result_id: UUID,
    wish: contracts.AssessmentAppealIn,
    session: Session,
    actor: Appellant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.AssessmentCase:
    """申诉 / Appeal a result while it is public."""
    row = await usecases.appeal(session, result_id, wish, version=version, by=actor, now=now)
    return await _told(session, row, actor, response)


@router.post(
    "/{result_id}/decision",
    responses=problems(*_EDITING, rules.NoOpenAppeal, rules.OwnAssessmentAppeal),
)
async def decide(
    result_id: UUID,
    wish: contracts.AssessmentDecisionIn,
    session: Session,
    actor: Decider,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.AssessmentCase:
    """裁定申诉 / Decide an appeal; upheld, results are computed again, never filled in."""
    row = await usecases.decide(session, result_id, wish, version=version, by=actor, now=now)
    return await _told(session, row, actor, response)


async def _told(
    session: Session, row: tables.Assessment, actor: Actor, response: Response
) -> contracts.AssessmentCase:
    tag(response, row.version)
    [shown] = await queries.shown(session, [row], by=actor)
    return shown
