"""What an area contains other than by code: 小区 in 居村, 居村 in catchments. Never in a circle."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.areas import AreaMemberEnd, AreaMemberIn
from common.edge import must_match
from registry import tables
from registry.domain.areas import AreaCycle, MemberOutside, check_period, may_hold
from registry.queries import area_periods as periods
from registry.queries import areas as queries
from registry.usecases.areas import KIND
from registry.usecases.editing import facts, touch

_FACTS = ("member_id", "valid_from", "valid_to")


async def add_member(
    session: AsyncSession,
    area_id: UUID,
    member: AreaMemberIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.Area:
    """Put an area into another one for a time."""
    await periods.lock_containment(session)
    holder = await queries.area(session, area_id, lock=True)
    by.must_cover(holder.short_code)
    inner = await queries.area(session, member.member_id)
    valid_from = member.valid_from or city_day(now)
    check_period(valid_from, member.valid_to)
    may_hold(holder.kind, inner.kind)
    if not inner.short_code.startswith(holder.short_code):
        raise MemberOutside(member=inner.name, holder=holder.name, prefix=holder.short_code)
    if await periods.is_within(session, holder.id, inner.id):
        raise AreaCycle(member=inner.name, holder=holder.name)

    row = tables.AreaMember(
        area_id=holder.id,
        member_id=inner.id,
        valid_from=valid_from,
        valid_to=member.valid_to,
    )
    session.add(row)
    _tell(session, holder, "area.add_member", None, facts(row, _FACTS), by=by, now=now)
    return holder


async def end_member(
    session: AsyncSession,
    area_id: UUID,
    member_row_id: UUID,
    end: AreaMemberEnd,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Area:
    """End a membership."""
    holder = await queries.area(session, area_id, lock=True)
    by.must_cover(holder.short_code)
    must_match(holder.version, version)
    row = await periods.membership(session, area_id, member_row_id)
    check_period(row.valid_from, end.valid_to)

    before = facts(row, _FACTS)
    row.valid_to = end.valid_to
    _tell(session, holder, "area.end_member", before, facts(row, _FACTS), by=by, now=now)
    return holder


def _tell(
    session: AsyncSession,
    holder: tables.Area,
    action: str,
    before: dict[str, object] | None,
    after: dict[str, object],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """The containing area moves with its members."""
    touch(holder, by, now)
    feed.mark(session, KIND, holder.id)
    audit.note(
        session,
        by,
        action=action,
        target=(KIND, holder.id),
        area=holder.short_code,
        before=before,
        after=after,
    )
