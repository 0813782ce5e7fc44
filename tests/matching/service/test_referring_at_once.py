"""A referral in two statements without a lock: the same rows, or none at all."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clock import city_day, utc_now
from common.contracts.matching_referrals import ReferralIn
from common.crypto.keys import Keys
from common.db import Database
from common.errors import NotFound
from common.gathering import Gathering
from common.straight import Straight
from matching import tables
from matching.queries.referrals import shown
from matching.usecases import referrals
from tests.matching.cases import Sessions, published
from tests.matching.crowd import raised_needs

NOW = utc_now()
DAY = city_day(NOW) + timedelta(days=1)
WRITTEN = (
    "SELECT to_jsonb(r) - 'id' - 'number' - 'need_id' FROM referral r WHERE need_id = :need",
    "SELECT jsonb_build_object('status', status, 'referred_at', referred_at, 'version', version,"
    " 'updated_at', updated_at, 'updated_by', updated_by) FROM need WHERE id = :need",
    "SELECT to_jsonb(c) - 'offering_id' FROM capacity c WHERE offering_id = :offering",
    "SELECT kind FROM feed_outbox m JOIN referral r ON m.record_id IN (r.id, r.need_id)"
    " WHERE need_id = :need ORDER BY kind",
)
Way = Callable[..., Awaitable[tables.Referral]]


@pytest.fixture
def sessions(opened: Database) -> Sessions:
    """Of a database of its own, where a transaction that fails takes nobody with it."""
    return opened.sessions


@pytest.fixture
async def need(sessions: Sessions, keys: Keys, clerk_actor: Actor) -> UUID:
    """A need that may be referred."""
    (made,) = await raised_needs(sessions, 1, keys, clerk_actor)
    return made


async def sent(
    sessions: Sessions, way: Way, need: UUID, offering: UUID, by: Actor, **more: Any
) -> tables.Referral:
    """A referral by one of the two ways."""
    wish = ReferralIn(need_id=need, offering_id=offering, **{"session_on": DAY, **more})
    async with sessions.begin() as session:
        return await way(session, wish, by=by, now=NOW)


async def written(sessions: Sessions, need: UUID, offering: UUID) -> list[Any]:
    """All that a referral leaves behind, but for names and moments of its own."""
    named = {"need": need, "offering": offering}
    async with sessions() as session:
        return [[*await session.scalars(text(each), _named(each, named))] for each in WRITTEN]


async def taken(sessions: Sessions, offering: UUID) -> list[int]:
    """Places that are taken, by period."""
    async with sessions() as session:
        rows = text("SELECT taken FROM capacity WHERE offering_id = :id")
        return [*await session.scalars(rows, {"id": offering})]


@pytest.mark.parametrize("period", ["day", "week", "session"])
@pytest.mark.parametrize("capacity", [3, None])
async def test_both_ways_write_the_same_rows(
    sessions: Sessions, keys: Keys, clerk_actor: Actor, period: str, capacity: int | None
) -> None:
    more = {"session": "09:00"} if period == "session" else {}
    found = []
    for way in (referrals.refer, referrals.refer_at_once):
        offering = await published(sessions, capacity=capacity, capacity_period=period)
        first, second = await raised_needs(sessions, 2, keys, clerk_actor)
        for each in (first, second):
            await sent(sessions, way, each, offering, clerk_actor, **more)
        told = [await written(sessions, each, offering) for each in (first, second)]
        found.append(_without(told, offering))

    assert found[0] == found[1]
    assert [row["taken"] for row in found[1][1][2]] == [2]


async def test_it_needs_no_ordinary_session_once_the_rules_are_known(
    opened: Database, keys: Keys, clerk_actor: Actor
) -> None:
    sessions, offering = opened.sessions, await published(opened.sessions)
    before, need = await raised_needs(sessions, 2, keys, clerk_actor)
    await sent(sessions, referrals.refer_at_once, before, offering, clerk_actor)
    wish = ReferralIn(need_id=need, offering_id=offering, session_on=DAY)

    def refuse() -> AsyncSession:
        raise AssertionError

    gathering = Gathering(opened.engine)
    given = (opened.engine, refuse, sessions.journal, sessions.told, gathering)
    async with Straight(*given) as straight:
        session: Any = straight
        row = await referrals.refer_at_once(session, wish, by=clerk_actor, now=NOW)
        await shown(session, [row], clerk_actor)

    assert await taken(sessions, offering) == [2]


EDITION = text("SELECT edition FROM rule_edition")
HOLD_DAYS = "UPDATE rule SET value = :days WHERE code = 'hold.expiry'"
NO_RULE = "DELETE FROM rule WHERE code = 'nothing'"


async def test_rules_hold_from_the_transaction_on_that_changes_them(
    sessions: Sessions, keys: Keys, clerk_actor: Actor
) -> None:
    offering, needs = await published(sessions), await raised_needs(sessions, 2, keys, clerk_actor)
    later, expire = DAY + timedelta(days=60), []
    for days, need in zip(("1", "20"), needs, strict=True):
        async with sessions.begin() as session:
            await session.execute(text(HOLD_DAYS), {"days": days})
        way = referrals.refer_at_once
        row = await sent(sessions, way, need, offering, clerk_actor, session_on=later)
        assert row.hold_expires_at is not None
        expire.append(row.hold_expires_at - NOW)

    assert expire[0] < timedelta(days=15) < expire[1]


async def test_each_change_of_the_rules_is_another_edition(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        found = [await session.scalar(EDITION)]
    async with sessions() as session:  # rolled back
        await session.execute(text(HOLD_DAYS), {"days": "7"})
        found.append(await session.scalar(EDITION))
    for change in (HOLD_DAYS.replace(":days", "'7'"), NO_RULE):
        async with sessions.begin() as session:
            await session.execute(text(change))
            found.append(await session.scalar(EDITION))
    async with sessions() as session:
        found.append(await session.scalar(EDITION))

    before, _, _, last, now = found
    assert len({*found}) == len(found) - 1
    assert (before != last, now) == (True, last)


@pytest.mark.parametrize(
    ("scope", "is_let_in"),
    [
        ({}, True),
        ({"area": "310104"}, False),
        ({"line": "education"}, False),
        ({"roles": frozenset({Role.RESIDENT}), "veil": str.upper}, False),
        ({"roles": frozenset({Role.RESIDENT}), "veil": lambda _: "somebody"}, True),
    ],
)
async def test_both_ways_let_the_same_callers_in(
    sessions: Sessions,
    keys: Keys,
    clerk_actor: Actor,
    scope: dict[str, Any],
    is_let_in: bool,
) -> None:
    offering, way_in = await published(sessions), []
    if "roles" in scope:
        scope |= {"kind": ActorKind.RESIDENT}
    for way in (referrals.refer, referrals.refer_at_once):
        (need,) = await raised_needs(sessions, 1, keys, clerk_actor)
        async with sessions.begin() as session:
            mine = update(tables.Need).where(tables.Need.id == need)
            await session.execute(mine.values(resident="somebody"))
        try:
            await sent(sessions, way, need, offering, replace(clerk_actor, **scope))
        except NotFound:
            way_in.append(False)
        else:
            way_in.append(True)

    assert way_in == [is_let_in, is_let_in]


async def test_each_day_has_places_of_its_own(
    sessions: Sessions, keys: Keys, clerk_actor: Actor
) -> None:
    offering = await published(sessions, capacity=2)
    first = (DAY.replace(day=1) + timedelta(days=31)).replace(day=1)
    for day in (first, first + timedelta(days=1)) * 2:
        (need,) = await raised_needs(sessions, 1, keys, clerk_actor)
        await sent(sessions, referrals.refer_at_once, need, offering, clerk_actor, session_on=day)

    assert await taken(sessions, offering) == [2, 2]


async def test_a_need_that_moved_since_it_was_read_takes_no_place(
    sessions: Sessions, need: UUID, clerk_actor: Actor
) -> None:
    first, second = await published(sessions), await published(sessions)

    with pytest.raises(IntegrityError):
        async with sessions.begin() as session:
            wish = ReferralIn(need_id=need, offering_id=first, session_on=DAY)
            assert await referrals.refer_at_once(session, wish, by=clerk_actor, now=NOW)
            await sent(sessions, referrals.refer, need, second, clerk_actor)

    assert (await taken(sessions, first), await taken(sessions, second)) == ([], [1])


@pytest.mark.parametrize("capacity", [1, 2])
async def test_a_period_that_was_opened_since_is_left_to_the_road(
    sessions: Sessions, keys: Keys, clerk_actor: Actor, capacity: int
) -> None:
    offering = await published(sessions, capacity=capacity)
    first, second = await raised_needs(sessions, 2, keys, clerk_actor)

    with pytest.raises(IntegrityError):
        async with sessions.begin() as session:
            wish = ReferralIn(need_id=first, offering_id=offering, session_on=DAY)
            await referrals.refer_at_once(session, wish, by=clerk_actor, now=NOW)
            await sent(sessions, referrals.refer_at_once, second, offering, clerk_actor)

    assert await taken(sessions, offering) == [1]


async def test_what_wants_more_places_than_there_are_by_now_leaves_no_trace(
    sessions: Sessions, need: UUID, clerk_actor: Actor
) -> None:
    offering = await published(sessions, capacity=2)
    wish = ReferralIn(need_id=need, offering_id=offering, session_on=DAY, places=2)

    with pytest.raises(IntegrityError):
        async with sessions.begin() as session:
            await referrals.refer_at_once(session, wish, by=clerk_actor, now=NOW)
            await published(sessions, offering, capacity=1)

    (_, (need_now,), capacity, marks) = await written(sessions, need, offering)
    assert (need_now["status"], capacity, marks) == ("open", [], [])


async def test_a_full_period_is_left_to_the_road_before_anything_is_written(
    sessions: Sessions, keys: Keys, clerk_actor: Actor
) -> None:
    offering = await published(sessions, capacity=1)
    first, second = await raised_needs(sessions, 2, keys, clerk_actor)
    await sent(sessions, referrals.refer_at_once, first, offering, clerk_actor)

    with pytest.raises(referrals.AsksForMoreError):
        await sent(sessions, referrals.refer_at_once, second, offering, clerk_actor)


async def test_a_room_is_left_to_the_road(
    sessions: Sessions, need: UUID, clerk_actor: Actor
) -> None:
    space = "01900000-0000-7000-8000-000000000009"
    offering = await published(sessions, space_id=space)

    with pytest.raises(referrals.AsksForMoreError):
        await sent(sessions, referrals.refer_at_once, need, offering, clerk_actor)


def _named(sql: str, values: dict[str, UUID]) -> dict[str, UUID]:
    return {name: value for name, value in values.items() if f":{name}" in sql}


def _without(told: list[list[Any]], offering: UUID) -> list[list[Any]]:
    """What was written, without the offering's own id."""
    for (referral,), *_ in told:
        assert referral.pop("offering_id") == str(offering)
    return told
