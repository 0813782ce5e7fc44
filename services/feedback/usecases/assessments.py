"""Assessments: filed under the yearly cap, computed, published, appealed, made final."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_assessments as contracts
from common.contracts.feedback import AssessmentSubject
from common.contracts.feedback_assessments import SchemeIn
from common.contracts.feedback_proposals import WithdrawalIn
from common.edge import must_match
from common.errors import FieldError, Text
from common.ids import uuid7
from common.records import made, name_of, touch
from common.rules import short_jurisdiction
from feedback import tables
from feedback.domain import assessments as rules
from feedback.queries import assessments as queries
from feedback.queries import evidence as evidence_queries
from feedback.queries import releases
from feedback.queries.ground import ground
from feedback.usecases import assessment_loads
from feedback.usecases.assessment_figures import computed

KIND: Final = "assessment"


async def file(
    session: AsyncSession, wish: SchemeIn, *, by: Actor, now: datetime
) -> tables.AssessmentScheme:
    """File an assessment beforehand; each of its subjects is counted for the year."""
    by.must_cover(wish.area_code)
    in_force = (await ground(session)).at(wish.area_code, now)
    rules.check_scheme(wish, in_force.rule("rating.release").number)
    rule = rules.check_weight(wish, in_force)
    days = wish.period_from_on, wish.period_to_on
    rules.check_beforehand(
        *days,
        city_day(now),
        in_force.setting("annual_plan", "assessment"),
        is_public=await releases.is_told(session, *days, now),
    )
    await _must_be_known(session, wish)
    counted = await assessment_loads.count(session, wish, in_force)
    row = tables.AssessmentScheme(
        **wish.model_dump(exclude={"indicators"}),
        indicators=[each.model_dump(mode="json") for each in wish.indicators],
        satisfaction_percent=rules.satisfaction_percent(wish.indicators),
        weight_rule=rule.code,
        counted=counted,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    after = {"kind": row.kind, "subjects": len(row.subject_ids), "rule": rule.code}
    _note(session, by, "file", "assessment_scheme", row, after)
    return row


async def carry_out(
    session: AsyncSession, scheme_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.AssessmentScheme:
    """Compute every result from what is kept, and publish them for some working days."""
    row = await queries.scheme(session, scheme_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    _must_be_open(row)
    stands = await ground(session)
    in_force = stands.at(row.area_code, now)
    last = rules.open_until(row.period_to_on, in_force)
    if city_day(now) <= last:
        raise rules.AssessmentTooEarly(day=last)
    if await releases.is_unreleased(session, row.period_from_on, row.period_to_on):
        raise rules.FiguresNotReleased(day=row.period_to_on)
    days = in_force.rule("assessment.publicity").number
    until = stands.calendar.add_working_days(city_day(now), days)
    year = row.period_from_on.year
    visits = await queries.visits(session, row.subject_ids, year, row.lead_id)
    subject = AssessmentSubject(row.subject)
    for subject_id, values in (await computed(session, row, in_force)).items():
        state = await queries.known(session, subject, subject_id) or {}
        result = tables.Assessment(
            id=uuid7(),
            scheme_id=row.id,
            subject_id=subject_id,
            body_id=_body(subject, subject_id, state),
            area_code=queries.area_of(state) or row.area_code,
            visit_id=visits.get(subject_id),
            publicity_from_on=city_day(now),
            publicity_to_on=until.on,
            is_publicity_provisional=until.provisional,
            **values,
            **made(by, now),
        )
        session.add(result)
        feed.mark(session, KIND, result.id)
    row.assessed_at = now
    touch(row, by, now)
    await session.flush()
    _note(session, by, "carry_out", "assessment_scheme", row, {"public_until": str(until.on)})
    return row


async def withdraw(
    session: AsyncSession,
    scheme_id: UUID,
    said: WithdrawalIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.AssessmentScheme:
    """Take a scheme back before its results, with a public reason; the year gets its load back."""
    filed = await queries.scheme(session, scheme_id)
    by.must_cover(filed.area_code)
    loads = await assessment_loads.held(session, filed)
    row = await queries.scheme(session, scheme_id, lock=True)
    must_match(row.version, version)
    _must_be_open(row)
    await assessment_loads.give_back(session, row, loads)
    row.withdrawn_at, row.withdrawal_reason = now, said.reason
    touch(row, by, now)
    _note(session, by, "withdraw", "assessment_scheme", row, {}, reason=said.reason)
    return row


async def appeal(
    session: AsyncSession,
    result_id: UUID,
    wish: contracts.AssessmentAppealIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Assessment:
    """The body that was judged, or its house, says why the result is wrong."""
    row = await queries.result(session, result_id)
    by.must_reach(row.area_code, row.body_id)
    must_match(row.version, version)
    rules.check_appeal(
        city_day(now),
        row.publicity_from_on,
        row.publicity_to_on,
        is_appealed=row.appealed_at is not None,
        is_final=row.final_at is not None,
    )
    row.appealed_at, row.appealed_by, row.appeal_words = now, name_of(by), wish.words
    _changed(session, row, by, now)
    _note(session, by, "appeal", KIND, row, {})
    return row


async def decide(
    session: AsyncSession,
    result_id: UUID,
    wish: contracts.AssessmentDecisionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Assessment:
    """Decide an appeal; upheld, all results that are not final are computed again."""
    await queries.scheme(session, await queries.scheme_of(session, result_id), lock=True)
    seen = await queries.result(session, result_id)
    by.must_cover(seen.area_code)
    must_match(seen.version, version)
    if seen.appealed_at is None or seen.appeal_decided_at is not None:
        raise rules.NoOpenAppeal
    if name_of(by) == seen.appealed_by:
        raise rules.OwnAssessmentAppeal
    seen.appeal_decided_at, seen.appeal_decided_by = now, name_of(by)
    seen.is_appeal_upheld, seen.decision_reason = wish.is_upheld, wish.reason
    _changed(session, seen, by, now)
    if wish.is_upheld:
        await _again(session, seen.scheme_id, by=by, now=now)
    after = {"is_upheld": wish.is_upheld}
    _note(session, by, "decide", KIND, seen, after, reason=wish.reason)
    return seen


async def close(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Make final what was public long enough and waits for no decision; how many."""
    done = await queries.close(session, city_day(now), now, limit=limit)
    for each in done:
        feed.mark(session, KIND, each)
    return len(done)


