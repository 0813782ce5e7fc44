"""Evidence, shared visits, incentives: kept once, found by whoever needs them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.errors import NotFound, Text
from common.scope import by_area, under
from feedback import tables

E, V, A, I, D = (
    tables.AssessmentEvidence,
    tables.AssessmentVisit,
    tables.Assessment,
    tables.Incentive,
    tables.Delivery,
)
EVIDENCE = Text("佐证", "evidence")
VISIT = Text("现场检查", "visit")


async def page(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[tables.AssessmentEvidence]:
    """A page of the evidence of the caller's area; one row more tells of a next page."""
    statement = select(E).where(by_area(actor, E.area_code))
    if after is not None:
        statement = statement.where(E.id > after)
    return (await session.scalars(statement.order_by(E.id).limit(limit + 1))).all()


async def cited(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many assessments cite each record."""
    each = select(func.unnest(A.evidence_ids).label("id")).where(A.evidence_ids.overlap(list(ids)))
    found = each.subquery()
    statement = (
        select(found.c.id, func.count().label("number"))
        .where(found.c.id.in_(ids))
        .group_by(found.c.id)
    )
    rows = await session.execute(statement)
    return {row.id: row.number for row in rows}


async def holding(
    session: AsyncSession, scheme: tables.AssessmentScheme
) -> Mapping[tuple[UUID, str], Sequence[tables.AssessmentEvidence]]:
    """What a scheme needs and was registered, by subject and kind; within its period."""
    kinds = [each["evidence_kind"] for each in scheme.indicators if each["evidence_kind"]]
    statement = (
        select(E)
        .where(
            E.subject_id.in_(scheme.subject_ids),
            E.kind.in_(kinds),
            E.period_from_on >= scheme.period_from_on,
            E.period_to_on <= scheme.period_to_on,
            E.withdrawn_at.is_(None),
        )
        .order_by(E.period_to_on, E.id)
    )
    found: dict[tuple[UUID, str], list[tables.AssessmentEvidence]] = defaultdict(list)
    for row in await session.scalars(statement):
        found[row.subject_id, row.kind].append(row)
    return found


async def one(session: AsyncSession, evidence_id: UUID) -> tables.AssessmentEvidence:
    """One record, locked until the transaction ends."""
    statement = select(E).where(E.id == evidence_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=EVIDENCE, key=evidence_id)
    return row


async def visit(session: AsyncSession, visit_id: UUID) -> tables.AssessmentVisit:
    """One visit, locked until the transaction ends."""
    statement = select(V).where(V.id == visit_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=VISIT, key=visit_id)
    return row


async def rests_on(session: AsyncSession, visit_id: UUID) -> bool:
    """Whether an assessment of the year was counted with a visit."""
    counted = (
        select(tables.AssessmentLoad.subject_id)
        .where(tables.AssessmentLoad.visit_id == visit_id)
        .limit(1)
    )
    return await session.scalar(counted) is not None


async def visit_of(
    session: AsyncSession, subject_id: UUID, year: int
) -> tables.AssessmentVisit | None:
    """The visit of a year to a body; None when none is planned, or it was cancelled."""
    statement = select(V).where(
        V.subject_id == subject_id, V.year == year, V.cancelled_at.is_(None)
    )
    found: tables.AssessmentVisit | None = await session.scalar(statement)
    return found


async def incentives(
    session: AsyncSession, area: str | None, *, after: UUID | None, limit: int
) -> Sequence[tables.Incentive]:
    """A page of incentives, oldest first; one row more tells of a next page."""
    statement = select(I)
    if area is not None:
        statement = statement.where(under(I.area_code, area))
    if after is not None:
        statement = statement.where(I.id > after)
    return (await session.scalars(statement.order_by(I.id).limit(limit + 1))).all()


async def raters(
    session: AsyncSession, actor: Actor, referral_ids: Sequence[UUID]
) -> Mapping[UUID, str]:
    """Who was served, by referral, of services in the caller's area; nobody's name leaves here."""
    statement = (
        select(D.id, D.rater)
        .where(D.id.in_(referral_ids), D.rater.is_not(None), by_area(actor, D.area_code))
        .order_by(D.id)
    )
    return {row.id: row.rater for row in await session.execute(statement)}
