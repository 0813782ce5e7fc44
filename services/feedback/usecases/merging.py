"""Likely duplicates, suggested with reasons, and merged by a person who decides it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, false
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.feedback import CaseStatus
from common.contracts.feedback_cases import CaseIn, Likeness, MergeIn
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import NotFound
from common.geo import Point, System
from common.ids import first_id
from feedback import tables
from feedback.domain import cases as case_rules
from feedback.domain import duplicates as rules
from feedback.domain.duplicates import Like, Suggestion
from feedback.queries import cases as case_queries
from feedback.queries import duplicates as queries
from feedback.queries.duplicates import Found
from feedback.queries.ground import ground
from feedback.usecases import case_steps, cases, settling
from feedback.usecases.case_steps import Step


async def before_raising(
    session: AsyncSession, wish: CaseIn, *, keys: Keys, system: System, by: Actor, now: datetime
) -> list[Likeness]:
    """What a case that is about to be raised may be the same as.

    Exactly of what the caller may read; of the rest no more than anybody is told.
    """
    case_rules.check_place(wish.area_code)
    there = case_rules.point(wish.lon, wish.lat, system)
    like = Like(wish.words, wish.category, wish.area_code, now, there)
    readable, told = case_queries.visible(by), queries.told_to_strangers()
    return await _suggested(session, like, readable, told, keys=keys, now=now)


async def of_case(
    session: AsyncSession, case_id: UUID, *, keys: Keys, by: Actor, now: datetime
) -> list[Likeness]:
    """What a case may be the same as, of those with which the caller may merge it."""
    within = case_queries.within(by)
    row = await case_queries.found(session, within, case_id)
    like = Like(
        cases.opened_words(keys, row), row.category, row.area_code, row.received_at, _point(row)
    )
    return await _suggested(session, like, within, false(), keys=keys, now=now, but=case_id)


async def merge(
    session: AsyncSession,
    case_id: UUID,
    wish: MergeIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """Make a case a duplicate of an earlier one, which goes on for both.

    What was merged into it goes along, so that no chain of duplicates can arise. All who wait are
    told the answer of the one that goes on; whom it does not content reopens their own.
    """
    both = await queries.pair(session, case_queries.within(by), case_id, wish.into_id)
    for wanted in (case_id, wish.into_id):
        if wanted not in both:
            raise NotFound(what=case_queries.WHAT, key=wanted)
    row, into = both[case_id], both[wish.into_id]
    must_match(row.version, version)
    _check(row, into)
    facts = {"into": into.number}
    step = Step("merge", by, now, keys, words=wish.words, is_shared=True, facts=facts)
    for each in await queries.merged_into(session, case_id):
        await settling.keep_joint_answer(session, each, row)
        each.duplicate_of_id = into.id
        case_steps.write(session, each, step)
    row.duplicate_of_id = into.id
    case_steps.move(session, row, CaseStatus.DUPLICATE, step)
    case_steps.write(session, into, Step("merged", by, now, keys, facts={"from": row.number}))
    return row


def _check(row: tables.Case, into: tables.Case) -> None:
    """A case goes on in one that somebody works on; in any other it would have no clock."""
    if row.id == into.id or CaseStatus(into.status) not in case_rules.UNDER_WAY:
        raise rules.NotMergeable(into=into.number, status=into.status)
    if (into.received_at, into.id) > (row.received_at, row.id):
        raise rules.MergeKeepsTheFirst(into=into.number)


async def _suggested(
    session: AsyncSession,
    like: Like,
    readable: ColumnElement[bool],
    told: ColumnElement[bool],
    *,
    keys: Keys,
    now: datetime,
    but: UUID | None = None,
) -> list[Likeness]:
    in_force = (await ground(session)).at(like.area_code, now)
    days = in_force.rule("duplicate.window").number
    since = first_id(now - timedelta(days=days))
    radius = in_force.rule("duplicate.radius").number
    where = queries.in_neighbourhood(like.area_code)
    if like.point is not None:
        where = queries.in_cells(rules.around(like.point, radius))
    found = await queries.newest(session, where, readable, told, since=since, but=but)
    near = {row.id: row for row in found if rules.is_near(like.point, _place(row), radius)}
    likes = [(row.id, _like(row, keys)) for row in near.values()]  # only these are opened
    return [_shown(each, near[each.case_id]) for each in rules.suggest(like, likes, in_force)]


def _like(row: Found, keys: Keys) -> Like:
    words = keys.fields.open(row.words, context=place("case", "words", row.id))
    facts = (row.category, row.area_code, row.received_at, _place(row))
    return Like(words, *facts, is_readable=bool(row.is_readable))


def _place(row: Found) -> Point | None:
    """Where it happened: as exactly as the caller may know it."""
    if row.is_readable or row.cell is None:
        return _point(row)
    return rules.middle(row.cell)


def _point(row: tables.Case | Found) -> Point | None:
    if row.lon is None or row.lat is None:
        return None
    return Point(row.lon, row.lat)


def _shown(each: Suggestion, row: Found) -> Likeness:
    return Likeness(
        case_id=row.id,
        number=row.number,
        status=CaseStatus(row.status),
        category=row.category,
        received_at=row.received_at,
        distance_m=each.distance_m,
        likeness=each.likeness,
        same_category=each.same_category,
        reasons=[f"{reason.zh} / {reason.en}" for reason in each.reasons],
    )
