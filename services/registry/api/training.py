"""Training over HTTP: what is worth learning, and plans drawn from it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import growth as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry.api.parameters import AreaPrefix
from registry.api.space_use import District
from registry.domain.areas import WrongPeriod
from registry.domain.growth import NothingToLearn, PlanCannotMove, PlanNotAdopted, WrongGrowth
from registry.domain.people import WrongPerson
from registry.queries import training as queries
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import training as usecases

router = APIRouter(prefix="/v1", tags=["training"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TRAINING_READ)]
Writer = Annotated[Actor, needs(Permission.TRAINING_WRITE)]
_COURSE = (NotFound, OutOfArea, PlanNotAdopted)


@router.get("/training-needs", responses=problems(OutOfArea, NoRule, RuleNotSet))
async def list_training_needs(
    session: Session, actor: Reader, now: Now, area: District
) -> list[contracts.TrainingNeed]:
    """培训需求 / What people of an area should learn: by residents' gaps and by low ratings."""
    actor.must_cover(area)
    return await usecases.needs(session, area, now=now)


@router.get("/training-plans", responses=problems(BadPageToken))
async def list_training_plans(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.TrainingPlan]:
    """Training plans of the caller's area."""
    (at,) = key_of(after, UUID) or (None,)
    rows = await queries.plans(session, actor, area, after=at, limit=limit)
    return Page[contracts.TrainingPlan](**page(rows, limit, lambda row: (row.id,)))


@router.get("/training-plans/{plan_id}", responses=problems(NotFound))
async def read_training_plan(
    session: Session, actor: Reader, response: Response, plan_id: UUID
) -> contracts.TrainingPlan:
    """One plan: each course with its reason, who learns, and how far they are."""
    return await _answer(session, actor, response, plan_id)


@router.post(
    "/training-plans",
    status_code=201,
    responses=problems(OutOfArea, WrongPeriod, UnknownArea, NothingToLearn, NoRule, RuleNotSet),
)
async def draw_training_plan(
    plan: contracts.PlanIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.TrainingPlan:
    """Draw a draft from the needs of today; it keeps why each course is in it."""
    row = await usecases.draw(session, plan, by=actor, now=now)
    response.headers["Location"] = f"training-plans/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.post(
    "/training-plans/{plan_id}/status",
    responses=problems(
        *(NotFound, OutOfArea, PlanCannotMove, PreconditionFailed, PreconditionRequired)
    ),
)
async def move_training_plan(
    plan_id: UUID,
    step: contracts.PlanMove,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.TrainingPlan:
    """Adopt a plan, or close it."""
    await usecases.move(session, plan_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, plan_id)


@router.post(
    "/training-plans/{plan_id}/courses/{course_id}/enrolments",
    responses=problems(*_COURSE, UnknownReference),
)
async def enrol(
    plan_id: UUID,
    course_id: UUID,
    asked: contracts.EnrolmentIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.TrainingPlan:
    """Let people learn: of the area, or of the organisation that was rated low."""
    await usecases.enrol(session, plan_id, course_id, asked, by=actor, now=now)
    return await _answer(session, actor, response, plan_id)


@router.post(
    "/training-plans/{plan_id}/courses/{course_id}/enrolments/{person_id}/attendance",
    responses=problems(*_COURSE, WrongGrowth, WrongPerson),
)
async def attend(
    plan_id: UUID,
    course_id: UUID,
    person_id: UUID,
    attendance: contracts.AttendanceIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.TrainingPlan:
    """Record hours: continuing education, and a skill once the course is complete."""
    await usecases.attend(session, plan_id, course_id, person_id, attendance, by=actor, now=now)
    return await _answer(session, actor, response, plan_id)


async def _answer(
    session: Session, actor: Actor, response: Response, plan_id: UUID
) -> contracts.TrainingPlan:
    await session.flush()
    shown = await queries.found(session, actor, plan_id)
    tag(response, shown.version)
    return shown
