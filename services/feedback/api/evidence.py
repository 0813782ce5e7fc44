"""Evidence, visits and surveys over HTTP: once for all assessments, within the caps."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_assessments as contracts
from common.contracts.base import Page
from common.contracts.written import IN_DIGITS
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback.domain import evidence as rules
from feedback.queries import evidence as queries
from feedback.usecases import evidence as usecases

router = APIRouter(prefix="/v1", tags=["assessments"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.EVIDENCE_READ)]
Writer = Annotated[Actor, needs(Permission.EVIDENCE_WRITE)]
Assessor = Annotated[Actor, needs(Permission.ASSESSMENT_WRITE)]
Year = Annotated[int, Query(ge=2020, le=2099, description="年份 / year"), IN_DIGITS]
Surveyor = Annotated[Actor, needs(Permission.SURVEY_WRITE)]


@router.get("/evidence", responses=problems(BadPageToken))
async def list_evidence(
    session: Session, actor: Reader, after: After = None, limit: Limit = 20
) -> Page[contracts.Evidence]:
    """佐证 / Evidence of the caller's area, with how many assessments cite it."""
    rows = await queries.page(session, actor, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await usecases.shown(session, found["items"])
    return Page[contracts.Evidence](items=items, next=found["next"])


@router.post(
    "/evidence",
    status_code=201,
    responses=problems(NotFound, OutOfArea, rules.WrongEvidence, rules.EvidenceHeld),
)
async def register_evidence(
    wish: contracts.EvidenceIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Evidence:
    """登记佐证 / Register evidence once; what is held is cited, never asked for again.

    所属期不重叠的多份按合计计算。Records of days apart are summed over the period of a scheme.
    """
    row = await usecases.register(session, wish, by=actor, now=now)
    [shown] = await usecases.shown(session, [row])
    tag(response, row.version)
    return shown


@router.post(
    "/evidence/{evidence_id}/withdrawal",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired), rules.EvidenceWithdrawn
    ),
)
async def withdraw_evidence(
    evidence_id: UUID,
    said: contracts.EvidenceWithdrawal,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Evidence:
    """撤回登记有误的佐证，公开理由 / Take back evidence that is wrong, for a public reason."""
    row = await usecases.withdraw(session, evidence_id, said, version=version, by=actor, now=now)
    [shown] = await usecases.shown(session, [row])
    tag(response, row.version)
    return shown


@router.get("/assessment-visits", responses=problems(NotFound, OutOfArea))
async def read_visit(
    session: Session, actor: Reader, subject_id: UUID, year: Year, response: Response
) -> contracts.Visit:
    """某对象某年的现场检查 / The visit of a year to a body: which one to join, and its version.

    每个对象每年一次；加入时以 ETag 作 If-Match。There is one a year; join it with its ETag.
    """
    row = await usecases.visit_of(session, subject_id, year, by=actor)
    tag(response, row.version)
    return contracts.Visit.model_validate(row)


@router.post(
    "/assessment-visits",
    status_code=201,
    responses=problems(NotFound, OutOfArea, rules.VisitPlanned, rules.VisitOver),
)
async def plan_visit(
    wish: contracts.VisitIn, session: Session, actor: Assessor, now: Now, response: Response
) -> contracts.Visit:
    """安排现场检查 / Plan the visit of the year to a body."""
    row = await usecases.plan_visit(session, wish, by=actor, now=now)
    tag(response, row.version)
    return contracts.Visit.model_validate(row)


@router.post(
    "/assessment-visits/{visit_id}/departments",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
        *(rules.VisitOver, rules.VisitCancelled),
    ),
)
async def join_visit(
    visit_id: UUID,
    wish: contracts.VisitJoin,
    session: Session,
    actor: Assessor,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Visit:
    """加入现场检查 / Another department comes along; its assessment counts no more."""
    row = await usecases.join_visit(session, visit_id, wish, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Visit.model_validate(row)


@router.post(
    "/assessment-visits/{visit_id}/cancellation",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
        *(rules.VisitOver, rules.VisitCancelled, rules.VisitInUse),
    ),
)
async def cancel_visit(
    visit_id: UUID,
    said: contracts.VisitCancelling,
    session: Session,
    actor: Assessor,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Visit:
    """取消现场检查 / Call a visit off, with a public reason; another one may be planned this year.

    有方案依托其计次的，先撤回方案。Not while an assessment is counted with it: withdraw that first.
    """
    row = await usecases.cancel_visit(session, visit_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Visit.model_validate(row)


@router.post("/survey-contacts", responses=problems(NoRule, RuleNotSet))
async def ask_residents(
    wish: contracts.SurveyIn, session: Session, actor: Surveyor, now: Now
) -> contracts.SurveyContacts:
    """登记问卷接触 / Whom a survey may ask: residents at their yearly cap are left out.

    每位居民只计一次；与评价邀请合并计数。Invitations to rate count with surveys.
    """
    return await usecases.ask(session, wish, by=actor, now=now)
