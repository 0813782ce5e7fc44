"""Whoever reads all proposals at every moment cannot tell how many the few are who came.

Neither who supports one, nor who came between two moments, nor whom a merger brought along.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import utc_now
from common.contracts.feedback_proposals import MergerIn, Proposal, ProposalIn, ProposalStatus
from common.contracts.shapes import SMALLEST_FIGURE
from common.crypto.keys import Keys
from common.suppression.flows import WIDTH
from feedback import tables, worker
from feedback.queries import proposals as queries
from feedback.usecases import proposals
from tests.feedback.polls import PROPOSAL, Sessions, living, office

NUMBER, RESIDENTS = 3, 45
NOBODY = Actor.anonymous()
Row = dict[int, int]

come = st.tuples(st.just("come"), st.integers(0, NUMBER - 1), st.integers(1, 14))
merge = st.tuples(st.just("merge"), st.integers(0, NUMBER - 1), st.integers(0, NUMBER - 1))
night = st.tuples(st.just("night"), st.just(0), st.just(0))
histories = st.lists(st.one_of(come, come, merge, night), min_size=4, max_size=12)


@dataclass
class Attacker:
    """Knows of every merger and every public answer; not who came in between.

    The unknowns are how many came to each proposal before each event, and how many a merger
    brought. `counts` are the supporters of each proposal at each moment, as sums of unknowns.
    """

    counts: list[list[Row]] = field(default_factory=lambda: [[{}] for _ in range(NUMBER)])
    brought: list[int] = field(default_factory=list)
    known: list[tuple[Row, float, float]] = field(default_factory=list)
    unknowns: int = 0

    def new(self) -> int:
        self.unknowns += 1
        return self.unknowns - 1

    def passes(self, seen: Sequence[Proposal]) -> None:
        """Some may have come to whatever is open until an event."""
        for at, each in enumerate(seen):
            row = dict(self.counts[at][-1])
            if each.status is not ProposalStatus.MERGED:
                row[self.new()] = 1
            self.counts[at].append(row)
            self.known.append((row, 1, np.inf))  # the proposer

    def merged(self, one: int, other: int) -> None:
        """At most all of one came to the other."""
        came = self.new()
        self.brought.append(came)
        self.known.append(({**self.counts[one][-1], came: -1}, 0, np.inf))
        self.counts[other].append({**self.counts[other][-1], came: 1})

    def read(self, seen: Sequence[Proposal]) -> None:
        """What a night tells, and what it tells by being silent."""
        for at, each in enumerate(seen):
            least = each.supporters or 1
            most = (each.supporters or 0) + SMALLEST_FIGURE - 1
            if each.status is ProposalStatus.SUPPORTED:
                least = max(least, each.threshold)
            if each.status is ProposalStatus.PROPOSED:
                most = min(most, each.threshold - 1)
            self.known.append((self.counts[at][-1], least, most))

    def bounds(self, row: Row) -> tuple[int, int]:
        """The least and the greatest that a sum of whole people can be."""
        rows = np.array([self._line(each) for each, _, _ in self.known])
        known = LinearConstraint(rows, [e[1] for e in self.known], [e[2] for e in self.known])
        line = self._line(row)
        found = [
            milp(sign * line, constraints=known, integrality=np.ones_like(line)) for sign in (1, -1)
        ]
        assert found[0].success, "what is told contradicts itself"
        return round(found[0].fun), round(-found[1].fun) if found[1].success else 10**6

    def _line(self, row: Row) -> np.ndarray:
        line = np.zeros(self.unknowns)
        for at, factor in row.items():
            line[at] = factor
        return line


class Street:
    """Proposals as they really are, and what everybody may read of them."""

    def __init__(self, session: AsyncSession, keys: Keys) -> None:
        self.session, self.keys = session, keys
        self.rows: list[tables.Proposal] = []
        self.attacker = Attacker()
        self.counts: list[list[int]] = [[0] for _ in range(NUMBER)]
        self.brought: list[int] = []

    async def begin(self, now: datetime) -> None:
        for at in range(NUMBER):
            wish = ProposalIn(**PROPOSAL)
            proposer = living(self.keys, f"resident-{at}")
            self.rows.append(await proposals.propose(self.session, wish, by=proposer, now=now))

    def seen(self) -> list[Proposal]:
        return [queries.shown(row, NOBODY) for row in self.rows]

    async def come(self, at: int, number: int, now: datetime) -> None:
        """The next who do not support it yet; nobody sees anything of it."""
        before, row = self.seen(), self.rows[at]
        if row.status == ProposalStatus.MERGED:
            return
        first = row.supporters + 7 * at  # other people for each proposal, some the same
        for each in range(first, first + number):
            somebody = living(self.keys, f"resident-{each % RESIDENTS}")
            await proposals.support(self.session, row.id, by=somebody, now=now)
        assert self.seen() == before

    async def merge(self, one: int, other: int, now: datetime) -> None:
        """One goes into another; nobody sees more than that."""
        row, into = self.rows[one], self.rows[other]
        if one == other or ProposalStatus.MERGED in (row.status, into.status):
            return
        self._passes()
        before, number = self.seen()[other], into.supporters
        said = MergerIn(into_id=into.id, reason="内容相同")
        await proposals.merge(self.session, row.id, said, version=row.version, by=office(), now=now)
        self.brought.append(into.supporters - number)
        self.counts[other].append(into.supporters)
        self.attacker.merged(one, other)
        assert self.seen()[other] == before

    async def night(self, now: datetime) -> None:
        """What is told, once a day."""
        self._passes()
        await queries.tell(self.session, now)
        for row in self.rows:
            await self.session.refresh(row)
        self.attacker.read(self.seen())

    def _passes(self) -> None:
        self.attacker.passes(self.seen())
        for at, row in enumerate(self.rows):
            self.counts[at].append(row.supporters)

    def follows(self) -> list[tuple[int, int, int]]:
        """Figures on the few that somebody who read everything can tell, or nearly."""
        brought = zip(self.brought, self.attacker.brought, strict=True)
        figures = [(real, {at: 1}) for real, at in brought]
        for real, rows in zip(self.counts, self.attacker.counts, strict=True):
            moments = list(zip(real, rows, strict=True))
            for (before, early), (after, late) in combinations(moments, 2):
                if 0 < after - before < SMALLEST_FIGURE:
                    came = {at: late[at] - early.get(at, 0) for at in late}
                    figures.append((after - before, came))
        found = []
        for real, row in figures:
            if 0 < real < SMALLEST_FIGURE:
                least, most = self.attacker.bounds(row)
                assert least <= real <= most
                if most - least < WIDTH:
                    found.append((real, least, most))
        return found


@given(histories)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_no_figure_on_a_few_supporters_follows_from_all_that_is_read(
    sessions: Sessions, keys: Keys, history: list[tuple[str, int, int]]
) -> None:
    now = utc_now()
    async with sessions() as session:
        street = Street(session, keys)
        await street.begin(now)
        for what, one, other in [*history, ("night", 0, 0)]:
            if what == "come":
                await street.come(one, other, now)
            elif what == "merge":
                await street.merge(one, other, now)
            else:
                await street.night(now)
        assert street.follows() == []
        await session.rollback()


async def test_supporters_are_told_once_a_day_and_reaching_the_threshold_with_them(
    sessions: Sessions, keys: Keys
) -> None:
    now = utc_now()
    async with sessions.begin() as session:
        street = Street(session, keys)
        await street.begin(now)
        await street.come(0, 24, now)
    row = street.rows[0]
    told = []
    for hours in (0, 1, 25):
        await worker.tell_supporters(sessions, now=now + timedelta(hours=hours))
        async with sessions.begin() as session:
            row = await queries.found(session, row.id)
            told.append((queries.shown(row, NOBODY).status, queries.shown(row, NOBODY).supporters))
            if len(told) == 1:
                for each in range(25, 40):
                    somebody = living(keys, f"late-{each}")
                    await proposals.support(session, row.id, by=somebody, now=now)

    assert row.supporters == 25 + 15
    assert told == [("supported", 20), ("supported", 20), ("supported", 40)]
