"""The end of a bad rating's loop: who calls back, what was said, and the review further up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.auth.roles import DESKS
from common.contracts import feedback_ratings as contracts
from common.contracts.feedback_ratings import LoopStatus
from common.edge import must_match
from common.records import name_of
from feedback import tables
from feedback.domain import rectifications as rules
from feedback.queries import bad_ratings as queries
from feedback.queries.ground import ground
from feedback.usecases.bad_ratings import CALL_REVIEW, KIND, clock, step, tell


async def take(
    session: AsyncSession, rating_id: UUID, *, version: int, by: Actor
) -> tuple[tables.BadRating, contracts.CallOrder]:
    """Take the call-back on, and learn under which number the resident is found.

    One person has it at a time; whoever takes it over has it from then on. Each is written down.
    """
    row, _ = await queries.found(session, by, rating_id, lock=True)
    must_match(row.version, version)
    rules.check_step(LoopStatus(row.status), LoopStatus.CALLED_BACK)
    caller = name_of(by)
    rules.check_caller(caller, row.rectified_by, is_desk=_is_desk(by))
    row.caller = caller
    row.version += 1
    number = await queries.number_of(session, rating_id)
    audit.note_read(
        session,
        by,
        action="bad_rating.take_call",
        target=(KIND, rating_id),
        area=row.area_code,
    )
    return row, contracts.CallOrder(rating_id=rating_id, referral_number=number)


async def call_back(
    session: AsyncSession,
    rating_id: UUID,
    said: contracts.CallBackIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tuple[tables.BadRating, tables.Rating]:
    """Say what the rater said when called back by somebody else than who rectified.

    Who is not satisfied is heard once more, further up; from here that review has its clock.
    """
    wanted = rules.after_call(said.outcome)
    row, rating = await step(session, rating_id, wanted, version=version, by=by)
    caller = name_of(by)
    rules.check_caller(caller, row.rectified_by, is_desk=_is_desk(by))
    rules.check_call_back(said.outcome, said.attempts, caller=caller, taken_by=row.caller)
    row.call_back, row.attempts = said.outcome, said.attempts
    row.called_back_at, row.called_back_by = now, caller
    if wanted is LoopStatus.RAISED:
        review = clock("bad_rating_review", row, now, await ground(session))
        row.clocks = row.clocks | {CALL_REVIEW: review}
    tell(session, row, by)
    return row, rating


async def review(
    session: AsyncSession,
    rating_id: UUID,
    said: contracts.ReviewIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tuple[tables.BadRating, tables.Rating]:
    """End the loop further up, with a reason that the rater reads."""
    row, rating = await step(session, rating_id, LoopStatus.REVIEWED, version=version, by=by)
    reviewer = name_of(by)
    rules.check_reviewer(reviewer, {row.verified_by, row.rectified_by, row.called_back_by})
    row.review, row.review_reason = said.outcome, said.reason
    row.reviewed_at, row.reviewed_by = now, reviewer
    tell(session, row, by)
    return row, rating


def _is_desk(by: Actor) -> bool:
    return not by.roles.isdisjoint(DESKS)
