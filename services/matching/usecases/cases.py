"""Case plans: opened for needs of one person, worked on in steps, reviewed, closed with a summary.

What people write is sealed for its own cell, as in needs.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.matching import NeedStatus
from common.contracts.matching_cases import (
    CaseClose,
    CasePlan,
    CasePlanIn,
    CasePlanPatch,
    CaseStatus,
    CaseStepDone,
    CaseStepIn,
)
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import NotFound
from common.ids import uuid7
from common.records import made, name_of, touch
from matching import tables
from matching.domain import cases as rules
from matching.domain.numbers import Numbered, number
from matching.queries import cases as queries
from matching.queries import referrals as referral_queries
from matching.usecases.tiers import CITY, in_force

KIND: Final = "case_plan"
_LISTED: Final = (
    *("id", "number", "area_code", "line", "lead", "status", "review_on", "opened_at"),
    *("closed_at", "outcome", "version"),
)


async def open_plan(
    session: AsyncSession, wish: CasePlanIn, *, keys: Keys, by: Actor, now: datetime
) -> tables.CasePlan:
    """A new plan; area and line are those of the first need."""
    needs = await queries.needs_to_join(session, by, wish.need_ids)
    first = needs[0]
    await _check_review(session, first.area_code, wish.review_on, now)
    plan_id = uuid7()
    row = tables.CasePlan(
        id=plan_id,
        number=number(Numbered.CASE_PLAN, city_day(now), plan_id),
        resident=rules.person(need.resident for need in needs),
        area_code=first.area_code,
        line=first.line,
        lead=wish.lead or by.subject,
        status=CaseStatus.OPEN,
        goals=_sealed(keys, "goals", plan_id, wish.goals),
        review_on=wish.review_on,
        opened_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    await _join(session, row, wish.need_ids)
    _note(session, by, row, "open", {"lead": row.lead, "needs": len(needs)})
    return row


async def review(
    session: AsyncSession,
    plan_id: UUID,
    patch: CasePlanPatch,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.CasePlan:
    """Change lead, goals, the next review; let more needs of the person join."""
    row = await _opened(session, plan_id, version, by)
    if patch.review_on is not None:
        await _check_review(session, row.area_code, patch.review_on, now)
        row.review_on = patch.review_on
    if patch.lead is not None:
        row.lead = patch.lead
    if patch.goals is not None:
        row.goals = _sealed(keys, "goals", row.id, patch.goals)
    if patch.need_ids is not None:
        needs = await queries.needs_to_join(session, by, patch.need_ids)
        present = await queries.needs_of(session, row.id)
        row.resident = rules.person([row.resident, *(n.resident for n in [*present, *needs])])
        await _join(session, row, patch.need_ids)
    touch(row, by, now)
    _note(session, by, row, "review", {"fields": sorted(patch.model_fields_set)})
    return row


async def add_step(
    session: AsyncSession,
    plan_id: UUID,
    wish: CaseStepIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.CasePlan:
    """Plan or write down a step; a referral must be one of the plan's needs."""
    row = await _opened(session, plan_id, version, by)
    rules.check_step(wish, city_day(now))
    if wish.referral_id is not None:
        referral = await referral_queries.found(session, by, wish.referral_id)
        needs = await queries.needs_of(session, row.id)
        if referral.need_id not in {need.id for need in needs}:
            raise NotFound(what=referral_queries.WHAT, key=wish.referral_id)
    step_id = uuid7()
    note = None if wish.note is None else _sealed(keys, "note", step_id, wish.note)
    session.add(
        tables.CaseStep(
            plan_id=row.id,
            id=step_id,
            **wish.model_dump(exclude={"note"}),
            note=note,
            added_by=name_of(by),
            added_at=now,
        )
    )
    touch(row, by, now)
    _note(session, by, row, "step", {"kind": wish.kind})
    return row


