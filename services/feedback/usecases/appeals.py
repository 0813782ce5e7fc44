"""Appeals against ratings: filed by who was rated, decided by a person, both figures kept."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts.feedback import RatingChannel
from common.contracts.feedback_ratings import AppealDecisionIn, AppealIn
from common.edge import must_match
from common.errors import Conflict, Text
from common.records import made, name_of, touch
from feedback import tables
from feedback.queries import bad_ratings as queries
from feedback.queries import ratings as rating_queries
from feedback.queries import tallies

KIND: Final = "rating"


class AlreadyAppealed(Conflict):
    """A rating is appealed once."""

    slug = "already-appealed"
    title = Text("该评价已申诉", "Already appealed")
    detail = Text("一条评价只能申诉一次。", "A rating is appealed once.")


class AppealDecided(Conflict):
    """A decision stands."""

    slug = "appeal-decided"
    title = Text("申诉已裁定", "The appeal is decided")
    detail = Text("该申诉已于 {day} 裁定。", "This appeal was decided on {day}.")


class OwnAppeal(Conflict):
    """Nobody decides an appeal of one's own."""

    slug = "own-appeal"
    title = Text("不得裁定本人提出的申诉", "Not one's own appeal")
    detail = Text("申诉人不能裁定自己的申诉。", "Who appealed does not decide.")


class NothingToAppeal(Conflict):
    """Default praise weighs nothing."""

    slug = "nothing-to-appeal"
    title = Text("该评价不计权", "The rating weighs nothing")
    detail = Text("默认好评不计权，无须申诉。", "Default praise weighs nothing as it is.")


async def appeal(
    session: AsyncSession, rating_id: UUID, wish: AppealIn, *, by: Actor, now: datetime
) -> tables.Appeal:
    """Appeal a rating of one's own organisation, or of a venue in one's area."""
    rating = await rating_queries.locked(session, rating_id)
    by.must_reach(rating.area_code, rating.provider_id)
    if rating.channel == RatingChannel.DEFAULT:
        raise NothingToAppeal
    if await session.get(tables.Appeal, rating_id) is not None:
        raise AlreadyAppealed
    row = tables.Appeal(
        id=rating.id,
        provider_id=rating.provider_id,
        area_code=rating.area_code,
        category=rating.category,
        level=rating.level,
        ground=wish.ground,
        words=wish.words,
        appealed_at=now,
        **made(by, now),
    )
    session.add(row)
    _tell(session, row, by, "rating.appeal", {"ground": row.ground})
    return row


async def decide(
    session: AsyncSession,
    rating_id: UUID,
    wish: AppealDecisionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Appeal:
    """Decide; an upheld appeal takes the rating out of the figures, the rating itself stays."""
    rating = await rating_queries.locked(session, rating_id)
    row = await queries.appeal(session, rating_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if row.decided_at is not None:
        raise AppealDecided(day=row.decided_at.date())
    if name_of(by) == row.created_by:
        raise OwnAppeal
    row.decided_at, row.decided_by = now, name_of(by)
    row.is_upheld, row.reason = wish.is_upheld, wish.reason
    touch(row, by, now)
    if wish.is_upheld:
        before = tallies.of_rating(rating, -1)
        rating.is_counted = False
        await tallies.note(session, [before, tallies.of_rating(rating, 1)])
    _tell(session, row, by, "rating.decide", {"is_upheld": row.is_upheld})
    return row


def _tell(
    session: AsyncSession, row: tables.Appeal, by: Actor, action: str, after: dict[str, object]
) -> None:
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action=action,
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
        reason=row.reason,
    )
