"""What people of an area should learn, by gaps and ratings of other services; plans and courses."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Double, Row, cast, func, select
from sqlalchemy import Text as Text_
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.feeds import Kind
from common.contracts.registry import growth as contracts
from common.errors import NotFound, Text
from common.scope import by_area, under
from registry import tables

M, P, T = tables.Mirrored, tables.Person, tables.TrainingPlan
C, E = tables.TrainingCourse, tables.TrainingEnrolment
USE: Final = "rating.use.training"  # the rule of procurement that lets ratings ask for training
_PLAN: Final = Text("培训计划", "training plan")
_COURSE: Final = Text("课程", "course")
_ENROLMENT: Final = Text("报名", "enrolment")


async def gaps(session: AsyncSession, area: str, least: int) -> list[Row[Any]]:
    """Categories of an area with so many unmet needs: of each the gap that counts the most.

    Gaps of the same category lie within each other: a street's holds its neighbourhoods'.
    """
    state = M.state
    each = (
        select(
            M.record_id,
            state["category"].astext.label("category"),
            state["unmet_needs"].astext.cast(BigInteger).label("unmet_needs"),
        )
        .where(
            M.kind == Kind.GAP.value,
            under(M.area_code, area),
            state["target_group"].astext.is_(None),
        )
        .subquery()
    )
    c = each.c
    statement = (
        select(c.record_id, c.category, c.unmet_needs)
        .where(c.unmet_needs >= least)
        .ext(distinct_on(c.category))
        .order_by(c.category, c.unmet_needs.desc(), c.record_id)
    )
    return list(await session.execute(statement))


async def low_ratings(session: AsyncSession, area: str, most: float) -> list[Row[Any]]:
    """Organisations whose people work in an area, rated low: of each category the worst side.

    Only ratings that stand, are not appealed and may be used for training.
    """
    state, provider = M.state, M.state["provider_id"].astext
    bodies = (
        select(cast(P.organisation_id, Text_))
        .where(under(P.area_code, area), P.status == "active", P.organisation_id.is_not(None))
        .distinct()
    )
    each = (
        select(
            M.record_id,
            state["category"].astext.label("category"),
            provider.label("organisation_id"),
            state["upper_bound"].astext.cast(Double).label("rating"),
        )
        .where(
            M.kind == Kind.PROVIDER_RATING.value,
            provider.in_(bodies),
            state["is_rated"].astext.cast(Boolean),
            state["suspended_at"].astext.is_(None),
            state["lawful_uses"].contains([USE]),
        )
        .subquery()
    )
    c = each.c
    statement = (
        select(c.record_id, c.category, c.organisation_id, c.rating)
        .where(c.rating <= most)
        .ext(distinct_on(c.organisation_id, c.category))
        .order_by(c.organisation_id, c.category, c.rating, c.record_id)
    )
    return list(await session.execute(statement))


async def skilled(session: AsyncSession, area: str) -> dict[str, int]:
    """How many people of an area are good at each category."""
    each = (
        select(func.unnest(P.skills).label("skill"))
        .where(under(P.area_code, area), P.status == "active")
        .subquery()
    )
    statement = select(each.c.skill, func.count()).group_by(each.c.skill)
    return {row.skill: row[1] for row in await session.execute(statement)}


async def plans(
    session: AsyncSession, actor: Actor, area: str | None, *, after: UUID | None, limit: int
) -> list[contracts.TrainingPlan]:
    """A page of plans of the caller's area, by id."""
    statement = select(T).where(by_area(actor, T.area_code))
    if area is not None:
        statement = statement.where(under(T.area_code, area))
    if after is not None:
        statement = statement.where(T.id > after)
    rows = (await session.scalars(statement.order_by(T.id).limit(limit + 1))).all()
    return await shown(session, rows)


async def found(session: AsyncSession, actor: Actor, plan_id: UUID) -> contracts.TrainingPlan:
    """A plan of the caller's area."""
    statement = select(T).where(T.id == plan_id, by_area(actor, T.area_code))
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=_PLAN, key=plan_id)
    return (await shown(session, [row]))[0]


async def shown(
    session: AsyncSession, rows: Sequence[tables.TrainingPlan]
) -> list[contracts.TrainingPlan]:
    """Plans with their courses and who learns."""
    ids = [row.id for row in rows]
    learners: dict[UUID, list[contracts.Enrolment]] = defaultdict(list)
    for each in await session.scalars(
        select(E).where(E.plan_id.in_(ids)).order_by(E.plan_id, E.course_id, E.person_id)
    ):
        learners[each.course_id].append(contracts.Enrolment.model_validate(each))
    courses: dict[UUID, list[contracts.Course]] = defaultdict(list)
    for row in await session.scalars(select(C).where(C.plan_id.in_(ids)).order_by(C.plan_id, C.id)):
        told = {name: getattr(row, name) for name in _TOLD}
        courses[row.plan_id].append(contracts.Course(**told, enrolments=learners[row.id]))
    return [
        contracts.TrainingPlan(
            **{name: getattr(row, name) for name in _HEAD}, courses=courses[row.id]
        )
        for row in rows
    ]


_TOLD: Final = tuple(name for name in contracts.Course.model_fields if name != "enrolments")
_HEAD: Final = tuple(name for name in contracts.TrainingPlan.model_fields if name != "courses")


async def plan_for_update(session: AsyncSession, plan_id: UUID) -> tables.TrainingPlan:
    """A plan, locked until the transaction ends."""
    row = await session.get(T, plan_id, with_for_update=True)
    if row is None:
        raise NotFound(what=_PLAN, key=plan_id)
    return row


async def course(session: AsyncSession, plan_id: UUID, course_id: UUID) -> tables.TrainingCourse:
    """A course of a plan."""
    row = await session.get(C, (plan_id, course_id))
    if row is None:
        raise NotFound(what=_COURSE, key=course_id)
    return row


async def enrolment(
    session: AsyncSession, course_: tables.TrainingCourse, person_id: UUID
) -> tables.TrainingEnrolment:
    """Somebody in a course."""
    row = await session.get(E, (course_.plan_id, course_.id, person_id))
    if row is None:
        raise NotFound(what=_ENROLMENT, key=person_id)
    return row


async def people(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tables.Person]:
    """People by their ids."""
    rows = await session.scalars(select(P).where(P.id.in_(ids)))
    return {row.id: row for row in rows}


async def enrol(
    session: AsyncSession, course_: tables.TrainingCourse, person_ids: Sequence[UUID]
) -> None:
    """Let people learn; who does already is left alone."""
    rows = [
        {"plan_id": course_.plan_id, "course_id": course_.id, "person_id": each, "hours": 0.0}
        for each in dict.fromkeys(person_ids)
    ]
    await session.execute(insert(E).values(rows).on_conflict_do_nothing())
