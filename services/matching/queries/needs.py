"""Needs: one, many, by telephone number, and their state for the feed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Select,
    cast,
    delete,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts import matching as contracts
from common.contracts.matching_needs import NeedCase, ShownWishes, StandingKind
from common.contracts.vocabulary import UrgencyTier
from common.errors import NotFound, Text
from common.scope import by_line, own
from matching import tables
from matching.domain.needs import ENDED
from matching.domain.standing import Claim, Held

N, P, R = tables.Need, tables.Profile, tables.Referral
PLACED: Final = (contracts.ReferralStatus.HELD, contracts.ReferralStatus.ACCEPTED)
CN = tables.CaseNeed
WHAT: Final = Text("需求", "need")
_STATE: Final = (
    *("id", "number", "area_code", "category", "urgency", "is_statutory", "raised_by", "status"),
    *("unmet_reason", "unmet_rule", "opened_at", "referred_at", "served_at", "closed_at"),
    *("withdrawn_at", "unmet_at"),
)
_LISTED: Final = (*_STATE, "line", "urgency_rule", "version", "updated_at")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of needs is asked for."""

    status: contracts.NeedStatus | None = None
    category: str | None = None
    urgency: UrgencyTier | None = None
    number: str | None = None


def kept_by(actor: Actor) -> ColumnElement[bool]:
    """A resident's own; staff's within area and line."""
    return by_line(actor, N.area_code, N.line) | own(actor, N.resident)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Those one keeps, and a provider's while it holds a place there."""
    ways = kept_by(actor)
    if Role.PROVIDER not in actor.roles or actor.org is None:
        return ways
    placed = select(R.need_id).where(R.provider_id == actor.org, R.status.in_(PLACED))
    return ways | N.id.in_(placed)


