"""Votes on real connections at once: one vote each, none lost, none after the count."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from common.clock import city_day, utc_now
from common.contracts.feedback_agendas import AgendaIn, ReplacementIn, ResolvedItemIn
from common.contracts.feedback_votes import BallotIn, SheetIn
from common.crypto.keys import Keys
from common.db import database
from common.ids import uuid7
from common.records import made
from deploy.local.environment import Urls
from feedback import tables
from feedback.domain.proposals import ProposalBound
from feedback.domain.votes import AlreadyVoted, VoteCannotMove, VoteNotOpen
from feedback.usecases import agendas, ballots, cards, vote_counting, votes
from tests.feedback.polls import (
    STREET_AREA,
    Sessions,
    cast,
    counted,
    feasible,
    living,
    office,
    published,
    wish,
)

LISTED = (
    "INSERT INTO agenda_item (agenda_id, id, position, proposal_id, title, category, area_code,"
    " target_groups, money_fen, votes, reason, resolutions) SELECT :agenda, gen_random_uuid(), 1,"
    " id, title, category, area_code, target_groups, 100, 0, '-', '{}' FROM proposal"
    " WHERE id = :proposal"
)


def agenda_row() -> tables.Agenda:
    """An agenda of meetings, with nothing on it yet."""
    agenda_id, now = uuid7(), utc_now()
    return tables.Agenda(
        id=agenda_id,
        number=f"T{agenda_id}",
        area_code=STREET_AREA,
        title="会议票决的项目",
        status="published",
        pot_fen=1000,
        pot_document="南东办〔2026〕13号",
        pot_approved_by_id=agenda_id,
        pot_approved_on=city_day(now),
        items_fen=0,
        rule="resolution",
        decided_at=now,
        published_at=now,
        **made(office(), now),
    )


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


async def test_of_two_ballots_with_the_same_proposal_one_is_published(
    two: Sessions, keys: Keys
) -> None:
    opens_at = utc_now() + timedelta(days=5)
    async with two.begin() as session:
        options = await feasible(session, keys)
        drafts = [
            await votes.set_up(session, wish(options, opens_at), by=office(), now=utc_now())
            for _ in range(2)
        ]

    async def publish(draft: tables.Vote) -> tables.Vote:
        async with two.begin() as session:
            return await votes.publish(
                session, draft.id, version=1, keys=keys, by=office(), now=utc_now()
            )

    both = await asyncio.gather(*map(publish, drafts), return_exceptions=True)

    assert [type(each) for each in both].count(ProposalBound) == 1
    with pytest.raises(IntegrityError, match="another published ballot"):
        async with two.begin() as session:
            await session.execute(
                text(
                    "UPDATE vote SET status = 'published', published_at = now()"
                    " WHERE status = 'draft'"
                )
            )
    async with two() as session:
        statuses = await session.scalars(select(tables.Vote.status).order_by(tables.Vote.status))
        assert [*statuses] == ["draft", "published"]


async def test_a_proposal_stands_on_one_agenda_in_force_whoever_writes_it(
    two: Sessions, keys: Keys
) -> None:
    async with two.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
        agendas = [agenda_row(), agenda_row()]
        session.add_all(agendas)
    listed = text(LISTED)

    async with two() as first, two() as second:
        await first.execute(listed, {"agenda": agendas[0].id, "proposal": proposal.id})
        waiting = asyncio.create_task(
            second.execute(listed, {"agenda": agendas[1].id, "proposal": proposal.id})
        )
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await first.commit()
        with pytest.raises(IntegrityError, match="another agenda in force"):
            await waiting


async def test_who_publishes_an_agenda_of_a_vote_again_waits_for_who_replaces_it(
    two: Sessions, keys: Keys
) -> None:
    vote = await counted(two, keys, [[1], [1, 2], [2, 3], [3]])
    wished = AgendaIn(vote_id=vote.id, title="2026年为民服务项目")
    async with two.begin() as session:
        old = await agendas.from_vote(session, wished, by=office(), now=utc_now())
        item = (await session.scalars(select(tables.AgendaItem))).first()
    assert item is not None
    items = [ResolvedItemIn(proposal_id=item.proposal_id, money_fen=item.money_fen)]
    other = ReplacementIn(items=items, reason="其余项目已由区级资金覆盖")

    async def replace() -> tables.Agenda:
        async with two.begin() as session:
            return await agendas.replace(
                session, old.id, other, version=1, by=office(), now=utc_now()
            )

    async def publish() -> tables.Agenda:
        async with two.begin() as session:
            return await agendas.from_vote(session, wished, by=office(), now=utc_now())

    async with two.begin() as session:  # who replaces it has looked at it, and waits
        await session.get(tables.Proposal, item.proposal_id, with_for_update=True)
        replacing = asyncio.create_task(replace())
        await asyncio.wait({replacing}, timeout=0.5)
        publishing = asyncio.create_task(publish())
        await asyncio.wait({publishing}, timeout=0.5)
    new, refused = await asyncio.gather(replacing, publishing, return_exceptions=True)

    assert isinstance(new, tables.Agenda), new
    assert new.replaces_id == old.id
    assert "uq_agenda_vote_in_force" in str(refused)


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
        issued = await cards.issue(session, vote.id, 2, keys=keys, by=office())
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
