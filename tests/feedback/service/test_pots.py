"""One document approves one sum: all votes and agendas under it together stay within it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from common.clock import utc_now
from common.contracts.feedback_proposals import WithdrawalIn
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Urls
from feedback import tables
from feedback.domain.pots import PotDiffers, PotExceeded
from feedback.usecases import votes
from tests.feedback.polls import POT_FEN, Sessions, office, published

ALL: dict[str, Any] = {"pot_total_fen": None}  # the document approves what the first one asks for
WHY = WithdrawalIn(reason="资金另有安排")


@pytest.fixture
async def two(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions on connections of their own."""
    async with database(fresh_database.app, pool_size=3) as opened:
        yield opened.sessions


async def pot_of(sessions: Sessions) -> tuple[int, int]:
    async with sessions() as session:
        row = (await session.scalars(select(tables.Pot))).one()
        return row.total_fen, row.held_fen


async def test_a_second_vote_does_not_spend_the_same_money(sessions: Sessions, keys: Keys) -> None:
    first = await published(sessions, keys, **ALL)
    with pytest.raises(PotExceeded) as refused:
        await published(sessions, keys, **ALL)
    with pytest.raises(PotDiffers):
        await published(sessions, keys, pot_total_fen=2 * POT_FEN)
    held = await pot_of(sessions)
    async with sessions.begin() as session:
        await votes.withdraw(session, first.id, WHY, version=2, by=office(), now=utc_now())
    given_back = await pot_of(sessions)
    await published(sessions, keys, pot_total_fen=2 * POT_FEN)  # set right while nothing is held
    await published(sessions, keys, **ALL)

    assert refused.value.slug == "pot-exceeded"
    assert (held, given_back) == ((POT_FEN, POT_FEN), (POT_FEN, 0))
    assert await pot_of(sessions) == (2 * POT_FEN, 2 * POT_FEN)


async def test_the_database_holds_the_total_whoever_writes(sessions: Sessions, keys: Keys) -> None:
    await published(sessions, keys, **ALL)
    again = (
        "INSERT INTO vote SELECT (jsonb_populate_record(v, to_jsonb(v)"
        " || jsonb_build_object('id', gen_random_uuid(), 'number', 'X'))).* FROM vote v"
    )

    with pytest.raises(IntegrityError, match="within_the_total"):
        async with sessions.begin() as session:
            await session.execute(text(again))


async def test_of_two_votes_published_at_once_one_gets_the_money(two: Sessions, keys: Keys) -> None:
    came = await asyncio.gather(
        *(published(two, keys, **ALL) for _ in range(2)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in came) == ["PotExceeded", "Vote"]
    assert await pot_of(two) == (POT_FEN, POT_FEN)
