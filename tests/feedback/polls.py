"""Proposals and votes as tests make them: quick to the point that a test is about."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.auth.actor import Actor
from common.auth.development import ISSUER
from common.auth.pseudonym import Pseudonyms, Purpose
from common.auth.roles import ActorKind, Role
from common.clock import city_day, utc_now
from common.contracts.feedback import CountingRule
from common.contracts.feedback_proposals import AssessmentOfProposalIn, ProposalIn
from common.contracts.feedback_votes import BallotIn, Credential, VoteIn, VotingUnit
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.records import made
from feedback import tables
from feedback.usecases import ballots, proposals, vote_counting, votes
from tests.feedback.cases import HOME, STREET, key, organisation

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
STREET_AREA = "310101002000"
TITLES = ("午间助餐点加一餐", "夜间法律咨询", "楼道加装扶手", "暑期托管班", "康复辅具租赁")
PRICES_FEN = (600_000, 300_000, 400_000, 500_000, 200_000)
POT_FEN = 1_000_000
PROPOSAL: dict[str, Any] = {
    "title": TITLES[0],
    "words": "现有助餐点中午排队四十分钟，希望加一个时段",
    "area_code": STREET_AREA,
    "category": "meal_delivery",
}


def living(keys: Keys, name: str, home: str = HOME) -> Actor:
    """A resident with a verified home."""
    veil = Pseudonyms(keys.pseudonym_key).veil(ISSUER, name)
    roles = frozenset({Role.RESIDENT})
    return Actor(ISSUER, name, ActorKind.RESIDENT, roles, area=home, level=3, veil=veil)


def office() -> Actor:
    """The head of the street, who organises votes."""
    roles = frozenset({Role.STREET_HEAD})
    return Actor(ISSUER, "head-of-street", ActorKind.STAFF, roles, area="310101002", line="*")


async def least_ballots(session: AsyncSession, least: int) -> None:
    """The rule of how many ballots a result needs, as a person changes it."""
    await session.execute(
        text(
            "UPDATE rule SET value = :least, updated_at = clock_timestamp()"
            " WHERE code = 'vote.least_ballots' AND value <> :least"
        ),
        {"least": str(least)},
    )


async def feasible(
    session: AsyncSession, keys: Keys, count: int = 3, *, now: datetime | None = None
) -> list[tables.Proposal]:
    """Proposals that the street has found feasible and priced.

    A vote over them may be as small as a test can show: the rule asks for one ballot.
    """
    await least_ballots(session, 1)
    at = now or utc_now() - timedelta(days=20)
    approver = organisation(STREET, name="演示街道办", kind="street")
    await mirrors.put(session, Kind.ORGANISATION, orjson.dumps([approver]).decode())
    made = []
    for title, price in zip(TITLES[:count], PRICES_FEN, strict=False):
        wish = ProposalIn(**{**PROPOSAL, "title": title})
        row = await proposals.propose(session, wish, by=living(keys, "proposer"), now=at)
        row.status = "supported"
        said = AssessmentOfProposalIn(is_feasible=True, price_fen=price, reason="街道已询价三家")
        await proposals.assess(session, row.id, said, version=row.version, by=office(), now=at)
        made.append(row)
    return made


def wish(options: Sequence[tables.Proposal], opens_at: datetime, **more: Any) -> VoteIn:
    """A vote over options for ten days from its opening."""
    given: dict[str, Any] = {
        "title": "南京东路街道为民服务项目票决",
        "area_code": STREET_AREA,
        "unit": VotingUnit.RESIDENT,
        "credential": Credential.RESIDENCE,
        "electors": 1000,
        "ballots_min": 3,
        "choices_max": len(options),
        "rule": CountingRule.EQUAL_SHARES_ADD_ONE,
        "pot_fen": POT_FEN,
        "pot_total_fen": 100 * POT_FEN,  # what all votes of a test together may hold
        "pot_document": "南东办〔2026〕12号",
        "pot_approved_by_id": UUID(STREET),
        "pot_approved_on": date(2026, 3, 1),
        "opens_at": opens_at,
        "closes_at": opens_at + timedelta(days=10),
        "proposal_ids": [option.id for option in options],
    }
    return VoteIn(**{**given, **more})


async def published(
    sessions: Sessions, keys: Keys, *, ago: timedelta = timedelta(days=1), **more: Any
) -> tables.Vote:
    """A vote that opened so long ago; it runs for ten days."""
    opens_at = utc_now() - ago
    before = opens_at - timedelta(days=5)
    async with sessions.begin() as session:
        options = await feasible(session, keys, more.pop("options", 3), now=before)
        row = await votes.set_up(session, wish(options, opens_at, **more), by=office(), now=before)
        await votes.publish(
            session, row.id, version=row.version, keys=keys, by=office(), now=before
        )
    return row


async def cast(
    sessions: Sessions, keys: Keys, vote: tables.Vote, choices: Sequence[Sequence[int]]
) -> None:
    """Ballots of so many residents, one after the other, while the vote is open."""
    for at, chosen in enumerate(choices):
        async with sessions.begin() as session:
            await ballots.cast(
                session,
                vote.id,
                BallotIn(choices=list(chosen)),
                keys=keys,
                by=living(keys, f"voter-{at}"),
                now=vote.opens_at + timedelta(hours=1),
            )


async def counted(
    sessions: Sessions, keys: Keys, choices: Sequence[Sequence[int]], **more: Any
) -> tables.Vote:
    """A vote that is over and counted."""
    vote = await published(sessions, keys, ago=timedelta(days=11), **more)
    await cast(sessions, keys, vote, choices)
    async with sessions.begin() as session:
        return await vote_counting.count(
            session, vote.id, version=2, keys=keys, by=office(), now=utc_now()
        )


async def send(
    client: httpx.AsyncClient, header: Header, path: str, version: int = 0, **body: Any
) -> httpx.Response:
    """The answer to a POST; `version` goes with it when it edits something."""
    match = {"If-Match": f'"v{version}"'} if version else {}
    return await client.post(path, json=body, headers={**header, **key(), **match})


Resident = Callable[..., Header]


async def verified_homes(sessions: Sessions, keys: Keys, count: int) -> None:
    """Homes of `voter-0` and so on, as two people of a desk have verified them."""
    now = utc_now()
    async with sessions.begin() as session:
        for at in range(count):
            row = tables.Residence(
                resident=living(keys, f"voter-{at}").alias(Purpose.RESIDENCE),
                person=keys.index.of("residence.person", f"person-{at}").hex(),
                area_code=HOME,
                basis="household_register",
                confirmed_by="clerk-2",
                confirmed_at=now,
                expires_on=city_day(now) + timedelta(days=365),
                **made(office(), now),
            )
            session.add(row)
            await session.flush()


async def shown(client: httpx.AsyncClient, vote: tables.Vote, **headers: str) -> dict[str, Any]:
    """A vote as anybody reads it."""
    answer = await client.get(f"/v1/votes/{vote.id}", headers=headers)
    found: dict[str, Any] = answer.json()
    return found
