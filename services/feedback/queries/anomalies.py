"""What is looked at for anomalies, and the questions that were raised."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.feedback import RatingChannel
from common.errors import NotFound, Text
from common.scope import by_area
from feedback import tables
from feedback.domain.scores import Levels

R, N = tables.Rating, tables.Anomaly
WHAT: Final = Text("异常提示", "anomaly")
MOST: Final = 1_000  # ratings named by one question, texts of one body compared


class Body(NamedTuple):
    """One provider in one town."""

    provider_id: UUID
    area_code: str


async def days(session: AsyncSession, since: date) -> Mapping[Body, Mapping[date, int]]:
    """How many ratings residents gave each body on each day since one."""
    statement = (
        select(R.provider_id, R.area_code, R.rated_on, func.count())
        .where(R.rated_on >= since, R.channel != RatingChannel.DEFAULT)
        .group_by(R.provider_id, R.area_code, R.rated_on)
    )
    found: dict[Body, dict[date, int]] = defaultdict(dict)
    for provider_id, area_code, day, number in await session.execute(statement):
        found[Body(provider_id, area_code)][day] = number
    return found


async def levels(
    session: AsyncSession, since: date
) -> Mapping[Body, Mapping[RatingChannel, Levels]]:
    """What each body was rated by each channel since a day."""
    statement = (
        select(R.provider_id, R.area_code, R.channel, R.level, func.count())
        .where(R.rated_on >= since, R.is_counted)
        .group_by(R.provider_id, R.area_code, R.channel, R.level)
    )
    found: dict[Body, dict[RatingChannel, Levels]] = defaultdict(dict)
    for provider_id, area_code, channel, level, number in await session.execute(statement):
        of_body, key = found[Body(provider_id, area_code)], RatingChannel(channel)
        of_body[key] = of_body.get(key, Levels.of({})) + Levels.of({level: number})
    return found


async def texts(session: AsyncSession, since: date) -> Mapping[Body, Mapping[UUID, int]]:
    """The fingerprints of what was written about each body since a day, the newest of many."""
    statement = (
        select(R.provider_id, R.area_code, R.id, R.likeness)
        .where(R.rated_on >= since, R.likeness.is_not(None))
        .order_by(R.rated_on.desc(), R.id)
    )
    found: dict[Body, dict[UUID, int]] = defaultdict(dict)
    for provider_id, area_code, rating_id, likeness in await session.execute(statement):
        of_body = found[Body(provider_id, area_code)]
        if likeness is not None and len(of_body) < MOST:
            of_body[rating_id] = likeness
    return found


async def of_day(session: AsyncSession, body: Body, day: date) -> Sequence[UUID]:
    """The ratings of a body on a day, some of many."""
    statement = (
        select(R.id)
        .where(
            R.provider_id == body.provider_id,
            R.area_code == body.area_code,
            R.channel != RatingChannel.DEFAULT,
            R.rated_on == day,
        )
        .order_by(R.id)
        .limit(MOST)
    )
    return (await session.scalars(statement)).all()


async def raise_one(session: AsyncSession, row: Mapping[str, Any]) -> bool:
    """Raise a question, once for one thing; whether it is new."""
    statement = insert(N).values(**row).on_conflict_do_nothing().returning(N.id)
    return await session.scalar(statement) is not None


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    is_reviewed: bool | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Anomaly]:
    """Questions of the caller's area, oldest first; one more tells of a next page."""
    statement = select(N).where(by_area(actor, N.area_code))
    if is_reviewed is not None:
        statement = statement.where(N.reviewed_at.is_not(None) == is_reviewed)
    if after is not None:
        statement = statement.where(N.id > after)
    return (await session.scalars(statement.order_by(N.id).limit(limit + 1))).all()


async def locked(session: AsyncSession, anomaly_id: UUID) -> tables.Anomaly:
    """One question, locked until the transaction ends."""
    row = await session.scalar(select(N).where(N.id == anomaly_id).with_for_update())
    if row is None:
        raise NotFound(what=WHAT, key=anomaly_id)
    return row