async def missing(session: AsyncSession, scheme_id: UUID) -> list[contracts.MissingEvidence]:
    """The evidence that a scheme needs and nobody has registered."""
    row = await queries.scheme(session, scheme_id)
    held = await evidence_queries.holding(session, row)
    kinds = [each["evidence_kind"] for each in row.indicators if each["evidence_kind"]]
    return [
        contracts.MissingEvidence(subject_id=subject_id, kind=kind)
        for subject_id in row.subject_ids
        for kind in dict.fromkeys(kinds)
        if (subject_id, kind) not in held
    ]


def shown_scheme(row: tables.AssessmentScheme) -> contracts.Scheme:
    """A scheme as it is answered."""
    names = set(contracts.Scheme.model_fields) - {"satisfaction_weight"}
    return contracts.Scheme(
        **{name: getattr(row, name) for name in names},
        satisfaction_weight=row.satisfaction_percent / rules.WHOLE,
    )


async def _must_be_known(session: AsyncSession, wish: SchemeIn) -> None:
    """Every subject exists and lies in the area of the scheme."""
    wrong: list[FieldError] = []
    within = short_jurisdiction(wish.area_code)
    for at, each in enumerate(wish.subject_ids):
        area = queries.area_of(await queries.known(session, wish.subject, each) or {})
        if area is None or not area.startswith(within):
            told = Text("没有该对象，或不在区划内", "no such subject, or outside the area")
            wrong.append(FieldError(f"/subject_ids/{at}", str(each), told))
    if wrong:
        raise rules.WrongScheme(errors=wrong)


async def _again(session: AsyncSession, scheme_id: UUID, *, by: Actor, now: datetime) -> None:
    """Compute a scheme anew from present data; what is final stays."""
    await session.flush()
    row = await queries.scheme(session, scheme_id)
    in_force = (await ground(session)).at(row.area_code, now)
    values = await computed(session, row, in_force)
    for result in await queries.results_of(session, scheme_id):
        anew = values[result.subject_id]
        if result.final_at is None and _differs(result, anew):
            for name, value in anew.items():
                setattr(result, name, value)
            _changed(session, result, by, now)
    await session.flush()


def _must_be_open(row: tables.AssessmentScheme) -> None:
    ends = (row.assessed_at, row.withdrawn_at)
    rules.check_open(*(None if at is None else city_day(at) for at in ends))


def _differs(row: tables.Assessment, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _body(subject: AssessmentSubject, subject_id: UUID, state: Mapping[str, Any]) -> UUID | None:
    """The organisation that may appeal: the subject itself, or who delivers the contract."""
    if subject is AssessmentSubject.ORGANISATION:
        return subject_id
    provider = state.get("provider_id")
    return UUID(provider) if provider else None


def _changed(session: AsyncSession, row: tables.Assessment, by: Actor, now: datetime) -> None:
    touch(row, by, now)
    feed.mark(session, KIND, row.id)


def _note(
    session: AsyncSession,
    by: Actor,
    what: str,
    target: str,
    row: tables.AssessmentScheme | tables.Assessment,
    after: Mapping[str, object],
    *,
    reason: str | None = None,
) -> None:
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(target, row.id),
        area=row.area_code,
        after=after,
        reason=reason,
    )
