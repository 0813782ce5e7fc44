"""Whatever is called in whatever order: one rating a service, one vote each, agendas as voted."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from common import following
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.feed.client import Change
from deploy.local.environment import Secrets
from feedback import tables
from feedback.consumers import FOLLOWED
from feedback.usecases import deliveries
from feedback.usecases.ratings import praise_by_default
from tests.clock import Clock, started, timed
from tests.feedback.cases import HOME
from tests.feedback.polls import Sessions, published, send
from tests.feedback.served import rater_of, state, told
from tests.harness import Databases, build

Header = dict[str, str]
WALK = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DIFFERING = text(
    "WITH chosen AS (SELECT r.vote_id, o.proposal_id, o.cost_fen, r.position FROM vote_result r"
    " JOIN vote_option o USING (vote_id, number) WHERE r.position IS NOT NULL)"
    " SELECT a.id FROM agenda a WHERE a.vote_id = :vote AND a.change_reason IS NULL AND ("
    " EXISTS (SELECT vote_id, proposal_id, cost_fen, position FROM chosen WHERE vote_id = :vote"
    " EXCEPT SELECT a.vote_id, proposal_id, money_fen, position FROM agenda_item"
    " WHERE agenda_id = a.id) OR EXISTS (SELECT a.vote_id, proposal_id, money_fen, position"
    " FROM agenda_item WHERE agenda_id = a.id EXCEPT SELECT vote_id, proposal_id, cost_fen,"
    " position FROM chosen WHERE vote_id = :vote))"
)


@pytest.fixture(scope="module")
async def timed_app(databases: Databases, secrets: Secrets) -> AsyncIterator[Any]:
    """The feedback, with its clock in the test's hand."""
    app = build("feedback", databases.shared("feedback"), secrets, worker="false")
    async with started(app) as running:
        yield app, running


@pytest.fixture
def clock() -> Clock:
    """Now, until a test moves it."""
    return Clock(utc_now())


