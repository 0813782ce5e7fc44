"""Accepted referrals of which nobody tells what came: the provider is asked, then they end.

Whether anything was served is then not known, and nothing is made up: the place stays taken (its
day is past), the need is open again, nobody is invited to rate. The provider may tell late, and the
resident may say whether it was served; of the two the resident's word stands. A service that was
given though its hold ran out is told as served within days. What was told by mistake, `served` or
`no_show`, its provider corrects within days, and once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import DESKS
from common.clock import city_day
from common.contracts.matching import ReferralStatus
from common.edge import must_match
from common.records import name_of, touch
from common.scope import is_own
from matching import tables
from matching.domain import referrals as rules
from matching.queries import referrals as referral_queries
from matching.queries import untold as queries
from matching.usecases import referral_steps
from matching.usecases.places import CLOCKWORK
from matching.usecases.referral_steps import Step
from matching.usecases.tiers import CITY, in_force


async def remind(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Ask providers, once each, what came of referrals long past; how many were asked about."""
    days = (await in_force(session, CITY, now)).rule("referral.reminder").number
    before = city_day(now) - timedelta(days=days)
    rows = await queries.remind(
        session, ended_before=before, by=name_of(CLOCKWORK), now=now, limit=limit
    )
    feed.mark_many(session, "referral", [row.id for row in rows])
    told = {"reminded_at": now.isoformat()}
    changes = [audit.Change(row.id, row.area_code, None, told, None) for row in rows]
    audit.note_many(session, CLOCKWORK, action="referral.remind", kind="referral", changes=changes)
    return len(rows)


async def to_end(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Referrals of which nobody has told long after the reminder."""
    days = (await in_force(session, CITY, now)).rule("referral.untold").number
    return await queries.to_end(session, reminded_before=now - timedelta(days=days), limit=limit)


async def end(session: AsyncSession, referral_id: UUID, *, now: datetime) -> None:
    """End one as untold, unless somebody has told meanwhile."""
    try:
        await referral_steps.take(session, referral_id, Step(ReferralStatus.UNTOLD, CLOCKWORK, now))
    except rules.ReferralCannotMove:
        return


async def may_be_told_otherwise(
    session: AsyncSession, row: tables.Referral, *, now: datetime
) -> None:
    """Raises unless a hold that ran out may still be told as served, or a mistake corrected.

    What nobody had accepted may be told as long as what was accepted would be waited for; a word
    that was wrong is corrected within a few days.
    """
    status, today = ReferralStatus(row.status), city_day(now)
    numbers = await in_force(session, CITY, now)
    if status is ReferralStatus.EXPIRED:
        days = sum(numbers.rule(f"referral.{each}").number for each in ("reminder", "untold"))
        had_place = row.waitlisted_at is None or row.held_at is not None
        until = row.session_on + timedelta(days=days)
        rules.check_served_after_all(status, had_place=had_place, until=until, today=today)
        return
    told_at = getattr(row, rules.STAMPS[status])
    until = city_day(told_at) + timedelta(days=numbers.rule("referral.correction").number)
    rules.check_told_by_mistake(status, is_corrected=_is_corrected(row), until=until, today=today)


def _is_corrected(row: tables.Referral) -> bool:
    """Whether it was told as served, and as no-show."""
    return row.served_at is not None and row.no_show_at is not None


def _must_write_down(by: Actor, row: tables.Referral) -> None:
    """Raises unless a desk writes down what somebody without an account has said."""
    by.must_cover(row.area_code)
    is_desk = not by.roles.isdisjoint(DESKS) and not by.acts_for(row.provider_id)
    if row.resident is not None or not is_desk:
        raise rules.NotYourWord


async def say(
    session: AsyncSession,
    referral_id: UUID,
    *,
    is_served: bool,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Referral:
    """The resident says that it was served, and may rate it; or not, and that stands.

    Also where its provider told served and took it back: of two words the resident's stands.
    """
    row = await referral_queries.found(session, by, referral_id)
    if not is_own(by, row.resident):
        _must_write_down(by, row)
    status = ReferralStatus(row.status)
    said = row.is_served_says_resident
    rules.check_word(status, said, is_served=is_served, is_corrected=_is_corrected(row))
    if is_served:
        values = {"is_served_says_resident": True}
        step = Step(ReferralStatus.SERVED, by, now, version, values)
        return await referral_steps.take(session, row.id, step)
    row = await referral_queries.locked(session, referral_id)
    must_match(row.version, version)
    row.is_served_says_resident = False
    touch(row, by, now)
    feed.mark(session, "referral", row.id)
    audit.note(
        session,
        by,
        action="referral.word",
        target=("referral", row.id),
        area=row.area_code,
        after={"is_served": False},
    )
    return row
