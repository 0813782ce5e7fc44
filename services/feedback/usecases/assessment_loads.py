"""The yearly cap of assessments: counted when a scheme is filed, given back when it is withdrawn.

A scheme of a department that shares a counted visit costs nothing. Should the scheme that has paid
for the visit be withdrawn, one that shared it pays instead.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_assessments import AssessmentKind, SchemeIn
from common.rules import RulesInForce
from feedback import tables
from feedback.domain import assessments as rules
from feedback.queries import assessments as queries


async def count(
    session: AsyncSession, wish: SchemeIn, in_force: RulesInForce
) -> dict[str, str | None]:
    """Count an assessment of each subject; those that were counted, each with its shared visit."""
    rule, year = in_force.rule("assessment.cap"), wish.period_from_on.year
    loads = await queries.loads(session, AssessmentKind(wish.kind), wish.subject_ids, year)
    visits = await queries.visits(session, wish.subject_ids, year, wish.lead_id)
    counted: dict[str, str | None] = {}
    for load in loads:
        visit = visits.get(load.subject_id)
        if visit is not None and load.visit_id == visit:
            continue
        if not rule.admits(load.taken + 1):
            raise rules.AssessedOften(
                subject=load.subject_id,
                year=year,
                taken=load.taken,
                rule=rule.code,
                most=rule.number,
            )
        load.taken += 1
        load.visit_id = visit or load.visit_id
        counted[str(load.subject_id)] = str(visit) if visit else None
    return counted


async def held(
    session: AsyncSession, row: tables.AssessmentScheme
) -> Sequence[tables.AssessmentLoad]:
    """The loads that a scheme may have counted, locked; before the scheme, as in filing."""
    kind, year = AssessmentKind(row.kind), row.period_from_on.year
    return await queries.loads(session, kind, row.subject_ids, year)


async def give_back(
    session: AsyncSession, row: tables.AssessmentScheme, loads: Sequence[tables.AssessmentLoad]
) -> None:
    """Take off what a scheme has counted, unless another one goes on that shared its visit."""
    sharing = await queries.filed_beside(session, row)
    for load in loads:
        key = str(load.subject_id)
        if key not in row.counted:
            continue
        visit = row.counted[key]
        heir = _heir(sharing, load.subject_id) if visit else None
        if heir is not None:
            heir.counted = {**heir.counted, key: visit}
            continue
        load.taken -= 1
        load.visit_id = None if visit else load.visit_id


def _heir(
    schemes: Sequence[tables.AssessmentScheme], subject_id: UUID
) -> tables.AssessmentScheme | None:
    """The first scheme on a subject that was not counted: it shares the visit."""
    for each in schemes:
        if subject_id in each.subject_ids and str(subject_id) not in each.counted:
            return each
    return None