@pytest.fixture
async def calls(
    timed_app: Any, sessions: Sessions, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    async with timed(*timed_app, clock, sessions=sessions) as client:
        yield client


@dataclass
class Poll:
    """A vote by card under a hail of calls; what is refused is refused, nothing may break."""

    calls: httpx.AsyncClient
    sessions: Sessions
    clock: Clock
    bearer: Callable[..., Header]
    vote: tables.Vote
    cards: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    results: list[Any] = field(default_factory=list)

    async def post(self, who: Header, path: str, **body: Any) -> httpx.Response:
        """The answer to a call that starts from the newest version."""
        shown = await self.calls.get(path.rpartition("/")[0], headers=who)
        version = shown.json().get("version", 0) if shown.status_code == 200 else 0
        answer = await send(self.calls, who, path, version, **body)
        assert answer.status_code < 500, answer.text
        return answer

    def staff(self, number: int) -> Header:
        """One of three at the desk."""
        return self.bearer(Role.CLERK, area="310101002", line="*", subject=f"desk-{number}")

    @property
    def head(self) -> Header:
        return self.bearer(Role.STREET_HEAD, area="310101002", line="*", subject="head-of-street")

    async def cast(self, n: int) -> None:
        """Somebody votes with some card, perhaps a second time or with another's."""
        who = f"resident-{n % 3}"
        voter = self.bearer(Role.RESIDENT, subject=who, area=HOME)
        card = self.cards[n % len(self.cards)]
        path = f"/v1/votes/{self.vote.id}/ballots"
        if (await self.post(voter, path, choices=[1 + n % 3], card=card)).status_code == 200:
            assert not any(card == one or who == other for one, other in self.used)
            self.used.add((card, who))

    async def on_paper(self, n: int) -> None:
        card = self.cards[n % len(self.cards)]
        path = f"/v1/votes/{self.vote.id}/paper-voters"
        if (await self.post(self.staff(0), path, card=card)).status_code == 200:
            assert card not in {one for one, _ in self.used}
            self.used.add((card, f"paper-{card}"))

    async def read_sheet(self, n: int) -> None:
        path = f"/v1/votes/{self.vote.id}/sheets"
        await self.post(self.staff(n % 3), path, sheet=1 + n % 2, choices=[1 + n % 3])

    async def close(self, _: int) -> None:
        self.clock.now = max(self.clock.now, self.vote.closes_at + timedelta(minutes=1))

    async def count(self, _: int) -> None:
        await self.post(self.head, f"/v1/votes/{self.vote.id}/count")

    async def dispute(self, n: int) -> None:
        what = "dispute" if n % 2 else "settlement"
        more = {} if n % 2 else {"is_upheld": n % 4 == 0}
        await self.post(
            self.head, f"/v1/votes/{self.vote.id}/{what}", reason="选票数目不符", **more
        )

    async def annul(self, _: int) -> None:
        await self.post(self.head, f"/v1/votes/{self.vote.id}/withdrawal", reason="不再举行")

    async def decide(self, _: int) -> None:
        await self.post(self.head, "/v1/agendas", vote_id=str(self.vote.id), title="为民服务项目")

    async def replace(self, n: int) -> None:
        """Another agenda, with a public reason or without."""
        for agenda in await self.agendas():
            items = await self.items(agenda)
            less = [{"proposal_id": str(i.proposal_id), "money_fen": i.money_fen} for i in items]
            reason = {"reason": "其余项目已由区级资金覆盖"} if n % 2 else {}
            path = f"/v1/agendas/{agenda.id}/replacement"
            await self.post(self.head, path, items=less[: 1 + n % 2], **reason)

    async def take_back(self, n: int) -> None:
        reason = {"reason": "资金调整，暂不实施"} if n % 2 else {}
        for agenda in await self.agendas():
            await self.post(self.head, f"/v1/agendas/{agenda.id}/withdrawal", **reason)

    async def buy(self, n: int) -> None:
        """Procurement tells how far some items are."""
        stage = ("received", "tendering", "delivered", "dropped")[n % 4]
        stamps = ("planned_at", "tendering_at", "contracted_at", "delivered_at", "dropped_at")
        empty = ("method", "contracted_fen", "tender_id", "contract_id", *stamps)
        for agenda in await self.agendas():
            for item in (await self.items(agenda))[: 1 + n % 3]:
                told = {"id": str(item.id), "agenda_id": str(agenda.id), "stage": stage}
                more = {"paid_fen": 0, "deviations": [], "received_at": utc_now().isoformat()}
                change = Change(
                    "agenda_outcome", item.id, 1, {**dict.fromkeys(empty), **told, **more}
                )
                async with self.sessions.begin() as session:
                    await following.applying(FOLLOWED[Kind.AGENDA_OUTCOME])(session, [change])

    async def agendas(self) -> list[tables.Agenda]:
        statement = select(tables.Agenda).where(tables.Agenda.vote_id == self.vote.id)
        async with self.sessions() as session:
            return list(await session.scalars(statement))

    async def items(self, agenda: tables.Agenda) -> list[tables.AgendaItem]:
        item = tables.AgendaItem
        statement = select(item).where(item.agenda_id == agenda.id).order_by(item.position)
        async with self.sessions() as session:
            return list(await session.scalars(statement))

    async def holds(self) -> None:
        """What has to be true at any time."""
        vote = (await self.calls.get(f"/v1/votes/{self.vote.id}")).json()
        result = [(each["votes"], each["position"], each["reason"]) for each in vote["options"]]
        agendas = await self.agendas()
        in_force = [each for each in agendas if each.status in {"published", "delivered"}]
        async with self.sessions() as session:
            roll = await session.scalars(
                select(tables.RollEntry.voter).where(tables.RollEntry.vote_id == self.vote.id)
            )
            enrolled = len(roll.all())
            differing = (await session.scalars(DIFFERING, {"vote": self.vote.id})).all()
        assert enrolled == len(self.used)
        assert (vote["ballots"] or 0) <= enrolled
        assert differing == []
        assert len(in_force) <= 1
        assert all(each.withdrawal_reason for each in agendas if each not in in_force)
        assert all(each.items_fen <= vote["pot_fen"] for each in agendas)
        if vote["status"] == "counted":
            self.results = self.results or result
            assert result == self.results
        assert vote["status"] == "counted" or not agendas


PLAN = ("cast", "on_paper", "cast", "close", "read_sheet", "read_sheet", "count", "decide")
STRAY = (*PLAN, "replace", "take_back", "buy", "buy", "dispute", "annul")
strays = st.lists(
    st.tuples(st.integers(0, len(PLAN)), st.sampled_from(STRAY), st.integers(0, 11)), max_size=10
)


@WALK
@given(strays=strays)
async def test_no_sequence_of_calls_gives_two_votes_or_an_agenda_unlike_its_vote(
    calls: httpx.AsyncClient,
    sessions: Sessions,
    clock: Clock,
    keys: Keys,
    bearer: Callable[..., Header],
    strays: list[tuple[int, str, int]],
) -> None:
    clock.now = utc_now()
    by_card = {"unit": "household", "credential": "card", "ballots_min": 1}
    vote = await published(sessions, keys, **by_card)
    poll = Poll(calls, sessions, clock, bearer, vote)
    issued = await send(calls, poll.head, f"/v1/votes/{vote.id}/cards", count=3)
    poll.cards = issued.json()["cards"]
    plan = [(name, at) for at, name in enumerate(PLAN)]
    for place, name, number in sorted(strays, reverse=True):
        plan.insert(place, (name, number))

    for name, number in plan:
        await getattr(poll, name)(number)
        await poll.holds()


CALLS = ("own", "other", "desk", "again", "gone", "praise")


@WALK
@given(plan=st.lists(st.tuples(st.sampled_from(CALLS), st.integers(1, 5)), max_size=8))
async def test_no_sequence_of_calls_gives_two_ratings_of_one_service(
    calls: httpx.AsyncClient,
    sessions: Sessions,
    clock: Clock,
    keys: Keys,
    bearer: Callable[..., Header],
    plan: list[tuple[str, int]],
) -> None:
    clock.now = utc_now()
    referral = UUID(int=int(clock.now.timestamp() * 1_000_000))
    tells = state(referral, rater_of(keys, "resident-1"))
    await told(sessions, tells)
    people = {
        "own": bearer(Role.RESIDENT, subject="resident-1"),
        "other": bearer(Role.RESIDENT, subject="resident-2"),
        "desk": bearer(Role.CLERK, area="310101002", line="civil_affairs"),
    }
    said = 0
    for name, level in plan:
        if name in people:
            channel = {"channel": "call_back"} if name == "desk" else {}
            wish = {"referral_id": str(referral), "level": level, **channel}
            answer = await send(calls, people[name], "/v1/ratings", **wish)
            assert answer.status_code < 500, answer.text
            assert name != "other" or answer.status_code != 201
            said += answer.status_code == 201
        elif name == "praise":
            async with sessions.begin() as session:
                later = clock.now + timedelta(days=60)
                await praise_by_default(session, now=later, limit=10)
        else:
            change = Change("referral", referral, 1, tells if name == "again" else None)
            async with sessions.begin() as session:
                await deliveries.apply(session, [change], now=clock.now)
        async with sessions() as session:
            levels = await session.scalars(
                select(tables.Rating.level).where(tables.Rating.referral_id == referral)
            )
            assert len(levels.all()) <= 1
        assert said <= 1
