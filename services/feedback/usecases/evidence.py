"""Evidence registered once, visits shared by departments, survey contacts within the yearly cap."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_assessments as contracts
from common.edge import must_match
from common.errors import NotFound
from common.ids import uuid7
from common.records import made, touch
from common.turns import take_turn
from feedback import tables
from feedback.domain import evidence as rules
from feedback.domain import ratings as rating_rules
from feedback.queries import deliveries
from feedback.queries import evidence as queries
from feedback.queries.assessments import place_of
from feedback.queries.ground import ground

CITY: Final = "310000000000"


async def register(
    session: AsyncSession, wish: contracts.EvidenceIn, *, by: Actor, now: datetime
) -> tables.AssessmentEvidence:
    """Register evidence; the second record of the same thing is refused by the database."""
    area = await place_of(session, wish.subject, wish.subject_id)
    by.must_cover(area)
    rules.check_evidence(wish, city_day(now))
    values = wish.model_dump(exclude={"subject"})
    row = tables.AssessmentEvidence(**values, area_code=area, **made(by, now))
    session.add(row)
    await session.flush()
    _note(session, by, "register", "assessment_evidence", row, {"kind": row.kind})
    return row


async def withdraw(
    session: AsyncSession,
    evidence_id: UUID,
    said: contracts.EvidenceWithdrawal,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.AssessmentEvidence:
    """Take back what is wrong, for a public reason: its days are free for what is right.

    Results that cite it stay as they are; an appeal that is upheld computes them anew.
    """
    row = await queries.one(session, evidence_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if row.withdrawn_at is not None:
        raise rules.EvidenceWithdrawn(at=row.withdrawn_at)
    row.withdrawn_at, row.withdrawal_reason = now, said.reason
    touch(row, by, now)
    _note(session, by, "withdraw", "assessment_evidence", row, {"reason": said.reason})
    return row


async def shown(
    session: AsyncSession, rows: Sequence[tables.AssessmentEvidence]
) -> list[contracts.Evidence]:
    """Evidence with how often it is cited."""
    cited = await queries.cited(session, [row.id for row in rows])
    names = set(contracts.Evidence.model_fields) - {"cited"}
    return [
        contracts.Evidence(
            **{name: getattr(row, name) for name in names}, cited=cited.get(row.id, 0)
        )
        for row in rows
    ]


async def plan_visit(
    session: AsyncSession, wish: contracts.VisitIn, *, by: Actor, now: datetime
) -> tables.AssessmentVisit:
    """Plan the visit of the year. Whoever comes second is told which one to join."""
    area = await place_of(session, wish.subject, wish.subject_id)
    by.must_cover(area)
    rules.check_joining(wish.visited_on, city_day(now))
    year = wish.visited_on.year
    await take_turn(session, "assessment_visit", wish.subject_id, year)
    planned = await queries.visit_of(session, wish.subject_id, year)
    if planned is not None:
        raise rules.VisitPlanned(visit=planned.id)
    row = tables.AssessmentVisit(
        subject_id=wish.subject_id,
        year=year,
        area_code=area,
        visited_on=wish.visited_on,
        department_ids=[wish.department_id],
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    _note(session, by, "plan", "assessment_visit", row, {"visited_on": str(row.visited_on)})
    return row


async def visit_of(
    session: AsyncSession, subject_id: UUID, year: int, *, by: Actor
) -> tables.AssessmentVisit:
    """The visit of a year to a body of the caller's area."""
    row = await queries.visit_of(session, subject_id, year)
    if row is None:
        raise NotFound(what=queries.VISIT, key=f"{subject_id} {year}")
    by.must_cover(row.area_code)
    return row


async def join_visit(
    session: AsyncSession,
    visit_id: UUID,
    wish: contracts.VisitJoin,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.AssessmentVisit:
    """Another department takes part in a visit that is planned."""
    row = await queries.visit(session, visit_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    _must_stand(row, now)
    row.department_ids = rules.joined(row.department_ids, wish.department_id)
    touch(row, by, now)
    after = {"department_id": str(wish.department_id)}
    _note(session, by, "join", "assessment_visit", row, after)
    return row


async def cancel_visit(
    session: AsyncSession,
    visit_id: UUID,
    said: contracts.VisitCancelling,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.AssessmentVisit:
    """Call a visit off, on its day at the latest; the body may be visited another time."""
    row = await queries.visit(session, visit_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    _must_stand(row, now)
    if await queries.rests_on(session, row.id):
        raise rules.VisitInUse(visit=row.id)
    row.cancelled_at, row.cancel_reason = now, said.reason
    touch(row, by, now)
    _note(session, by, "cancel", "assessment_visit", row, {"reason": said.reason})
    return row


def _must_stand(row: tables.AssessmentVisit, now: datetime) -> None:
    if row.cancelled_at is not None:
        raise rules.VisitCancelled(at=row.cancelled_at)
    rules.check_joining(row.visited_on, city_day(now))


async def ask(
    session: AsyncSession, wish: contracts.SurveyIn, *, by: Actor, now: datetime
) -> contracts.SurveyContacts:
    """Whom a survey may ask now: one contact a resident, invitations to rate count with it."""
    rule = (await ground(session)).at(CITY, now).rule("survey.contacts")
    most, year = rule.number, city_day(now).year
    of_resident: dict[str, list[UUID]] = defaultdict(list)
    for referral, rater in (await queries.raters(session, by, wish.referral_ids)).items():
        of_resident[rater].append(referral)
    used = await deliveries.contacts(session, list(of_resident), year) if of_resident else {}
    asked = [each for each in of_resident if rating_rules.invited(used[each], most, 1)]
    if asked:
        await deliveries.ask(session, dict.fromkeys(asked, 1), year=year)
    audit.note(
        session,
        by,
        action="survey.ask",
        target=("survey", uuid7()),
        area=by.area,
        after={"title": wish.title, "asked": len(asked)},
    )
    first = sorted(of_resident[each][0] for each in asked)
    return contracts.SurveyContacts(may_be_asked=first, rule=rule.code, most=most)


def _note(
    session: AsyncSession,
    by: Actor,
    what: str,
    target: str,
    row: tables.AssessmentEvidence | tables.AssessmentVisit,
    after: Mapping[str, object],
) -> None:
    audit.note(
        session,
        by,
        action=f"{target}.{what}",
        target=(target, row.id),
        area=row.area_code,
        after=after,
    )
