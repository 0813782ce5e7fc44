"""Votes on real connections at once: one vote each, none lost, none after the count."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from common.contracts.feedback_votes import BallotIn, SheetIn
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Urls
from feedback import tables
from feedback.domain.votes import AlreadyVoted, VoteCannotMove, VoteNotOpen
from feedback.usecases import ballots, vote_counting
from tests.feedback.polls import Sessions, cast, living, office, published


@pytest.fixture
async def two(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions on connections of their own."""
    async with database(fresh_database.app, pool_size=6) as opened:
        yield opened.sessions


async def one(
    sessions: Sessions, keys: Keys, vote: tables.Vote, name: str, choices: list[int]
) -> object:
    async with sessions.begin() as session:
        return await ballots.cast(
            session,
            vote.id,
            BallotIn(choices=choices),
            keys=keys,
            by=living(keys, name),
            now=vote.opens_at + timedelta(hours=1),
        )


async def test_the_same_resident_twice_at_once_has_one_vote(two: Sessions, keys: Keys) -> None:
    vote = await published(two, keys)
    both = await asyncio.gather(
        *(one(two, keys, vote, "resident-1", [choice]) for choice in (1, 2)),
        return_exceptions=True,
    )
    async with two() as session:
        roll = await session.scalar(select(func.count()).select_from(tables.RollEntry))

    assert [type(each) is AlreadyVoted for each in both].count(True) == 1
    assert roll == 1


async def test_ballots_that_meet_at_one_urn_are_all_in_it(two: Sessions, keys: Keys) -> None:
    vote = await published(two, keys, electors=100)
    await asyncio.gather(*(one(two, keys, vote, f"voter-{at}", [1 + at % 3]) for at in range(12)))
    async with two.begin() as session:
        row = await vote_counting.count(
            session, vote.id, version=2, keys=keys, by=office(), now=vote.closes_at
        )
    async with two() as session:
        counted = (await session.scalars(select(tables.CountedBallot.choices))).all()

    assert row.ballots == 12
    assert sorted(map(tuple, counted)) == sorted([(1,), (2,), (3,)] * 4)


async def test_two_counts_at_once_give_one_result_and_nobody_votes_after(
    two: Sessions, keys: Keys
) -> None:
    vote = await published(two, keys)
    await cast(two, keys, vote, [[1], [2], [3]])

    async def count() -> tables.Vote:
        async with two.begin() as session:
            return await vote_counting.count(
                session, vote.id, version=2, keys=keys, by=office(), now=vote.closes_at
            )

    both = await asyncio.gather(count(), count(), return_exceptions=True)
    late = await asyncio.gather(one(two, keys, vote, "late", [1]), return_exceptions=True)

    assert sum(isinstance(each, tables.Vote) for each in both) == 1
    assert isinstance(late[0], VoteNotOpen)


async def test_who_takes_paper_or_enters_a_sheet_during_the_count_finds_the_vote_over(
    two: Sessions, keys: Keys
) -> None:
    """Else a counted vote would have a voter, or a paper ballot, that its count has not seen."""
    vote = await published(two, keys, unit="household", credential="card", ballots_min=1)
    hour = vote.opens_at + timedelta(hours=1)
    async with two.begin() as session:
        issued = await ballots.issue_cards(session, vote.id, 2, keys=keys, by=office())
        ballot, voter = BallotIn(choices=[1], card=issued.cards[0]), living(keys, "voter")
        await ballots.cast(session, vote.id, ballot, keys=keys, by=voter, now=hour)

    async def take() -> object:
        async with two.begin() as session:
            card = issued.cards[1]
            return await ballots.hand_out_paper(
                session, vote.id, card, keys=keys, by=office(), now=hour
            )

    async def enter() -> object:
        async with two.begin() as session:
            said = SheetIn(sheet=1, choices=[2])
            return await ballots.enter_sheet(
                session, vote.id, said, by=office(), now=vote.closes_at
            )

    async with two.begin() as session:
        await vote_counting.count(
            session, vote.id, version=2, keys=keys, by=office(), now=vote.closes_at
        )
        late = [asyncio.create_task(each()) for each in (take, enter)]
        await asyncio.wait(late, timeout=0.5)
    came = await asyncio.gather(*late, return_exceptions=True)
    async with two() as session:
        roll = await session.scalar(select(func.count()).select_from(tables.RollEntry))
        sheets = await session.scalar(select(func.count()).select_from(tables.PaperSheet))

    assert [type(each) for each in came] == [VoteNotOpen, VoteCannotMove]
    assert (roll, sheets) == (1, 0)
