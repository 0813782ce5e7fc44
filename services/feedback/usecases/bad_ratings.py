"""The loop of a bad rating: opened with the rating, verified, rectified, called back."""

import re
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import DESKS
from common.clock import city_day, day_end
from common.contracts import feedback_ratings as contracts
from common.contracts.feedback_ratings import (
    CallBackIn,
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
_VERIFY, _RECTIFY, _CALL = "verify", "rectify", "call_back"
_CELL: Final = "bad_rating"


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


async def open_if_bad(session: AsyncSession, row: tables.Rating, *, now: datetime) -> None:
    """Open the loop of a rating that has become bad; one that is open already stays."""
    if row.level >= NEVER_BAD:
        return
    loop = loop_of(row, await ground(session), now=now)
    if loop is not None and await session.get(tables.BadRating, row.id) is None:
        session.add(loop)


def clocks_of(
    row: tables.Rating | tables.BadRating, opened_at: datetime, base: Ground
) -> dict[str, Any]:
    """Until when a loop that opens asks to be verified and rectified."""
    return {
        _VERIFY: _clock("bad_rating_verification", row, opened_at, base),
        _RECTIFY: _clock("bad_rating_rectification", row, opened_at, base),
    }


def recounted(row: tables.BadRating, base: Ground) -> dict[str, Any]:
    """The same clocks on another calendar."""
    clocks = clocks_of(row, row.opened_at, base)
    if row.extended_at is not None:
        longer = _clock("bad_rating_rectification_extended", row, row.opened_at, base)
        clocks[_RECTIFY] = longer
    if row.rectified_at is not None:
        clocks[_CALL] = _clock("bad_rating_call_back_time", row, row.rectified_at, base)
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
    row, rating = await _step(session, rating_id, LoopStatus.VERIFIED, version=version, by=by)
    row.finding = said.finding
    row.finding_words = keys.fields.seal(said.words, context=place(_CELL, "finding", row.rating_id))
    row.verified_at, row.verified_by = now, name_of(by)
    _tell(session, row, by)
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
    row, rating = await _step(session, rating_id, LoopStatus.RECTIFIED, version=version, by=by)
    row.measures = said.measures
    row.rectified_at, row.rectified_by = now, name_of(by)
    row.clocks = row.clocks | {_CALL: _clock("bad_rating_call_back_time", row, now, base)}
    _tell(session, row, by)
    return row, rating


async def call_back(
    session: AsyncSession,
    rating_id: UUID,
    said: CallBackIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tuple[tables.BadRating, tables.Rating]:
    """Say what the rater said when called back by somebody else than who rectified."""
    row, rating = await _step(session, rating_id, LoopStatus.CALLED_BACK, version=version, by=by)
    caller = name_of(by)
    rules.check_call_back(
        said.outcome,
        said.attempts,
        caller=caller,
        rectifier=row.rectified_by,
        is_desk=not by.roles.isdisjoint(DESKS),
    )
    row.call_back, row.attempts = said.outcome, said.attempts
    row.called_back_at, row.called_back_by = now, caller
    _tell(session, row, by)
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
    longer = _clock("bad_rating_rectification_extended", row, row.opened_at, base)
    row.clocks = row.clocks | {_RECTIFY: longer}
    if row.status == LoopStatus.VERIFIED:
        row.escalates_on = tells_on(row, base, now)
    row.extended_at, row.extended_by, row.extension_reason = now, name_of(by), said.reason
    row.version += 1
    _tell(session, row, by, action="bad_rating.extend")
    return row, rating


def shown(
    row: tables.BadRating, rating: tables.Rating, *, keys: Keys, by: Actor, today: date
) -> contracts.BadRating:
    """A bad rating as its handlers see it; what was written is for desks, numbers masked."""
    clocks = {name: contracts.Clock(**given) for name, given in row.clocks.items()}
    days = [clocks[each].on if each in clocks else None for each in (_VERIFY, _RECTIFY, _CALL)]
    words = None
    if rating.words is not None and not by.roles.isdisjoint(DESKS):
        plain = keys.fields.open(rating.words, context=place(KIND, "words", rating.id))
        words = _NUMBERS.sub("*****", plain)
    copied: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            *("provider_id", "category", "area_code", "status", "finding", "measures"),
            *("call_back", "verified_at", "extended_at", "extension_reason", "rectified_at"),
            *("called_back_at", "version"),
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
        is_overdue=rules.is_overdue(LoopStatus(row.status), today, *days),
        escalation_level=row.late_level,
        **copied,
    )


async def _step(
    session: AsyncSession, rating_id: UUID, wanted: LoopStatus, *, version: int, by: Actor
) -> tuple[tables.BadRating, tables.Rating]:
    row, rating = await queries.found(session, by, rating_id, lock=True)
    must_match(row.version, version)
    rules.check_step(LoopStatus(row.status), wanted)
    row.status = wanted
    row.late_level, row.escalates_on = 0, None  # the next step has a clock of its own
    row.version += 1
    return row, rating


def _clock(
    parameter: str, row: tables.Rating | tables.BadRating, start: datetime, base: Ground
) -> dict[str, Any]:
    """A deadline from `start` on, by the rules that held then where it was."""
    due = asdict(rules.due(parameter, start, base.at(row.area_code, start), base.calendar))
    return {**due, "on": due["on"] and due["on"].isoformat()}


def _tell(
    session: AsyncSession, row: tables.BadRating, by: Actor, *, action: str | None = None
) -> None:
    feed.mark(session, KIND, row.rating_id)
    audit.note(
        session,
        by,
        action=action or f"bad_rating.{row.status}",
        target=(KIND, row.rating_id),
        area=row.area_code,
        after={"status": row.status, "finding": row.finding, "call_back": row.call_back},
    )
