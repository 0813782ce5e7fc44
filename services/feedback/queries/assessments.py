"""Assessments: schemes, results and their states for the feed, caps under a lock, figures."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import extract, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.auth.actor import Actor
from common.contracts import feedback as words
from common.contracts import feedback_assessments as contracts
from common.contracts.feedback import AssessmentSubject
from common.contracts.feedback_assessments import AssessmentKind, Measure
from common.contracts.feeds import Kind
from common.errors import NotFound, Text
from common.scope import is_staff, under
from feedback import tables
from feedback.domain.assessments import shared_area
from feedback.domain.scores import Levels
from feedback.queries import bad_ratings, case_rates
from feedback.queries import releases as released
from feedback.queries.bad_ratings import Loops

S, A, L = tables.AssessmentScheme, tables.Assessment, tables.AssessmentLoad
V, R = tables.AssessmentVisit, tables.Rating
SCHEME: Final = Text("考核方案", "assessment scheme")
SUBJECT: Final = Text("考核对象", "subject of assessments")
RESULT: Final = Text("考核结果", "assessment")
_GIVEN: Final = frozenset(words.Assessment.model_fields) & set(A.__table__.columns.keys())
_MIRROR: Final = {
    AssessmentSubject.ORGANISATION: Kind.ORGANISATION,
    AssessmentSubject.VENUE: Kind.VENUE,
    AssessmentSubject.CONTRACT: Kind.CONTRACT,
}


async def scheme(
    session: AsyncSession, scheme_id: UUID, *, lock: bool = False
) -> tables.AssessmentScheme:
    """One scheme; locked until the transaction ends when it is carried out."""
    statement = select(S).where(S.id == scheme_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=SCHEME, key=scheme_id)
    return row


async def schemes(
    session: AsyncSession, area: str | None, *, after: UUID | None, limit: int
) -> Sequence[tables.AssessmentScheme]:
    """A page of schemes, oldest first; one row more than `limit` tells of a next page."""
    statement = select(S)
    if area is not None:
        statement = statement.where(under(S.area_code, area))
    if after is not None:
        statement = statement.where(S.id > after)
    return (await session.scalars(statement.order_by(S.id).limit(limit + 1))).all()


async def read(session: AsyncSession, result_id: UUID) -> tables.Assessment:
    """One result."""
    row = await session.get(A, result_id)
    if row is None:
        raise NotFound(what=RESULT, key=result_id)
    return row


async def result(session: AsyncSession, result_id: UUID) -> tables.Assessment:
    """One result, locked until the transaction ends."""
    statement = select(A).where(A.id == result_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=RESULT, key=result_id)
    return row


async def scheme_of(session: AsyncSession, result_id: UUID) -> UUID:
    """The scheme of a result."""
    found: UUID | None = await session.scalar(select(A.scheme_id).where(A.id == result_id))
    if found is None:
        raise NotFound(what=RESULT, key=result_id)
    return found


async def results_of(session: AsyncSession, scheme_id: UUID) -> Sequence[tables.Assessment]:
    """All results of a scheme, locked until the transaction ends."""
    statement = select(A).where(A.scheme_id == scheme_id).order_by(A.id).with_for_update()
    options = {"populate_existing": True}
    return (await session.scalars(statement, execution_options=options)).all()


async def page(
    session: AsyncSession,
    scheme_id: UUID | None,
    subject_id: UUID | None,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Assessment]:
    """A page of results, oldest first; one row more than `limit` tells of a next page."""
    statement = select(A)
    if scheme_id is not None:
        statement = statement.where(A.scheme_id == scheme_id)
    if subject_id is not None:
        statement = statement.where(A.subject_id == subject_id)
    if after is not None:
        statement = statement.where(A.id > after)
    return (await session.scalars(statement.order_by(A.id).limit(limit + 1))).all()


async def close(session: AsyncSession, today: date, now: datetime, *, limit: int) -> list[UUID]:
    """Results whose publicity is over and of which no appeal waits become final; which ones."""
    due = (
        select(A.id)
        .where(
            A.final_at.is_(None),
            A.publicity_to_on < today,
            or_(A.appealed_at.is_(None), A.appeal_decided_at.is_not(None)),
        )
        .order_by(A.publicity_to_on, A.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    values = {"final_at": now, "updated_at": now, "version": A.version + 1}
    done = update(A).where(A.id.in_(due.scalar_subquery())).values(values).returning(A.id)
    options = {"synchronize_session": False}
    return list(await session.scalars(done, execution_options=options))


async def loads(
    session: AsyncSession, kind: AssessmentKind, subjects: Sequence[UUID], year: int
) -> Sequence[tables.AssessmentLoad]:
    """How often bodies are assessed in a year; their rows are made and locked, in one order."""
    ordered = sorted(subjects)
    rows = [{"subject_id": each, "kind": kind, "year": year, "taken": 0} for each in ordered]
    await session.execute(insert(L).on_conflict_do_nothing(), rows)
    statement = (
        select(L)
        .where(L.subject_id.in_(ordered), L.kind == kind, L.year == year)
        .order_by(L.subject_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def filed_beside(
    session: AsyncSession, scheme: tables.AssessmentScheme
) -> Sequence[tables.AssessmentScheme]:
    """Other schemes of a kind and year on the same subjects that stand, oldest first; locked."""
    statement = (
        select(S)
        .where(
            S.id != scheme.id,
            S.kind == scheme.kind,
            S.subject_ids.overlap(scheme.subject_ids),
            extract("year", S.period_from_on) == scheme.period_from_on.year,
            S.withdrawn_at.is_(None),
        )
        .order_by(S.id)
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def visits(
    session: AsyncSession, subjects: Sequence[UUID], year: int, department_id: UUID
) -> Mapping[UUID, UUID]:
    """The visits of a year in which a department takes part, by subject; none is cancelled now."""
    statement = (
        select(V.subject_id, V.id)
        .where(
            V.subject_id.in_(subjects),
            V.year == year,
            V.department_ids.contains([department_id]),
            V.cancelled_at.is_(None),
        )
        .order_by(V.id)
        .with_for_update(read=True)
    )
    return {row.subject_id: row.id for row in await session.execute(statement)}


async def known(
    session: AsyncSession, subject: AssessmentSubject, subject_id: UUID
) -> Mapping[str, Any] | None:
    """A subject as its own service tells it."""
    return await mirrors.one(session, _MIRROR[subject], subject_id)


def area_of(state: Mapping[str, Any]) -> str | None:
    """Where a subject is, as its own service tells it."""
    one = state.get("area_code")
    return shared_area([one] if one else state.get("area_codes") or [])


async def place_of(session: AsyncSession, subject: AssessmentSubject, subject_id: UUID) -> str:
    """Where a subject is that must be known."""
    area = area_of(await known(session, subject, subject_id) or {})
    if area is None:
        raise NotFound(what=SUBJECT, key=subject_id)
    return area


async def judged(
    session: AsyncSession, row: tables.AssessmentScheme
) -> Mapping[UUID, released.Judged]:
    """The subjects of a scheme, as releases tell of them."""
    return await released.judged(session, AssessmentSubject(row.subject), row.subject_ids)


async def told_of(
    session: AsyncSession, row: tables.AssessmentScheme, one: released.Judged
) -> Sequence[tables.Figure]:
    """What the releases of the period of a scheme have told of a subject."""
    return await released.told_of(session, one, row.period_from_on, row.period_to_on)


async def loops(session: AsyncSession, row: tables.AssessmentScheme, one: released.Judged) -> Loops:
    """What had become of a subject's bad ratings when a release told how many there are."""
    period = row.period_from_on, row.period_to_on
    which = released.is_among_the_bad(one, *period)
    return await bad_ratings.loops_of(session, which, *period, now=None)


