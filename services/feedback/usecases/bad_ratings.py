"""The loop of a bad rating: opened with the rating, verified, rectified; shown to who may see."""

import re
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import DESKS
from common.clock import city_day, day_end
from common.contracts import feedback_ratings as contracts
from common.contracts.feedback_ratings import (
    ExtensionIn,
    LoopStatus,
    RectificationIn,
    VerificationIn,
)
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.records import name_of
from feedback import tables
from feedback.domain import ratings as rating_rules
from feedback.domain import rectifications as rules
from feedback.domain.late_steps import Late
from feedback.queries import bad_ratings as queries
from feedback.queries.ground import Ground, ground
from feedback.usecases.late_steps import moved

KIND: Final = "rating"
NEVER_BAD: Final = 4  # 满意: most ratings are, and need not ask the rules
_NUMBERS: Final = re.compile(r"\d{5,}")  # telephones, identity cards, plates of doors
_VERIFY, _RECTIFY, _CALL, CALL_REVIEW = "verify", "rectify", "call_back", "review"
_CELL: Final = "bad_rating"
_STEPS: Final = (
    *("status", "opened_at", "clocks", "escalates_on"),
    *("finding", "finding_words", "verified_at", "verified_by"),
    *("extended_at", "extended_by", "extension_reason"),
    *("measures", "rectified_at", "rectified_by"),
    *("caller", "call_back", "attempts", "called_back_at", "called_back_by"),
    *("review", "review_reason", "reviewed_at", "reviewed_by"),
)


def loop_of(row: tables.Rating, base: Ground, *, now: datetime) -> tables.BadRating | None:
    """The loop that a rating opens; None unless it is bad."""
    if not rating_rules.is_bad(row.level, base.at(row.area_code, now)):
        return None
    return tables.BadRating(
        rating_id=row.id,
        provider_id=row.provider_id,
        area_code=row.area_code,
        category=row.category,
        status=LoopStatus.OPEN,
        opened_at=now,
        clocks=clocks_of(row, now, base),
        version=1,
    )


async def open_if_bad(
    session: AsyncSession, row: tables.Rating, *, now: datetime, was_bad: bool = False
) -> None:
    """Open the loop of a rating that has become bad.

    One that is under way goes on; one that is over begins anew, and what it came to is kept.
    """
    if row.level >= NEVER_BAD:
        return
    loop = loop_of(row, await ground(session), now=now)
    if loop is None:
        return
    held = await session.get(tables.BadRating, row.id, with_for_update=True)
    if held is None:
        session.add(loop)
    elif not was_bad and rules.is_over(LoopStatus(held.status)):
        session.add(_kept(held))
        for name in _STEPS:
            setattr(held, name, getattr(loop, name))
        held.late_level = 0
        held.round += 1
        held.version += 1


def clocks_of(
    row: tables.Rating | tables.BadRating, opened_at: datetime, base: Ground
) -> dict[str, Any]:
    """Until when a loop that opens asks to be verified and rectified."""
    return {
        _VERIFY: clock("bad_rating_verification", row, opened_at, base),
        _RECTIFY: clock("bad_rating_rectification", row, opened_at, base),
    }


def recounted(row: tables.BadRating, base: Ground) -> dict[str, Any]:
    """The same clocks on another calendar."""
    clocks = clocks_of(row, row.opened_at, base)
    if row.extended_at is not None:
        longer = clock("bad_rating_rectification_extended", row, row.opened_at, base)
        clocks[_RECTIFY] = longer
    if row.status == LoopStatus.RAISED and row.called_back_at is not None:
        clocks[CALL_REVIEW] = clock("bad_rating_review", row, row.called_back_at, base)
    if row.rectified_at is not None:
        clocks[_CALL] = clock("bad_rating_call_back_time", row, row.rectified_at, base)
    return clocks


def tells_on(row: tables.BadRating, base: Ground, now: datetime) -> date | None:
    """On which day the awaited step is told further up, once its deadline was set anew."""
    awaited = rules.AWAITED.get(LoopStatus(row.status))
    day = awaited and row.clocks.get(awaited, {}).get("on")
    if not day:
        return None
    due_at = day_end(date.fromisoformat(day))
    at = moved(Late.BAD_RATING, due_at, row.late_level, row.area_code, base, now)
    return at and city_day(at)


async def verify(
    session: AsyncSession,
    rating_id: UUID,
    said: VerificationIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tuple[tables.BadRating, tables.Rating]:
    """Say what was found."""
    row, rating = await step(session, rating_id, LoopStatus.VERIFIED, version=version, by=by)
    row.finding = said.finding
    row.finding_words = keys.fields.seal(said.words, context=place(_CELL, "finding", row.rating_id))
    row.verified_at, row.verified_by = now, name_of(by)
    tell(session, row, by)
    return row, rating


async def rectify(
    session: AsyncSession,
    rating_id: UUID,
    said: RectificationIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tuple[tables.BadRating, tables.Rating]:
    """Say what was done, or how it was explained; from here the call-back has its clock."""
    base = await ground(session)
    row, rating = await step(session, rating_id, LoopStatus.RECTIFIED, version=version, by=by)
    row.measures = said.measures
    row.rectified_at, row.rectified_by = now, name_of(by)
    row.clocks = row.clocks | {_CALL: clock("bad_rating_call_back_time", row, now, base)}
    tell(session, row, by)
    return row, rating


async def extend(
    session: AsyncSession,
    rating_id: UUID,
    said: ExtensionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tuple[tables.BadRating, tables.Rating]:
    """Give the longer time, counted from the rating, with reason and who approved it."""
    row, rating = await queries.found(session, by, rating_id, lock=True)
    must_match(row.version, version)
    rules.check_extension(LoopStatus(row.status), is_extended=row.extended_at is not None)
    base = await ground(session)
    longer = clock("bad_rating_rectification_extended", row, row.opened_at, base)
    row.clocks = row.clocks | {_RECTIFY: longer}
    if row.status == LoopStatus.VERIFIED:
        row.escalates_on = tells_on(row, base, now)
    row.extended_at, row.extended_by, row.extension_reason = now, name_of(by), said.reason
    row.version += 1
    tell(session, row, by, action="bad_rating.extend")
    return row, rating


def shown(
    row: tables.BadRating, rating: tables.Rating, *, keys: Keys, by: Actor, today: date
) -> contracts.BadRating:
    """A bad rating as its handlers see it; what was written is for desks, numbers masked."""
    clocks = {name: contracts.Clock(**given) for name, given in row.clocks.items()}
    awaited = rules.AWAITED.get(LoopStatus(row.status))
    due = clocks.get(awaited) if awaited else None
    words = None
    if rating.words is not None and not by.roles.isdisjoint(DESKS):
        plain = keys.fields.open(rating.words, context=place(KIND, "words", rating.id))
        words = _NUMBERS.sub("*****", plain)
    copied: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            *("provider_id", "category", "area_code", "status", "finding", "measures"),
            *("call_back", "verified_at", "extended_at", "extension_reason", "rectified_at"),
            *("called_back_at", "review", "review_reason", "reviewed_at", "round", "version"),
        )
    }
    return contracts.BadRating(
        id=row.rating_id,
        offering_id=rating.offering_id,
        level=rating.level,
        options=rating.options,
        words=words,
        rated_on=rating.rated_on,
        verify_by=clocks[_VERIFY],
        rectify_by=clocks[_RECTIFY],
        call_back_by=clocks.get(_CALL),
        is_taken=row.caller is not None,
        review_by=clocks.get(CALL_REVIEW),
        is_overdue=due is not None and due.on is not None and today > due.on,
        escalation_level=row.late_level,
        **copied,
    )


def shown_to_rater(row: tables.BadRating) -> contracts.Handling:
    """What becomes of a bad rating, as its rater reads it."""
    clocks = {name: contracts.Clock(**given) for name, given in row.clocks.items()}
    names = ("status", "finding", "measures", "call_back", "review", "review_reason", "round")
    return contracts.Handling(
        verify_by=clocks[_VERIFY],
        rectify_by=clocks[_RECTIFY],
        call_back_by=clocks.get(_CALL),
        review_by=clocks.get(CALL_REVIEW),
        **{name: getattr(row, name) for name in names},
    )


async def step(
    session: AsyncSession, rating_id: UUID, wanted: LoopStatus, *, version: int, by: Actor
) -> tuple[tables.BadRating, tables.Rating]:
    """One step on; the next one has a clock and a ladder of its own."""
    row, rating = await queries.found(session, by, rating_id, lock=True)
    must_match(row.version, version)
    rules.check_step(LoopStatus(row.status), wanted)
    row.status = wanted
    row.late_level, row.escalates_on = 0, None
    row.version += 1
    return row, rating


def _kept(row: tables.BadRating) -> tables.BadRatingRound:
    """A loop that is over, before its row begins anew; what was sealed of it is let go."""
    told = [name for name in _STEPS if name != "finding_words"]
    steps = to_jsonable_python({name: getattr(row, name) for name in told})
    return tables.BadRatingRound(rating_id=row.rating_id, round=row.round, steps=steps)


def clock(
    parameter: str, row: tables.Rating | tables.BadRating, start: datetime, base: Ground
) -> dict[str, Any]:
    """A deadline from `start` on, by the rules that held then where it was."""
    due = asdict(rules.due(parameter, start, base.at(row.area_code, start), base.calendar))
    return {**due, "on": due["on"] and due["on"].isoformat()}


def tell(
    session: AsyncSession, row: tables.BadRating, by: Actor, *, action: str | None = None
) -> None:
    feed.mark(session, KIND, row.rating_id)
    audit.note(
        session,
        by,
        action=action or f"bad_rating.{row.status}",
        target=(KIND, row.rating_id),
        area=row.area_code,
        after={"status": row.status, "finding": row.finding, "call_back": row.call_back}
        | {"round": row.round},
    )
