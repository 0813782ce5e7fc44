"""Training: what is worth learning in an area, plans drawn from it, and who learnt how much."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.codes import Division
from common.contracts.registry.growth import (
    AttendanceIn,
    EnrolmentIn,
    NeedReason,
    PlanIn,
    PlanMove,
    PlanStatus,
    TrainingNeed,
)
from common.contracts.registry.people import HoursIn, HoursKind, PersonStatus
from common.edge import must_match
from common.errors import FieldError, Text
from common.ids import uuid7
from common.rules import RulesInForce
from registry import tables
from registry.domain import growth as domain
from registry.domain.areas import check_period
from registry.queries import people as people_queries
from registry.queries import rules
from registry.queries import training as queries
from registry.queries.references import UnknownReference, area_id
from registry.usecases import people
from registry.usecases.editing import made, touch

KIND: Final = "training_plan"
UNMET, RATING, HOURS = "training.unmet_needs", "training.rating", "training.hours"


async def needs(session: AsyncSession, area: str, *, now: datetime) -> list[TrainingNeed]:
    """What people of an area should learn: first where many needs meet few who can help."""
    return await _needs(session, area, await _rules(session, area, now))


async def _needs(session: AsyncSession, area: str, in_force: RulesInForce) -> list[TrainingNeed]:
    skilled = await queries.skilled(session, area)
    gaps = await queries.gaps(session, area, in_force.rule(UNMET).number)
    low = await queries.low_ratings(session, area, float(in_force.rule(RATING).ratio))
    gaps.sort(key=lambda row: (-row.unmet_needs / (skilled.get(row.category, 0) + 1), row.category))
    low.sort(key=lambda row: (row.rating, row.category, row.organisation_id))
    return [
        *(_need(row, NeedReason.GAP, UNMET, skilled, unmet_needs=row.unmet_needs) for row in gaps),
        *(
            _need(
                row,
                NeedReason.LOW_RATING,
                RATING,
                skilled,
                organisation_id=UUID(row.organisation_id),
                rating=row.rating,
            )
            for row in low
        ),
    ]


def _need(
    row: Any, reason: NeedReason, rule: str, skilled: dict[str, int], **why: Any
) -> TrainingNeed:
    absent = {"organisation_id": None, "unmet_needs": None, "rating": None}
    return TrainingNeed(
        reason=reason,
        source_id=row.record_id,
        category=row.category,
        skilled=skilled.get(row.category, 0),
        rule=rule,
        **{**absent, **why},
    )


async def _rules(session: AsyncSession, area: str, now: datetime) -> RulesInForce:
    return await rules.in_force(session, "training", area_code=area, on=city_day(now))


async def draw(
    session: AsyncSession, plan: PlanIn, *, by: Actor, now: datetime
) -> tables.TrainingPlan:
    """A draft whose courses are the needs of today, with why and how many hours."""
    by.must_cover(plan.area_code)
    check_period(plan.valid_from, plan.valid_to)
    await area_id(session, plan.area_code)
    area = Division.parse(plan.area_code).short
    in_force = await _rules(session, area, now)
    found = await _needs(session, area, in_force)
    wanted = None if plan.source_ids is None else set(plan.source_ids)
    taken = [each for each in found if wanted is None or each.source_id in wanted]
    if not taken:
        raise domain.NothingToLearn
    hours = float(in_force.rule(HOURS).ratio)

    head = plan.model_dump(exclude={"source_ids"})
    row = tables.TrainingPlan(id=uuid7(), **head, status=PlanStatus.DRAFT, **made(by, now))
    session.add(row)
    await session.flush()
    session.add_all(
        tables.TrainingCourse(plan_id=row.id, id=uuid7(), **each.model_dump(), hours=hours)
        for each in taken
    )
    await session.flush()
    _tell(session, row, by, "draw", {**plan.model_dump(mode="json"), "courses": len(taken)})
    return row


async def move(
    session: AsyncSession, plan_id: UUID, step: PlanMove, *, version: int, by: Actor, now: datetime
) -> None:
    """Adopt a plan, or close it."""
    row = await _reached(session, plan_id, by=by)
    must_match(row.version, version)
    row.status = domain.move(row.status, step.status)
    touch(row, by, now)
    _tell(session, row, by, "move", {"status": row.status})


async def enrol(
    session: AsyncSession,
    plan_id: UUID,
    course_id: UUID,
    asked: EnrolmentIn,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Let people of the plan's area learn; of the organisation, where its rating is the reason."""
    plan = await _reached(session, plan_id, by=by)
    domain.must_be_adopted(plan.status)
    course = await queries.course(session, plan_id, course_id)
    known = await queries.people(session, asked.person_ids)
    place = Division.parse(plan.area_code).short
    errors = [
        FieldError(f"/person_ids/{number}", str(each), _NOT_HERE)
        for number, each in enumerate(asked.person_ids)
        if not _may_learn(known.get(each), course, place)
    ]
    if errors:
        raise UnknownReference(errors=errors)
    await queries.enrol(session, course, asked.person_ids)
    touch(plan, by, now)
    _tell(session, plan, by, "enrol", {"course": str(course.id), "people": len(asked.person_ids)})


_NOT_HERE: Final = Text("不是该辖区（该机构）的在任人员", "nobody of the area or the organisation")


def _may_learn(person: tables.Person | None, course: tables.TrainingCourse, place: str) -> bool:
    if person is None or person.status != PersonStatus.ACTIVE:
        return False
    body = course.organisation_id
    return person.area_code.startswith(place) and body in (None, person.organisation_id)


async def attend(
    session: AsyncSession,
    plan_id: UUID,
    course_id: UUID,
    person_id: UUID,
    asked: AttendanceIn,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Hours of a day: they count as continuing education, and once they suffice as a skill."""
    plan = await _reached(session, plan_id, by=by)
    domain.must_be_adopted(plan.status)
    if not plan.valid_from <= asked.on < plan.valid_to:
        message = Text(
            f"须在计划期 {plan.valid_from} 至 {plan.valid_to}（不含）之内",
            f"within the plan, {plan.valid_from} up to {plan.valid_to}",
        )
        raise domain.WrongGrowth(errors=[FieldError("/on", str(asked.on), message)])
    course = await queries.course(session, plan_id, course_id)
    row = await queries.enrolment(session, course, person_id)
    learnt = HoursIn(kind=HoursKind.EDUCATION, title=plan.title, **asked.model_dump())
    await people.record_hours(session, person_id, learnt, by=by, now=now)

    row.hours += asked.hours
    if row.completed_at is None and row.hours >= course.hours:
        row.completed_at = now
        person = await people_queries.person_for_update(session, person_id)
        if course.category not in person.skills:
            person.skills = [*person.skills, course.category]
            touch(person, by, now)
    touch(plan, by, now)


async def _reached(session: AsyncSession, plan_id: UUID, *, by: Actor) -> tables.TrainingPlan:
    row = await queries.plan_for_update(session, plan_id)
    by.must_cover(row.area_code)
    return row


def _tell(
    session: AsyncSession, row: tables.TrainingPlan, by: Actor, verb: str, after: dict[str, Any]
) -> None:
    audit.note(
        session,
        by,
        action=f"{KIND}.{verb}",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )
