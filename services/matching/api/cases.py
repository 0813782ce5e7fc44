"""Case plans over HTTP: opened, worked on, reviewed and closed by the house."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common import audit
from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts import matching_cases as contracts
from common.contracts.base import Page
from common.crypto.keys import Keys
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching import tables
from matching.domain import cases as rules
from matching.queries import cases as queries
from matching.usecases import cases as usecases

router = APIRouter(prefix="/v1", tags=["case-plans"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CASE_PLAN_READ)]
Writer = Annotated[Actor, needs(Permission.CASE_PLAN_WRITE)]
_EDITING = (
    *(NotFound, PreconditionFailed, PreconditionRequired),
    *(rules.WrongCase, rules.CaseClosed),
)


@router.get("/case-plans", responses=problems(BadPageToken))
async def list_cases(
    session: Session,
    actor: Reader,
    now: Now,
    status: contracts.CaseStatus | None = None,
    review_due: bool = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.ListedCase]:
    """Plans of the area and line, of the lead worker, or the resident's own."""
    start = key_of(after, UUID)
    since: UUID | None = start[0] if start else None
    rows = await queries.page(
        session,
        actor,
        status=status,
        due_on=city_day(now) if review_due else None,
        after=since,
        limit=limit,
    )
    return Page[contracts.ListedCase].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.get("/case-plans/{plan_id}", responses=problems(NotFound))
async def read_case(
    session: Session, actor: Reader, keys: KeyRing, now: Now, response: Response, plan_id: UUID
) -> contracts.CasePlan:
    """One plan with goals, needs and steps; that it was read is written down."""
    row = await queries.found(session, actor, plan_id)
    target = (usecases.KIND, row.id)
    audit.note_read(session, actor, action="case_plan.read", target=target, area=row.area_code)
    return await _answer(session, response, row, keys, now)


@router.post(
    "/case-plans",
    status_code=201,
    responses=problems(NotFound, rules.WrongCase, rules.NeedInAnotherCase),
)
async def open_case(
    wish: contracts.CasePlanIn,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.CasePlan:
    """Open a plan for needs of one person."""
    row = await usecases.open_plan(session, wish, keys=keys, by=actor, now=now)
    response.headers["Location"] = f"case-plans/{row.id}"
    return await _answer(session, response, row, keys, now)


@router.patch("/case-plans/{plan_id}", responses=problems(*_EDITING, rules.NeedInAnotherCase))
async def review_case(
    plan_id: UUID,
    patch: contracts.CasePlanPatch,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CasePlan:
    """Review: lead, goals, next review, more needs."""
    row = await usecases.review(
        session, plan_id, patch, version=version, keys=keys, by=actor, now=now
    )
    return await _answer(session, response, row, keys, now)


@router.post("/case-plans/{plan_id}/steps", status_code=201, responses=problems(*_EDITING))
async def add_step(
    plan_id: UUID,
    wish: contracts.CaseStepIn,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CasePlan:
    """Plan a step, or write one down that was done."""
    row = await usecases.add_step(
        session, plan_id, wish, version=version, keys=keys, by=actor, now=now
    )
    return await _answer(session, response, row, keys, now)


@router.patch("/case-plans/{plan_id}/steps/{step_id}", responses=problems(*_EDITING))
async def finish_step(
    plan_id: UUID,
    step_id: UUID,
    said: contracts.CaseStepDone,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CasePlan:
    """A step was done."""
    row = await usecases.finish_step(
        session, plan_id, step_id, said, version=version, by=actor, now=now
    )
    return await _answer(session, response, row, keys, now)


@router.post("/case-plans/{plan_id}/closure", responses=problems(*_EDITING, rules.NeedsStillOpen))
async def close_case(
    plan_id: UUID,
    said: contracts.CaseClose,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CasePlan:
    """Close with outcome and summary."""
    row = await usecases.close(
        session, plan_id, said, version=version, keys=keys, by=actor, now=now
    )
    return await _answer(session, response, row, keys, now)


async def _answer(
    session: Session, response: Response, row: tables.CasePlan, keys: Keys, now: Now
) -> contracts.CasePlan:
    shown = await usecases.shown(session, row, keys=keys, now=now)
    tag(response, row.version)
    return shown
