"""Collective needs: raised with evidence, claimed by a unit, answered, or sent to a purchase."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed, mirrors
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feeds import Kind
from common.contracts.matching import CollectiveNeedStatus as Status
from common.contracts.matching_collective import Claim, CollectiveNeedIn, CollectiveNeedPatch
from common.edge import must_match
from common.ids import uuid7
from common.records import given, made, touch
from matching import tables
from matching.domain import collective_needs as rules
from matching.domain.numbers import Numbered, number
from matching.queries import collective_needs as queries

KIND: Final = "collective_need"
_NEEDED: Final = frozenset({"title", "persons", "evidence"})


async def raise_need(
    session: AsyncSession, wanted: CollectiveNeedIn, *, by: Actor, now: datetime
) -> tables.CollectiveNeed:
    """Staff write down what many of their area need, and what says so."""
    by.must_cover(wanted.area_code)
    rules.check_area(wanted.area_code)
    need_id = uuid7()
    row = tables.CollectiveNeed(
        id=need_id,
        number=number(Numbered.COLLECTIVE_NEED, city_day(now), need_id),
        **wanted.model_dump(mode="python", exclude={"evidence"}),
        evidence=[each.model_dump(mode="json") for each in wanted.evidence],
        is_title_public=True,
        status=Status.OPEN,
        raised_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    _tell(session, row, by, "raise", after=_open_facts(row))
    return row


async def edit_need(
    session: AsyncSession,
    need_id: UUID,
    patch: CollectiveNeedPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.CollectiveNeed:
    """Change what is not settled yet."""
    row = await queries.for_update(session, need_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.must_be_open(row.status)
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    before = _open_facts(row)
    for name, value in asked.items():
        is_evidence = name == "evidence"
        setattr(row, name, [e.model_dump(mode="json") for e in value] if is_evidence else value)
    row.is_title_public |= "title" in asked
    touch(row, by, now)
    fields = {"fields": sorted(asked)}
    _tell(session, row, by, "edit", before=before, after=_open_facts(row) | fields)
    return row


async def claim_need(
    session: AsyncSession,
    need_id: UUID,
    claim: Claim,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.CollectiveNeed:
    """A unit takes it on: by itself, or named by the staff of the area. The first one has it."""
    row = await queries.for_update(session, need_id)
    by.must_reach(row.area_code, claim.organisation_id)
    must_match(row.version, version)
    if claim.pledge_id is not None:
        pledge = await mirrors.held(session, Kind.PLEDGE, claim.pledge_id)
        answers = await queries.answered_by(session, claim.pledge_id)
        rules.check_pledge(claim, row.id, pledge, answers)
    _step(row, Status.CLAIMED, by=by, now=now)
    row.claimed_by_id, row.pledge_id = claim.organisation_id, claim.pledge_id
    row.claim_note = claim.note
    after = {"claimed_by_id": str(claim.organisation_id), "status": row.status}
    _tell(session, row, by, "claim", after=after)
    return row


async def release_need(
    session: AsyncSession,
    need_id: UUID,
    note: str,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.CollectiveNeed:
    """Whoever claimed it gives it back, or the staff of the area do; it waits again."""
    row = await queries.for_update(session, need_id)
    by.must_reach(row.area_code, row.claimed_by_id)
    must_match(row.version, version)
    rules.must_be_claimed(row.status)
    before = {"status": row.status, "claimed_by_id": str(row.claimed_by_id)}
    _reopen(row, note, by=by, now=now)
    _tell(session, row, by, "release", before=before, after={"status": row.status})
    return row


async def move_need(
    session: AsyncSession,
    need_id: UUID,
    target: Status,
    note: str,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.CollectiveNeed:
    """Answered, to a purchase, closed; or open again, when nothing came of a claim."""
    row = await queries.for_update(session, need_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    before = {"status": row.status}
    if target is Status.OPEN:
        _reopen(row, note, by=by, now=now)
    else:
        _step(row, target, by=by, now=now)
        row.outcome_note = note
    _tell(session, row, by, target.value, before=before, after={"status": row.status})
    return row


def _reopen(row: tables.CollectiveNeed, note: str, *, by: Actor, now: datetime) -> None:
    """It waits to be claimed, and of what came before only the reason is kept."""
    _step(row, Status.OPEN, by=by, now=now)
    row.outcome_note = note
    row.claimed_by_id = row.pledge_id = row.claim_note = None
    for name in rules.TIMES.values():
        setattr(row, name, None)


def _step(row: tables.CollectiveNeed, target: Status, *, by: Actor, now: datetime) -> None:
    row.status = rules.move(row.status, target)
    if target in rules.TIMES:
        setattr(row, rules.TIMES[target], now)
    touch(row, by, now)


def _open_facts(row: tables.CollectiveNeed) -> dict[str, Any]:
    names = ("number", "area_code", "category", "target_group", "persons")
    return {name: getattr(row, name) for name in names}


def _tell(
    session: AsyncSession,
    row: tables.CollectiveNeed,
    by: Actor,
    verb: str,
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action=f"collective_need.{verb}",
        target=(KIND, row.id),
        area=row.area_code,
        before=before,
        after=after,
    )
