"""Careers over HTTP: the ladder and the wage guide are public; who has which grade is not."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import growth as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule
from registry.api.parameters import AreaPrefix
from registry.domain.areas import WrongPeriod
from registry.domain.growth import GradeNotEarned, WrongGrowth
from registry.queries import careers as queries
from registry.queries import people as people_queries
from registry.queries.references import UnknownArea
from registry.usecases import careers as usecases

router = APIRouter(prefix="/v1", tags=["careers"], route_class=TransactionRoute)

GuideReader = Annotated[Actor, needs(Permission.WAGE_GUIDE_READ)]
GuideWriter = Annotated[Actor, needs(Permission.WAGE_GUIDE_WRITE)]
Reader = Annotated[Actor, needs(Permission.TRAINING_READ)]
Writer = Annotated[Actor, needs(Permission.TRAINING_WRITE)]
On = Annotated[date | None, Query(description="该日有效，默认今天 / in force on a day, else today")]
_EDIT = (NotFound, WrongPeriod, PreconditionFailed, PreconditionRequired)


@router.get("/career-grades")
async def list_career_grades(
    session: Session, _: GuideReader, now: Now, on: On = None
) -> list[contracts.CareerGrade]:
    """职级序列 / The career ladder on a day, from its lowest rung."""
    rows = await queries.grades(session, on or city_day(now))
    return [contracts.CareerGrade.model_validate(row) for row in rows]


@router.post("/career-grades", status_code=201, responses=problems(usecases.GradeOverlaps))
async def add_career_grade(
    grade: contracts.GradeIn, session: Session, actor: GuideWriter, now: Now, response: Response
) -> contracts.CareerGrade:
    """Add a rung, with the document that says so."""
    row = await usecases.add_grade(session, grade, by=actor, now=now)
    tag(response, row.version)
    return contracts.CareerGrade.model_validate(row)


@router.patch("/career-grades/{grade_id}", responses=problems(*_EDIT))
async def end_career_grade(
    grade_id: UUID,
    ending: contracts.Ending,
    session: Session,
    actor: GuideWriter,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.CareerGrade:
    """End a rung; those who have the grade keep it."""
    row = await usecases.end_grade(session, grade_id, ending, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.CareerGrade.model_validate(row)


@router.get("/wage-guide", responses=problems(BadPageToken))
async def list_wages(
    session: Session,
    _: GuideReader,
    now: Now,
    on: On = None,
    area: AreaPrefix = None,
    grade: contracts.GradeCode | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Wage]:
    """薪酬指导 / The wage guide on a day; of an area and of those that hold it."""
    (at,) = key_of(after, UUID) or (None,)
    wanted = queries.Filters(on or city_day(now), area, grade)
    rows = await queries.wages(session, wanted, after=at, limit=limit)
    told = page(rows, limit, lambda row: (row.id,))
    items = [contracts.Wage.model_validate(row) for row in told["items"]]
    return Page[contracts.Wage](items=items, next=told["next"])


@router.post(
    "/wage-guide",
    status_code=201,
    responses=problems(OutOfArea, UnknownArea, WrongGrowth, usecases.WageOverlaps),
)
async def add_wage(
    wage: contracts.WageIn, session: Session, actor: GuideWriter, now: Now, response: Response
) -> contracts.Wage:
    """Add what a grade is paid a month in the city or a district."""
    row = await usecases.add_wage(session, wage, by=actor, now=now)
    tag(response, row.version)
    return contracts.Wage.model_validate(row)


@router.patch("/wage-guide/{wage_id}", responses=problems(*_EDIT, OutOfArea))
async def end_wage(
    wage_id: UUID,
    ending: contracts.Ending,
    session: Session,
    actor: GuideWriter,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Wage:
    """End a line of the guide."""
    row = await usecases.end_wage(session, wage_id, ending, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Wage.model_validate(row)


@router.get("/people/{person_id}/career", responses=problems(NotFound, NoRule))
async def read_career(
    session: Session, actor: Reader, now: Now, person_id: UUID
) -> contracts.Career:
    """Somebody's grades, and what is lacking for the next one."""
    row = await people_queries.found(session, actor, person_id)
    return await usecases.career(session, row, on=city_day(now))


@router.post(
    "/people/{person_id}/career",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, WrongGrowth, GradeNotEarned, NoRule, usecases.StepRecorded)
    ),
)
async def give_grade(
    person_id: UUID, step: contracts.StepIn, session: Session, actor: Writer, now: Now
) -> contracts.Career:
    """定级或晋升 / Give somebody a grade that is earned: the next one, or a lower one."""
    row = await usecases.give(session, person_id, step, by=actor, now=now)
    return await usecases.career(session, row, on=city_day(now))