async def page(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    area: ColumnElement[bool] | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[tables.Need]:
    """A page of needs by area and id; one row more than `limit` tells of a next page."""
    statement = select(N).where(visible(actor))
    for column, value in (
        (N.status, filters.status),
        (N.category, filters.category),
        (N.urgency, filters.urgency),
        (N.number, filters.number),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if area is not None:
        statement = statement.where(area)
    if after is not None:
        statement = statement.where(tuple_(N.area_code, N.id) > tuple_(*map(literal, after)))
    statement = statement.order_by(N.area_code, N.id).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def found(session: AsyncSession, actor: Actor, need_id: UUID) -> tables.Need:
    """One need that the caller may see."""
    return await _one(session, select(N).where(N.id == need_id, visible(actor)), need_id)


async def kept(
    session: AsyncSession, actor: Actor, need_id: UUID, *, lock: bool = False
) -> tables.Need:
    """One need that the caller may change, or whose person they may know; locked for a change.

    Who is also a provider sees more than that, and changes nothing there.
    """
    statement = select(N).where(N.id == need_id, kept_by(actor))
    return await _one(session, statement.with_for_update() if lock else statement, need_id)


async def _one(session: AsyncSession, statement: Select[tables.Need], need_id: UUID) -> tables.Need:
    row = await session.scalar(statement)
    if row is None:
        raise NotFound(what=WHAT, key=need_id)
    return row


async def locked(session: AsyncSession, need_id: UUID) -> tables.Need:
    """A need as it is now, locked until the transaction ends; whoever asks has been let in."""
    statement = select(N).where(N.id == need_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=need_id)
    return row


async def by_phone(
    session: AsyncSession, actor: Actor, indexes: Sequence[bytes], limit: int
) -> Sequence[tables.Need]:
    """Needs whose contact has this number, newest first, among those the caller may see."""
    statement = (
        select(N)
        .join(P, P.need_id == N.id)
        .where(P.phone_index.in_(indexes), visible(actor))
        .order_by(N.id.desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def profile(session: AsyncSession, need_id: UUID) -> tables.Profile | None:
    """For whom a need is; None once it is erased."""
    return await session.get(P, need_id)


async def standing(session: AsyncSession, need_id: UUID) -> Sequence[tables.Standing]:
    """What is claimed and verified for a need, by kind."""
    row = tables.Standing
    statement = select(row).where(row.need_id == need_id).order_by(row.kind)
    return (await session.scalars(statement)).all()


async def profiles(
    session: AsyncSession, need_ids: Sequence[UUID]
) -> Mapping[UUID, tables.Profile]:
    """For whom some needs are, by need."""
    rows = await session.scalars(select(P).where(P.need_id.in_(need_ids)))
    return {row.need_id: row for row in rows}


async def standings(
    session: AsyncSession, need_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[tables.Standing]]:
    """What is claimed and verified for some needs, by need and kind."""
    row = tables.Standing
    statement = select(row).where(row.need_id.in_(need_ids)).order_by(row.need_id, row.kind)
    found: dict[UUID, list[tables.Standing]] = defaultdict(list)
    for each in await session.scalars(statement):
        found[each.need_id].append(each)
    return found


async def outlived(session: AsyncSession, today: date, *, limit: int) -> Sequence[tables.Need]:
    """Needs under way that were last judged on a standing which has ended since; locked.

    In no order: with one all needs would be walked through to find the first few.
    """
    row = tables.Standing
    midnight = cast(row.expires_on + 1, TIMESTAMP)  # a bare date would be midnight elsewhere
    judged_at = func.coalesce(N.judged_at, N.opened_at)
    ended = select(row.need_id).where(
        row.expires_on < today, judged_at < func.timezone("Asia/Shanghai", midnight)
    )
    statement = (
        select(N)
        .where(N.status.in_((contracts.NeedStatus.OPEN, contracts.NeedStatus.REFERRED)))
        .where(ended.where(row.need_id == N.id).exists())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


def claim(row: tables.Standing) -> Claim:
    """A standing as the rules take it."""
    return Claim(StandingKind(row.kind), row.verified_at, row.expires_on, row.is_refused)


def held(row: tables.Standing) -> Held:
    """A standing with its grade, as the rules take it."""
    return Held(claim(row), row.grade)


async def standing_of(
    session: AsyncSession, need_id: UUID, kind: StandingKind
) -> tables.Standing | None:
    """One standing of a need."""
    return await session.get(tables.Standing, (need_id, kind.value))


async def to_close(
    session: AsyncSession, *, served_before: datetime, unmet_before: datetime, limit: int
) -> Sequence[tables.Need]:
    """Needs that nobody came back to since they were served or found unmet; locked."""
    served = select(N).where(N.status == literal_column("'served'"), N.served_at < served_before)
    unmet = select(N).where(N.status == literal_column("'unmet'"), N.unmet_at < unmet_before)
    found: list[tables.Need] = []
    for some in (served, unmet):
        found += await session.scalars(
            some.limit(limit - len(found)).with_for_update(skip_locked=True)
        )
    return found


async def to_forget(
    session: AsyncSession, *, ended_before: datetime, limit: int
) -> Sequence[tables.Need]:
    """Needs that ended so long ago that nobody needs to know for whom they were; locked."""
    ended = func.coalesce(N.closed_at, N.withdrawn_at)
    in_a_case = (
        select(CN.need_id)
        .where(CN.need_id == N.id, CN.plan_status == literal_column("'open'"))
        .exists()
    )
    statement = (
        select(N)
        .join(P, P.need_id == N.id)
        .where(N.status.in_(ENDED), ended < ended_before, ~in_a_case)
        .order_by(N.id)
        .limit(limit)
        .with_for_update(of=N, skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def forget(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Erase for whom needs were."""
    for table in (tables.Standing, tables.Profile):
        await session.execute(delete(table).where(table.need_id.in_(ids)))


def case(row: tables.Need, words: str | None) -> NeedCase:
    """A need as those see it who work on it."""
    listed = {name: getattr(row, name) for name in _LISTED}
    wishes = ShownWishes(
        weekdays=row.wished_weekdays,
        from_time=row.wished_from_time,
        to_time=row.wished_to_time,
        from_on=row.wished_from_on,
        until_on=row.wished_until_on,
        channels=row.wished_channels,
        price_at_most_fen=row.price_at_most_fen,
    )
    return NeedCase(**listed, words=words, wishes=wishes, lon=row.lon, lat=row.lat)


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Need]:
    """The feed's states: the neighbourhood, never a point, a group or a word."""
    columns: list[Any] = [getattr(N, name) for name in _STATE]
    rows = await session.execute(select(*columns).where(N.id.in_(ids)))
    return {row.id: contracts.Need(**row._asdict(), cell=None) for row in rows}
