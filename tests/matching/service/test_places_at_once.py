"""Many callers at once for few places, on connections of their own: never one too many."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.auth.actor import Actor
from common.clock import city_day, utc_now
from common.contracts.matching import ReferralStatus
from common.contracts.matching_referrals import ReferralIn, TransferIn
from common.crypto.keys import Keys
from common.db import Database, database
from common.errors import Problem
from matching import worker
from matching.usecases import referral_steps, referrals
from tests.harness import Urls
from tests.matching.cases import Sessions, published
from tests.matching.crowd import raised_needs

CROWD, PLACES = 200, 20


@pytest.fixture
async def many(fresh_database: Urls) -> AsyncIterator[Database]:
    """A database of its own, and as many connections as callers get at once.

    All wait for a connection as long as the machine needs: nobody is to be refused for that.
    """
    async with database(fresh_database.app, pool_size=16, wait_s=300) as opened:
        yield opened


async def asked(
    sessions: Sessions, need_id: UUID, offering: UUID, by: Actor, **more: Any
) -> UUID | str:
    """The referral that came of it, or the slug of the refusal.

    Every other one tries without a lock first.
    """
    day = city_day(utc_now()) + timedelta(days=1)
    wish = ReferralIn(need_id=need_id, offering_id=offering, session_on=day, **more)
    if need_id.int % 2:
        with suppress(IntegrityError, Problem, referrals.AsksForMoreError):
            async with sessions.begin() as session:
                row = await referrals.refer_at_once(session, wish, by=by, now=utc_now())
            return row.id
    try:
        async with sessions.begin() as session:
            return (await referrals.refer(session, wish, by=by, now=utc_now())).id
    except Problem as refusal:
        return refusal.slug


async def counted(sessions: Sessions, offering: UUID) -> tuple[int, int, int]:
    """Places taken by the counter, by the referrals, and how many wait."""
    async with sessions() as session:
        row = (
            await session.execute(
                text("SELECT sum(taken), sum(waiting) FROM capacity WHERE offering_id = :id"),
                {"id": offering},
            )
        ).one()
        held = await session.scalar(
            text(
                "SELECT coalesce(sum(places), 0) FROM referral WHERE offering_id = :id"
                " AND status IN ('held', 'accepted', 'served')"
            ),
            {"id": offering},
        )
    return int(row[0]), int(held), int(row[1])


async def test_of_two_hundred_callers_exactly_twenty_get_a_place(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=PLACES)
    crowd = await raised_needs(many.sessions, CROWD, keys, clerk_actor)

    answers = await asyncio.gather(
        *(asked(many.sessions, each, offering, clerk_actor) for each in crowd)
    )

    told = Counter(answer for answer in answers if isinstance(answer, str))
    assert told == {"offering-full": CROWD - PLACES}
    assert await counted(many.sessions, offering) == (PLACES, PLACES, 0)


async def test_callers_for_several_places_never_take_more_than_there_are(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=PLACES)
    crowd = await raised_needs(many.sessions, 40, keys, clerk_actor)

    await asyncio.gather(
        *(
            asked(many.sessions, each, offering, clerk_actor, places=1 + number % 4)
            for number, each in enumerate(crowd)
        )
    )

    taken, held, _ = await counted(many.sessions, offering)
    assert taken == held <= PLACES
    assert taken >= PLACES - 3


async def test_while_some_leave_and_others_wait_the_count_stays_true(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=5)
    crowd = await raised_needs(many.sessions, 60, keys, clerk_actor)

    async def come_and_go(number: int, need_id: UUID) -> None:
        made = await asked(many.sessions, need_id, offering, clerk_actor, wait=True)
        if isinstance(made, UUID) and number % 2:
            step = referral_steps.Step(ReferralStatus.WITHDRAWN, clerk_actor, utc_now())
            async with many.sessions.begin() as session:
                await referral_steps.take(session, made, step)

    await asyncio.gather(*(come_and_go(*each) for each in enumerate(crowd)))

    assert await counted(many.sessions, offering) == (5, 5, 25)


async def test_lowering_the_places_meets_callers_and_nobody_is_lost(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=30)
    crowd = await raised_needs(many.sessions, 40, keys, clerk_actor)

    calls = [asked(many.sessions, each, offering, clerk_actor) for each in crowd]
    answers = await asyncio.gather(*calls, published(many.sessions, offering, capacity=10))

    made = [each for each in answers[:-1] if isinstance(each, UUID)]
    taken, held, _ = await counted(many.sessions, offering)
    async with many.sessions() as session:
        row = (await session.execute(text("SELECT places, excess FROM capacity"))).one()
    assert taken == held == len(made)
    assert tuple(row) == (10, max(taken - 10, 0))


async def test_two_that_are_handed_over_to_each_other_s_places_both_arrive(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    here, there = [await published(many.sessions, capacity=5) for _ in range(2)]
    needs = await raised_needs(many.sessions, 2, keys, clerk_actor)
    made = [
        await asked(many.sessions, need, at, clerk_actor)
        for need, at in zip(needs, (here, there), strict=True)
    ]

    async def handed_over(referral_id: Any, to: UUID) -> str:
        async with many.sessions.begin() as session:
            wish = TransferIn(offering_id=to)
            row = await referrals.hand_over(
                session, referral_id, wish, version=1, by=clerk_actor, now=utc_now()
            )
            return row.status

    async with many.sessions.begin() as session:  # both hold what they leave before they go on
        await session.execute(text("SELECT FROM referral FOR UPDATE"))
        both = [
            asyncio.create_task(handed_over(*each))
            for each in zip(made, (there, here), strict=True)
        ]
        async with asyncio.timeout(30):
            while await waiting(many.sessions) < 2:
                await asyncio.sleep(0.05)

    assert await asyncio.gather(*both) == ["held", "held"]
    assert await counted(many.sessions, here) == await counted(many.sessions, there) == (1, 1, 0)


async def test_a_step_goes_on_beside_a_feed_that_passes_its_offering_on(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    """Both take the places first, then the referral."""
    offering = await published(many.sessions, capacity=1)
    needs = await raised_needs(many.sessions, 2, keys, clerk_actor)
    first = await asked(many.sessions, needs[0], offering, clerk_actor)
    await asked(many.sessions, needs[1], offering, clerk_actor, wait=True)

    async with many.sessions.begin() as session:
        await session.execute(text("SELECT FROM capacity FOR UPDATE"))
        new = {"capacity": 1, "provider_id": str(uuid4())}
        told = asyncio.create_task(published(many.sessions, offering, **new))
        async with asyncio.timeout(30):
            while await waiting(many.sessions) < 1:
                await asyncio.sleep(0.05)
        await session.execute(
            text("SELECT FROM referral WHERE id = :id FOR UPDATE NOWAIT"), {"id": first}
        )
    assert await told == offering


async def waiting(sessions: Sessions) -> int:
    """How many wait for a lock."""
    told = "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with sessions() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM pg_stat_activity {told}")) or 0)


async def test_a_statement_that_forgot_its_condition_is_refused_by_the_table(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=1)
    (need,) = await raised_needs(many.sessions, 1, keys, clerk_actor)
    await asked(many.sessions, need, offering, clerk_actor)

    with pytest.raises(IntegrityError, match="never_oversold"):
        async with many.sessions.begin() as session:
            await session.execute(text("UPDATE capacity SET taken = taken + 1"))


async def test_holds_that_nobody_answers_are_released_and_passed_on(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=1)
    first, second = await raised_needs(many.sessions, 2, keys, clerk_actor)
    held = await asked(many.sessions, first, offering, clerk_actor)
    waits = await asked(many.sessions, second, offering, clerk_actor, wait=True)

    async def statuses() -> dict[UUID, str]:
        async with many.sessions() as session:
            rows = await session.execute(text("SELECT id, status FROM referral"))
            return {row.id: row.status for row in rows}

    await asyncio.gather(*(worker.expire(many, now=utc_now()) for _ in range(3)))
    assert set((await statuses()).values()) == {"held", "waitlisted"}

    async with many.sessions.begin() as session:
        await session.execute(text("UPDATE referral SET hold_expires_at = now() - interval '1 h'"))
    await asyncio.gather(*(worker.expire(many, now=utc_now()) for _ in range(3)))
    found = await statuses()
    assert (found[held], found[waits]) == ("expired", "held")

    much_later = utc_now() + timedelta(days=3)
    await worker.expire(many, now=much_later)
    assert (await statuses())[waits] == "expired"
    assert await counted(many.sessions, offering) == (0, 0, 0)


def failed() -> float:
    """How often a step of the job that releases holds has failed."""
    return REGISTRY.get_sample_value("job_failures_total", {"task": "referral-expiry"}) or 0


async def test_a_hold_that_cannot_be_released_keeps_none_that_ended_later_from_it(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    broken, well = [await published(many.sessions, capacity=1) for _ in range(2)]
    needs = await raised_needs(many.sessions, 2, keys, clerk_actor)
    first, second = [
        await asked(many.sessions, need, at, clerk_actor)
        for need, at in zip(needs, (broken, well), strict=True)
    ]
    async with many.sessions.begin() as session:
        late = text("UPDATE referral SET hold_expires_at = :at WHERE id = :id")
        for hours, referral_id in ((2, first), (1, second)):
            at = utc_now() - timedelta(hours=hours)
            await session.execute(late, {"at": at, "id": referral_id})
        gone = text("DELETE FROM capacity WHERE offering_id = :id")
        await session.execute(gone, {"id": broken})
    before = failed()
    released = await worker.expire(many, now=utc_now())

    async with many.sessions() as session:
        rows = await session.execute(text("SELECT id, status FROM referral"))
        found = {row.id: row.status for row in rows}
    assert (released, found) == (1, {first: "held", second: "expired"})
    assert failed() == before + 1


async def test_one_need_is_referred_once_however_often_it_is_asked(
    many: Database, clerk_actor: Actor, keys: Keys
) -> None:
    offering = await published(many.sessions, capacity=PLACES)
    (need,) = await raised_needs(many.sessions, 1, keys, clerk_actor)

    answers = await asyncio.gather(
        *(asked(many.sessions, need, offering, clerk_actor) for _ in range(10))
    )

    told = Counter(answer for answer in answers if isinstance(answer, str))
    assert told == {"need-already-referred": 9}
    assert await counted(many.sessions, offering) == (1, 1, 0)