async def finish_step(
    session: AsyncSession,
    plan_id: UUID,
    step_id: UUID,
    said: CaseStepDone,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.CasePlan:
    """A step was done."""
    row = await _opened(session, plan_id, version, by)
    rules.check_done(said.done_on, city_day(now))
    (await queries.step(session, row.id, step_id)).done_on = said.done_on
    touch(row, by, now)
    _note(session, by, row, "step_done", {"step": str(step_id), "on": str(said.done_on)})
    return row


async def close(
    session: AsyncSession,
    plan_id: UUID,
    said: CaseClose,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.CasePlan:
    """End a case with its summary."""
    row = await _opened(session, plan_id, version, by)
    needs = await queries.needs_of(session, row.id)
    rules.check_end(said.outcome, ((need.number, NeedStatus(need.status)) for need in needs))
    row.status, row.outcome, row.closed_at = CaseStatus.CLOSED, said.outcome, now
    row.summary = _sealed(keys, "summary", row.id, said.summary)
    touch(row, by, now)
    _note(session, by, row, "close", {"outcome": said.outcome})
    return row


async def forget(session: AsyncSession, *, by: Actor, now: datetime, limit: int) -> int:
    """Erase what was written in cases that ended long enough ago; how many they were."""
    kept = (await in_force(session, CITY, now)).rule("case.keep").number
    before = now - timedelta(days=kept)
    rows = await queries.to_forget(session, closed_before=before, limit=limit)
    for row in rows:
        row.goals = row.summary = None
        _note(session, by, row, "forget", {})
    await queries.forget_notes(session, [row.id for row in rows])
    return len(rows)


async def shown(
    session: AsyncSession, row: tables.CasePlan, *, keys: Keys, now: datetime
) -> CasePlan:
    """A plan as those see it who work on it."""
    await session.flush()
    steps = [
        {name: getattr(step, name) for name in tables.CaseStep.__table__.columns.keys()}  # noqa: SIM118 - columns, no dict
        | {"note": step.note and _opened_text(keys, "note", step.id, step.note)}
        for step in await queries.steps_of(session, row.id)
    ]
    return CasePlan.model_validate(
        {
            **{name: getattr(row, name) for name in _LISTED},
            "goals": row.goals and _opened_text(keys, "goals", row.id, row.goals),
            "summary": row.summary and _opened_text(keys, "summary", row.id, row.summary),
            "is_review_due": row.status == CaseStatus.OPEN and row.review_on <= city_day(now),
            "needs": await queries.needs_of(session, row.id),
            "steps": steps,
        }
    )


async def _opened(session: AsyncSession, plan_id: UUID, version: int, by: Actor) -> tables.CasePlan:
    row = await queries.found(session, by, plan_id, lock=True)
    must_match(row.version, version)
    if row.status == CaseStatus.CLOSED:
        raise rules.CaseClosed
    return row


async def _join(session: AsyncSession, row: tables.CasePlan, ids: Sequence[UUID]) -> None:
    """Needs join a plan that is locked or new; the database has the last word on who holds them."""
    rules.check_free(ids, await queries.held(session, ids, but=row.id))
    present = {need.id for need in await queries.needs_of(session, row.id)}
    joining = [each for each in dict.fromkeys(ids) if each not in present]
    session.add_all(tables.CaseNeed(plan_id=row.id, need_id=each) for each in joining)
    await session.flush()


async def _check_review(
    session: AsyncSession, area_code: str, review_on: date, now: datetime
) -> None:
    days = (await in_force(session, area_code, now)).rule("case.review").number
    rules.check_review(review_on, city_day(now), days)


def _note(
    session: AsyncSession, by: Actor, row: tables.CasePlan, what: str, after: dict[str, Any]
) -> None:
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )


def _sealed(keys: Keys, cell: str, row_id: UUID, words: str) -> str:
    return keys.fields.seal(words, context=place(KIND, cell, row_id))


def _opened_text(keys: Keys, cell: str, row_id: UUID, sealed: str) -> str:
    return keys.fields.open(sealed, context=place(KIND, cell, row_id))
