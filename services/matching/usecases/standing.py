"""Standing: claimed by the person, verified by staff with source, day and end.

Each change judges the need anew: its tier, and whether a department owes it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.matching_needs import (
    ClaimPut,
    StandingClaim,
    StandingKind,
    VerificationIn,
)
from common.edge import must_match
from common.records import name_of
from matching import tables
from matching.domain import needs as need_rules
from matching.domain import standing as rules
from matching.queries import needs as queries
from matching.usecases import profiles
from matching.usecases.judging import judge_anew
from matching.usecases.places import CLOCKWORK


async def claim(
    session: AsyncSession,
    need_id: UUID,
    kind: StandingKind,
    said: ClaimPut,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Need:
    """Declare a standing. What somebody found who looked stays in force until staff look again."""
    need_rules.check_standing([StandingClaim(kind=kind, grade=said.grade)])
    need = await _opened(session, need_id, version, by)
    row = await queries.standing_of(session, need_id, kind)
    if row is None:
        session.add(profiles.claimed(need_id, StandingClaim(kind=kind, grade=said.grade), now))
    else:
        _say(row, said.grade, now)
    await judge_anew(session, need, by=by, now=now)
    audit.note(
        session,
        by,
        action="standing.claim",
        target=("need", need_id),
        area=need.area_code,
        after={"kind": kind, "grade": said.grade, "urgency": need.urgency},
    )
    return need


def _say(row: tables.Standing, grade: int | None, now: datetime) -> None:
    """Keep what the person says: as the claim until somebody looked, and beside it since."""
    if row.verified_at is None:
        if grade not in {None, row.grade}:
            row.grade, row.declared_at = grade, now
    elif rules.must_wait(queries.held(row), grade):
        row.waiting_grade = row.waiting_grade if grade is None else grade
        row.waiting_since = row.waiting_since or now
    elif grade is not None:  # what was found is said again
        row.waiting_grade = row.waiting_since = None


async def verify(
    session: AsyncSession,
    need_id: UUID,
    kind: StandingKind,
    found: VerificationIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Need:
    """Write down what somebody found who looked: it is so until a day, or it is not."""
    need_rules.check_standing([StandingClaim(kind=kind, grade=found.grade)])
    rules.check_verification(found.determined_on, found.expires_on, city_day(now))
    need = await _opened(session, need_id, version, by)
    row = await queries.standing_of(session, need_id, kind)
    if row is None:
        row = profiles.claimed(need_id, StandingClaim(kind=kind, grade=found.grade), now)
        session.add(row)
    rules.check_grade(
        queries.held(row),
        row.waiting_grade,
        confirmed=found.confirmed,
        grade=found.grade,
        today=city_day(now),
    )
    row.grade = found.grade if found.grade is not None else row.grade
    row.waiting_grade = row.waiting_since = None
    row.is_refused = not found.confirmed
    row.source, row.determined_on, row.expires_on = (
        found.source,
        found.determined_on,
        found.expires_on,
    )
    row.verified_by, row.verified_at = name_of(by), now
    await judge_anew(session, need, by=by, now=now)
    audit.note(
        session,
        by,
        action="standing.verify",
        target=("need", need_id),
        area=need.area_code,
        after={"kind": kind, "confirmed": found.confirmed, "expires_on": str(found.expires_on)},
    )
    return need


async def look_again(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Judge needs anew whose standing has ended since they were judged; how many those were."""
    found = await queries.outlived(session, city_day(now), limit=limit)
    for need in found:
        await judge_anew(session, need, by=CLOCKWORK, now=now)
        audit.note(
            session,
            CLOCKWORK,
            action="standing.expire",
            target=("need", need.id),
            area=need.area_code,
            after={"urgency": need.urgency, "is_statutory": need.is_statutory},
        )
    return len(found)


async def _opened(session: AsyncSession, need_id: UUID, version: int, by: Actor) -> tables.Need:
    """The need, locked, while its person is known."""
    need = await queries.kept(session, by, need_id, lock=True)
    must_match(need.version, version)
    await profiles.kept(session, need_id)
    return need
