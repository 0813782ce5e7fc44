"""A vote in each street: proposals, supporters, ballots, the count and the agenda. 演示数据.

Through the same use cases as everybody's, each step at its own day; a street is one transaction.
The ballots are drawn by lot: nobody's account stands behind them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.auth.actor import Actor
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import ActorKind, Role
from common.clock import city_day
from common.contracts.feedback_agendas import AgendaIn
from common.contracts.feedback_proposals import AssessmentOfProposalIn, ProposalIn, ProposalStatus
from common.contracts.feedback_votes import BallotIn, VoteIn
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.demo import LOADER, NOTE, DemoOffering, DemoStreet, streets_of
from feedback import tables
from feedback.usecases import agendas, ballots, proposals, vote_counting, votes

Sessions = async_sessionmaker[AsyncSession]
OPTIONS: Final = 3
BALLOTS: Final = 12
POT_FEN: Final = 30_000_000
STEP_FEN: Final = 10_000
BEGAN: Final = timedelta(days=75)  # before today; the count is three weeks later
YUAN_FEN: Final = 100


class Street:
    """Whose vote it is, and when each step of it is taken."""

    def __init__(self, place: DemoStreet, keys: Keys, began: datetime, seed: int) -> None:
        self.area, self.office = place.area, place.office
        self.random = Random(f"{seed}:vote:{place.code}")
        self.keys = keys
        self._home = place.offerings[0].area_code
        self._began = began
        self._names = Pseudonyms(keys.pseudonym_key)

    def day(self, number: int) -> datetime:
        """The instant of a step, so many days after the first."""
        return self._began + timedelta(days=number)

    def resident(self, number: int) -> Actor:
        """Somebody who lives there and whom no provider knows."""
        subject = f"{LOADER}-{self._home}-{number}"
        return Actor(
            *(LOADER, subject, ActorKind.RESIDENT, frozenset({Role.RESIDENT})),
            area=self._home,
            level=3,
            veil=self._names.veil(LOADER, subject),
        )


async def decide(
    sessions: Sessions,
    offerings: Sequence[DemoOffering],
    *,
    keys: Keys,
    by: Actor,
    seed: int,
    now: datetime,
) -> dict[str, int]:
    """A vote of each street over what it has most of; how many records of each kind."""
    counts: Counter[str] = Counter()
    for place in streets_of(offerings):
        street = Street(place, keys, now - BEGAN, seed)
        categories = place.categories(OPTIONS)
        async with sessions.begin() as session:
            await mirrors.put(session, Kind.ORGANISATION, _office(street))
            await _decided(session, street, categories, by=by)
        counts.update(proposal=len(categories), vote=1, agenda=1)
    return dict(counts)


def _office(street: Street) -> str:
    """Who approves the money, until the registry's feed tells more: it is read after the load."""
    state = {
        "id": street.office,
        "name": f"{NOTE} 街道办事处",
        "kind": "department",
        "area_code": street.area,
        "line": None,
        "status": "active",
        "residencies": [],
    }
    return orjson.dumps([state]).decode()


async def _decided(
    session: AsyncSession, street: Street, categories: Sequence[str], *, by: Actor
) -> None:
    """From proposals to the agenda of one street."""
    options = [await _proposal(session, street, category, by=by) for category in categories]
    opens, closes = street.day(10), street.day(20)
    wish = VoteIn(
        title=f"{NOTE} 为民服务项目票决",
        area_code=street.area,
        unit="resident",
        credential="residence",
        electors=1_000,
        ballots_min=10,
        choices_max=len(options),
        rule="equal_shares_add_one",
        step_fen=STEP_FEN,
        pot_fen=POT_FEN,
        pot_document=f"{NOTE}〔{city_day(opens).year}〕3号",
        pot_approved_by_id=street.office,
        pot_approved_on=city_day(street.day(-10)),
        opens_at=opens,
        closes_at=closes,
        proposal_ids=[each.id for each in options],
    )
    vote = await votes.set_up(session, wish, by=by, now=street.day(4))
    vote = await votes.publish(
        session, vote.id, version=vote.version, keys=street.keys, by=by, now=street.day(5)
    )
    for number in range(BALLOTS):
        chosen = street.random.sample(range(1, len(options) + 1), street.random.randint(1, 2))
        ballot = BallotIn(choices=sorted(chosen))
        voter = street.resident(number)
        await ballots.cast(session, vote.id, ballot, keys=street.keys, by=voter, now=street.day(12))
    vote = await vote_counting.count(
        session, vote.id, version=vote.version, keys=street.keys, by=by, now=street.day(21)
    )
    agenda = AgendaIn(vote_id=vote.id, title=f"{NOTE} 为民服务项目")
    await agendas.from_vote(session, agenda, by=by, now=street.day(22))


async def _proposal(
    session: AsyncSession, street: Street, category: str, *, by: Actor
) -> tables.Proposal:
    """Proposed, supported as the rule asks, assessed with a price."""
    wish = ProposalIn(
        title=f"{NOTE} 增加服务 {category}",
        words="邻里商量后提出，希望街道购买",
        area_code=street.area,
        category=category,
        target_groups=["elderly"],
        wished_method="selection",
    )
    row = await proposals.propose(session, wish, by=street.resident(0), now=street.day(0))
    for number in range(1, row.threshold):
        if row.status != ProposalStatus.PROPOSED:
            break
        row = await proposals.support(
            session, row.id, by=street.resident(number), now=street.day(1)
        )
    price = street.random.randrange(40_000, 140_000, 1_000) * YUAN_FEN
    said = AssessmentOfProposalIn(is_feasible=True, price_fen=price, reason="已询价三家，取中位")
    return await proposals.assess(
        session, row.id, said, version=row.version, by=by, now=street.day(3)
    )
