"""Needs: raised, changed, ended. Personal words are sealed before they reach a row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.clock import city_day
from common.contracts.matching import NeedStatus
from common.contracts.matching_needs import NeedIn, NeedMove, NeedPatch, Wishes
from common.contracts.registry.dictionaries import Dictionary
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Conflict, Text
from common.geo import System
from common.ids import uuid7
from common.records import given, made, touch
from matching import tables
from matching.domain import needs as rules
from matching.domain.numbers import Numbered, number
from matching.queries import needs as queries
from matching.queries.words import Word
from matching.usecases import duties, profiles, words
from matching.usecases.judging import judge_anew
from matching.usecases.need_steps import take_step
from matching.usecases.referral_steps import give_up
from matching.usecases.tiers import judge

KIND: Final = "need"


class NeedEnded(Conflict):
    """A need that has ended is not edited any more."""

    slug = "need-ended"
    title = Text("需求已结束", "The need has ended")
    detail = Text(
        "需求已为 {status}，不能再修改；请另行登记。",
        "The need is {status} and is not edited any more; record a new one.",
    )


async def raise_need(
    session: AsyncSession,
    wish: NeedIn,
    *,
    keys: Keys,
    system: System,
    by: Actor,
    now: datetime,
) -> tables.Need:
    """A new need, named in words that the registry knows."""
    named = {
        "/category": Word(wish.category, Dictionary.SERVICE_CATEGORY),
        "/area_code": Word(wish.area_code),
        **words.groups(wish.profile.groups),
    }
    await words.must_know(session, named, now=now)
    return await record_need(session, wish, keys=keys, system=system, by=by, now=now)


async def record_need(
    session: AsyncSession,
    wish: NeedIn,
    *,
    keys: Keys,
    system: System,
    by: Actor,
    now: datetime,
    known: Sequence[tables.Standing] = (),
) -> tables.Need:
    """A new need: a resident's own, or one that staff record in their area.

    `known` is what other needs of the same person tell of their standing.
    """
    is_resident = Role.RESIDENT in by.roles
    if not is_resident:
        by.must_cover(wish.area_code)
    rules.check_raiser(wish.raised_by, is_resident=is_resident)
    rules.check_place(wish.area_code)
    rules.check_standing(wish.standing)
    rules.check_wishes(wish.wishes)
    there = rules.point(wish.lon, wish.lat, system)

    row = _raised(wish, there, keys=keys, by=by, now=now)
    profile = profiles.new(row.id, wish.profile, wish.contact, keys)
    claims = [profiles.claimed(row.id, each, now) for each in wish.standing]
    claims += [profiles.carried(row.id, each) for each in known]
    with session.no_autoflush:
        await judge(session, row, profile, claims, now)
    session.add(row)
    await session.flush()
    session.add_all([profile, *claims])
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="need.raise",
        target=(KIND, row.id),
        area=row.area_code,
        after=_facts(row),
    )
    return row


def _raised(
    wish: NeedIn, there: tuple[float, float] | None, *, keys: Keys, by: Actor, now: datetime
) -> tables.Need:
    """The row of a new need, not judged yet."""
    is_resident = Role.RESIDENT in by.roles
    need_id = uuid7()
    return tables.Need(
        id=need_id,
        number=number(Numbered.NEED, city_day(now), need_id),
        resident=by.alias(Purpose.CASES) if is_resident else None,
        rater=by.alias(Purpose.RATINGS) if is_resident else None,
        area_code=wish.area_code,
        category=wish.category,
        raised_by=wish.raised_by,
        status=NeedStatus.OPEN,
        words=sealed_words(keys, need_id, wish.words),
        lon=there[0] if there else None,
        lat=there[1] if there else None,
        **wished(wish.wishes),
        opened_at=now,
        **made(by, now),
    )


async def edit_need(
    session: AsyncSession,
    need_id: UUID,
    patch: NeedPatch,
    *,
    version: int,
    keys: Keys,
    system: System,
    by: Actor,
    now: datetime,
) -> tables.Need:
    """Change words, wishes or place of a need that has not ended."""
    row = await queries.kept(session, by, need_id, lock=True)
    must_match(row.version, version)
    must_run(row)
    asked = given(patch)
    if patch.area_code is not None:
        rules.check_place(patch.area_code)
        await words.must_know(session, {"/area_code": Word(patch.area_code)}, now=now)
        if Role.RESIDENT not in by.roles:
            by.must_cover(patch.area_code)
        row.area_code = patch.area_code
    if "words" in asked:
        row.words = sealed_words(keys, row.id, patch.words)
    if patch.wishes is not None:
        rules.check_wishes(patch.wishes)
        for name, value in wished(patch.wishes).items():
            setattr(row, name, value)
    if {"lon", "lat"} & asked.keys():
        row.lon, row.lat = rules.point(patch.lon, patch.lat, system) or (None, None)
    if patch.area_code is not None:  # rules and lines differ from place to place
        await judge_anew(session, row, by=by, now=now)
    else:
        touch(row, by, now)
        feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="need.edit",
        target=(KIND, row.id),
        area=row.area_code,
        after={"fields": sorted(asked)},
    )
    return row


async def move_need(
    session: AsyncSession, need_id: UUID, move: NeedMove, *, version: int, by: Actor, now: datetime
) -> tables.Need:
    """End a need, say that nobody can serve it, or open it again."""
    row = await queries.kept(session, by, need_id, lock=True)
    must_match(row.version, version)
    rules.check_move(NeedStatus(row.status), move)
    if move.status is NeedStatus.WITHDRAWN:
        await give_up(session, row, by=by, now=now)
        await duties.lift(session, row.id, now=now)
    if move.status is NeedStatus.UNMET and row.is_statutory and move.reason is not None:
        rules.step(NeedStatus(row.status), move.status, now)
        await duties.owe(session, row, move.reason, by=by, now=now)
        return row
    take_step(session, row, move.status, by=by, now=now, reason=move.reason, rule=move.rule)
    audit.note(
        session,
        by,
        action=f"need.{move.status}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"status": row.status, "reason": move.reason, "rule": move.rule},
    )
    return row


def must_run(row: tables.Need) -> None:
    """Refuse to work on a need that has ended."""
    if NeedStatus(row.status) in rules.ENDED:
        raise NeedEnded(status=row.status)


def wished(wishes: Wishes) -> dict[str, Any]:
    """The columns of the wishes."""
    return {
        "wished_weekdays": sorted(set(wishes.weekdays)),
        "wished_from_time": wishes.from_time,
        "wished_to_time": wishes.to_time,
        "wished_from_on": wishes.from_on,
        "wished_until_on": wishes.until_on,
        "wished_channels": list(dict.fromkeys(wishes.channels)),
        "price_at_most_fen": wishes.price_at_most_fen,
    }


def sealed_words(keys: Keys, need_id: UUID, words: str | None) -> str | None:
    """What a person wrote, encrypted for this need alone."""
    if words is None:
        return None
    return keys.fields.seal(words, context=place("need", "words", need_id))


def opened_words(keys: Keys, row: tables.Need) -> str | None:
    """What a person wrote, in clear."""
    if row.words is None:
        return None
    return keys.fields.open(row.words, context=place("need", "words", row.id))


def _facts(row: tables.Need) -> dict[str, Any]:
    names = ("number", "category", "line", "urgency", "urgency_rule", "is_statutory", "raised_by")
    return {name: getattr(row, name) for name in names}
