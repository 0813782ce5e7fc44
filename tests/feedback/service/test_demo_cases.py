"""The demo city's cases keep their clocks, and its votes end in agendas."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.contracts.feedback_votes import VoteStatus
from common.crypto.keys import Keys
from common.demo import DemoOffering
from common.ids import uuid7
from feedback import tables
from feedback.demo.cases import cases_of
from feedback.demo.load import BY, load_cases
from feedback.demo.votes import BALLOTS, decide
from feedback.domain import cases as rules
from feedback.usecases.cases import opened_words
from tests.demo_offerings import demo_offering

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
COUNT = 1_200
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def offerings() -> list[DemoOffering]:
    """Three sorts of services in two streets."""
    return [
        demo_offering(street, category, office=office)
        for street, office in ((2, uuid7()), (3, uuid7()))
        for category in ("meal_delivery", "home_care", "legal_aid")
    ]


def test_cases_come_in_one_after_the_other(offerings: list[DemoOffering]) -> None:
    made = list(cases_of(offerings, 500, seed=1, now=NOW))

    assert made == list(cases_of(offerings, 500, seed=1, now=NOW))
    assert all(a.received_at <= b.received_at for a, b in pairwise(made))
    assert made[-1].received_at < NOW


async def test_a_case_has_the_steps_that_lead_to_where_it_stands(
    sessions: Sessions, offerings: list[DemoOffering], keys: Keys
) -> None:
    async with sessions.begin() as session:
        counts = await load_cases(session, offerings, COUNT, keys=keys, now=NOW)

    async with sessions() as session:
        cases = [*await session.scalars(select(tables.Case))]
        steps = [*await session.scalars(select(tables.CaseStep).order_by(tables.CaseStep.seq))]
    of_case: dict[object, list[tables.CaseStep]] = {}
    for step in steps:
        of_case.setdefault(step.case_id, []).append(step)
    assert counts["case"] == len(cases) == COUNT
    for case in cases:
        history = of_case[case.id]
        assert [step.seq for step in history] == list(range(1, case.version + 1))
        assert history[-1].status == case.status
        for before, after in pairwise(history):
            assert after.status in rules.STEPS[rules.S(before.status)]
            assert before.at <= after.at <= NOW
    late = [case for case in cases if case.overdue_at is not None]
    assert 0 < len(late) < COUNT / 10
    assert all(case.fixed_at is not None and case.fixed_at > case.due_at for case in late)
    assert opened_words(keys, cases[0]).startswith("演示数据")


async def test_each_street_has_voted_and_its_agenda_stands(
    sessions: Sessions, offerings: list[DemoOffering], keys: Keys
) -> None:
    counts = await decide(sessions, offerings, keys=keys, by=BY, seed=1, now=NOW)

    async with sessions() as session:
        votes = [*await session.scalars(select(tables.Vote))]
        roll = await session.scalar(select(func.count()).select_from(tables.RollEntry))
        agendas = [*await session.scalars(select(tables.Agenda))]
    assert counts == {"proposal": 6, "vote": 2, "agenda": 2}
    assert Counter(vote.status for vote in votes) == {VoteStatus.COUNTED: 2}
    assert [vote.ballots for vote in votes] == [BALLOTS, BALLOTS]
    assert roll == 2 * BALLOTS
    assert all(0 < agenda.items_fen <= agenda.pot_fen for agenda in agendas)
