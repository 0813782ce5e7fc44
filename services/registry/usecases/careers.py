"""Careers: the ladder and the wage guide as the city sets them; grades that people are given."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.areas import AreaKind
from common.contracts.registry.growth import (
    Career,
    CareerStep,
    Ending,
    GradeIn,
    NextGrade,
    StepIn,
    WageIn,
)
from common.contracts.registry.people import Qualification
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.ids import uuid7
from common.turns import take_turn
from registry import tables
from registry.domain import growth as domain
from registry.domain import people as people_rules
from registry.domain.areas import check_period
from registry.queries import careers as queries
from registry.queries import people as people_queries
from registry.queries.references import area_id
from registry.usecases import people
from registry.usecases.editing import PURPOSE, made, touch

_WAGE_AREAS: Final = (AreaKind.CITY, AreaKind.DISTRICT)


class GradeOverlaps(Conflict):
    """The code or the rank is another rung's on some of these days."""

    slug = "grade-overlaps"
    title = Text("职级有效期重叠", "Grades overlap")
    detail = Text(
        "该代码或次序在此期间已有职级，请先终止。",
        "Another rung has this code or rank on some of these days; end that first.",
    )


class WageOverlaps(Conflict):
    """The grade has a line there on some of these days."""

    slug = "wage-overlaps"
    title = Text("薪酬指导有效期重叠", "Wages overlap")
    detail = Text(
        "该区划该职级在此期间已有薪酬指导，请先终止。",
        "The grade has a line there on some of these days; end that first.",
    )


class StepRecorded(Conflict):
    """Somebody was given a grade on that day already."""

    slug = "step-recorded"
    title = Text("当日已有定级", "Recorded already")
    detail = Text("该人员当日已登记职级。", "The person was given a grade on that day already.")


async def add_grade(
    session: AsyncSession, grade: GradeIn, *, by: Actor, now: datetime
) -> tables.CareerGrade:
    """A rung of the ladder."""
    await take_turn(session, "career_grade")
    row = tables.CareerGrade(id=uuid7(), **grade.model_dump(), **made(by, now))
    session.add(row)
    await session.flush()
    _tell(session, by, "career_grade.add", row.id, None, grade.model_dump(mode="json"))
    return row


async def end_grade(
    session: AsyncSession, grade_id: UUID, ending: Ending, *, version: int, by: Actor, now: datetime
) -> tables.CareerGrade:
    """A rung that holds no more from a day on; those who have the grade keep it."""
    row = await queries.grade_for_update(session, grade_id)
    _end(row, ending, version, by, now)
    _tell(session, by, "career_grade.end", row.id, None, ending.model_dump(mode="json"))
    return row


async def add_wage(session: AsyncSession, wage: WageIn, *, by: Actor, now: datetime) -> tables.Wage:
    """A line of the guide, for the city or a district, of a grade that holds then."""
    by.must_cover(wage.area_code)
    await area_id(session, wage.area_code, kinds=_WAGE_AREAS)
    domain.check_wage(wage.low_fen, wage.middle_fen, wage.high_fen)
    known = {rung.code for rung in await queries.rungs(session, wage.valid_from)}
    if wage.grade not in known:
        message = Text(f"{wage.valid_from} 没有此职级", f"no such grade on {wage.valid_from}")
        raise domain.WrongGrowth(errors=[FieldError("/grade", wage.grade, message)])
    await take_turn(session, "wage", wage.area_code, wage.grade)

    row = tables.Wage(id=uuid7(), **wage.model_dump(), **made(by, now))
    session.add(row)
    await session.flush()
    _tell(session, by, "wage.add", row.id, row.area_code, wage.model_dump(mode="json"))
    return row


async def end_wage(
    session: AsyncSession, wage_id: UUID, ending: Ending, *, version: int, by: Actor, now: datetime
) -> tables.Wage:
    """A line that holds no more from a day on."""
    row = await queries.wage_for_update(session, wage_id)
    by.must_cover(row.area_code)
    _end(row, ending, version, by, now)
    _tell(session, by, "wage.end", row.id, row.area_code, ending.model_dump(mode="json"))
    return row


def _end(row: Any, ending: Ending, version: int, by: Actor, now: datetime) -> None:
    must_match(row.version, version)
    check_period(row.valid_from, ending.valid_to)
    row.valid_to = ending.valid_to
    touch(row, by, now)


async def give(
    session: AsyncSession, person_id: UUID, step: StepIn, *, by: Actor, now: datetime
) -> tables.Person:
    """Give somebody of the caller's area a grade that is earned on that day."""
    row = await people_queries.person_for_update(session, person_id)
    by.must_cover(row.area_code)
    domain.must_have_begun(step.from_on, city_day(now))
    rungs = await queries.rungs(session, step.from_on)
    standing = await _standing(session, row, step.from_on)
    domain.must_be_earned(rungs, step.grade, standing, step.from_on)

    session.add(
        tables.CareerStep(
            person_id=row.id,
            **step.model_dump(),
            recorded_at=now,
            recorded_by=by.alias(PURPOSE),
        )
    )
    row.grade = step.grade
    touch(row, by, now)
    await session.flush()
    _tell(session, by, "person.grade", row.id, row.area_code, step.model_dump(mode="json"))
    return row


async def career(session: AsyncSession, row: tables.Person, *, on: date) -> Career:
    """Where somebody stands, and what is lacking for the next rung."""
    steps = await queries.steps(session, row.id)
    standing = await _standing(session, row, on)
    rung = domain.next_rung(await queries.rungs(session, on), standing.grade)
    return Career(
        person_id=row.id,
        grade=standing.grade,
        since_on=standing.since,
        next=None if rung is None else _next(rung, standing, on),
        steps=[CareerStep.model_validate(each) for each in steps],
    )


def _next(rung: domain.Rung, standing: domain.Standing, on: date) -> NextGrade:
    since = standing.since
    return NextGrade(
        grade=rung.code,
        name=rung.name,
        lacking=domain.lacking(rung, standing, on),
        earliest_on=on if since is None else domain.served_on(since, rung.years_below),
    )


async def _standing(session: AsyncSession, row: tables.Person, on: date) -> domain.Standing:
    last = next(iter(await queries.steps(session, row.id)), None)
    valid = people_rules.is_qualified(row.qualified_from, row.qualified_to, on)
    learnt = await people.education_of(session, row, on)
    return domain.Standing(
        grade=None if last is None else last.grade,
        since=None if last is None else last.from_on,
        qualification=Qualification(row.qualification) if valid and row.qualification else None,
        is_behind=learnt is not None and learnt.is_behind,
    )


def _tell(
    session: AsyncSession, by: Actor, action: str, key: UUID, area: str | None, after: Any
) -> None:
    kind = action.partition(".")[0]
    audit.note(session, by, action=action, target=(kind, key), area=area, after=after)