async def cases(
    session: AsyncSession, row: tables.AssessmentScheme, subject_id: UUID
) -> Mapping[Measure, Levels]:
    """How cases of a subject were answered and solved, as the releases of the period hold it."""
    period = row.period_from_on, row.period_to_on
    found = await case_rates.told_of(session, row.subject, subject_id, *period)
    return {
        Measure.CASE_RESPONSE: shares(found.in_time, found.cases),
        Measure.CASE_RESOLUTION: shares(found.solved, found.cases),
    }


def shares(part: int, whole: int) -> Levels:
    """A share as levels: the best for what was done, the worst for what was not."""
    return Levels.of({5: part, 1: whole - part})


async def shown(
    session: AsyncSession, rows: Sequence[tables.Assessment], *, by: Actor
) -> list[contracts.AssessmentCase]:
    """Results as they are answered; what an appeal says is for the body and those who decide."""
    found = []
    for row, scheme in await _with_schemes(session, rows):
        told = may_read_appeal(by, row)
        words_of_appeal = row.appeal_words if told else None
        found.append(
            contracts.AssessmentCase(
                **_state(row, scheme).model_dump(),
                evidence_ids=row.evidence_ids,
                appeal_words=words_of_appeal,
                is_appeal_upheld=row.is_appeal_upheld,
                decision_reason=row.decision_reason,
                is_publicity_provisional=row.is_publicity_provisional,
                version=row.version,
            )
        )
    return found


def may_read_appeal(by: Actor, row: tables.Assessment) -> bool:
    """Whether the words of an appeal are the caller's business."""
    return by.acts_for(row.body_id) or (is_staff(by) and by.covers(row.area_code))


async def _with_schemes(
    session: AsyncSession, rows: Sequence[tables.Assessment]
) -> list[tuple[tables.Assessment, tables.AssessmentScheme]]:
    ids = {row.scheme_id for row in rows}
    schemes = {each.id: each for each in await session.scalars(select(S).where(S.id.in_(ids)))}
    return [(row, schemes[row.scheme_id]) for row in rows]


def _state(row: tables.Assessment, scheme: tables.AssessmentScheme) -> words.Assessment:
    return words.Assessment(
        **{name: getattr(row, name) for name in _GIVEN},
        scheme_title=scheme.title,
        subject=AssessmentSubject(scheme.subject),
        period_from_on=scheme.period_from_on,
        period_to_on=scheme.period_to_on,
        satisfaction_weight=scheme.satisfaction_percent / 100,
        indicators=[
            words.IndicatorScore(
                code=each["code"],
                name=each["name"],
                weight=each["weight"] / 100,
                is_satisfaction=each["measure"] == Measure.SATISFACTION,
                score=row.scores.get(each["code"]),
            )
            for each in scheme.indicators
        ],
    )


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, words.Assessment]:
    """The feed's states."""
    rows = (await session.scalars(select(A).where(A.id.in_(ids)))).all()
    return {row.id: _state(row, scheme) for row, scheme in await _with_schemes(session, rows)}
