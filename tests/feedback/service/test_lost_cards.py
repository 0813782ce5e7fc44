"""A lost card is replaced by two people, and never gives an elector two votes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.contracts.feedback_votes import BallotIn, CardLoss, CardLossIn, Replacement
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Urls
from feedback.domain.electorate import CardReplaced
from feedback.usecases import ballots, cards, vote_counting
from tests.feedback.cases import HOME
from tests.feedback.polls import Sessions, living, office, published, send

Header = dict[str, str]
BY_CARD: dict[str, Any] = {"unit": "household", "credential": "card", "ballots_min": 1}
LOST = CardLossIn(loss=CardLoss.LOST)


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of the street."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*", subject="head-of-street")


@pytest.fixture
def resident(bearer: Callable[..., Header]) -> Header:
    """A resident with a verified home in the street."""
    return bearer(Role.RESIDENT, subject="resident-1", area=HOME)


@pytest.fixture
async def two(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions on connections of their own."""
    async with database(fresh_database.app, pool_size=3) as opened:
        yield opened.sessions


def desk(name: str) -> Actor:
    """Somebody at the desk of the street."""
    roles = frozenset({Role.CLERK})
    return Actor(office().issuer, name, ActorKind.STAFF, roles, area="310101002", line="*")


async def test_two_people_replace_a_card_and_the_old_code_is_void(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    clerk: Header,
    colleague: Header,
    resident: Header,
    other_street: Header,
) -> None:
    vote = await published(sessions, keys, **BY_CARD, electors=2)
    path = f"/v1/votes/{vote.id}"
    told = (await send(client, head, f"{path}/cards", count=2)).json()
    where = f"{path}/cards/{told['numbers'][1]}/replacement"
    strange = await send(client, other_street, where, loss="lost")
    unknown = await send(client, clerk, f"{path}/cards/3/replacement", loss="lost")
    asked = await send(client, clerk, where, loss="lost")
    alone = await send(client, clerk, where, loss="lost")
    done = await send(client, colleague, where, loss="not_received")
    old = await send(client, resident, f"{path}/ballots", choices=[1], card=told["cards"][1])
    paper = await send(client, clerk, f"{path}/paper-voters", card=told["cards"][1])
    new = await send(client, resident, f"{path}/ballots", choices=[1], card=done.json()["card"])
    again = await send(client, clerk, where, loss="lost")
    more = await send(client, head, f"{path}/cards", count=1)

    assert told["numbers"] == [1, 2]
    assert (strange.status_code, unknown.status_code) == (403, 404)
    assert asked.json() == {"number": 2, "is_asked": True, "card": None}
    assert (alone.status_code, alone.json()["type"]) == (409, "another-must-confirm")
    assert done.json()["is_asked"] is False
    assert [old.json()["type"], paper.json()["type"]] == ["card-replaced"] * 2
    assert new.status_code == 200
    assert (again.status_code, again.json()["type"]) == (409, "card-voted")
    assert more.json()["type"] == "too-many-cards"  # a replacement is no card more


async def test_a_card_lost_twice_is_replaced_twice_and_is_good_until_somebody_confirms(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    clerk: Header,
    colleague: Header,
    resident: Header,
) -> None:
    vote = await published(sessions, keys, **BY_CARD)
    path = f"/v1/votes/{vote.id}"
    told = (await send(client, head, f"{path}/cards", count=1)).json()
    where, codes = f"{path}/cards/1/replacement", list(told["cards"])
    for _ in range(2):
        await send(client, clerk, where, loss="lost")
        codes.append((await send(client, colleague, where, loss="lost")).json()["card"])
    await send(client, clerk, where, loss="lost")
    found = await send(client, resident, f"{path}/ballots", choices=[1], card=codes[-1])
    late = await send(client, colleague, where, loss="lost")

    assert len(set(codes)) == 3
    assert found.status_code == 200
    assert late.json()["type"] == "card-voted"


async def test_the_database_holds_that_void_cards_never_vote_and_used_ones_are_never_void(
    sessions: Sessions, keys: Keys
) -> None:
    vote = await published(sessions, keys, **BY_CARD)
    opened = vote.opens_at + timedelta(hours=1)
    async with sessions.begin() as session:
        [used, _] = (await cards.issue(session, vote.id, 2, keys=keys, by=office())).cards
        ballot = BallotIn(choices=[1], card=used)
        await ballots.cast(
            session, vote.id, ballot, keys=keys, by=living(keys, "voter"), now=opened
        )
    void = "UPDATE voting_card SET loss = 'lost', loss_asked_by = 'a', voided_by = 'b' WHERE card"
    roll = "(SELECT voter FROM roll_entry)"
    enroll = "INSERT INTO roll_entry (vote_id, voter, is_paper) SELECT vote_id, card, false"

    with pytest.raises(IntegrityError, match="has voted"):
        async with sessions.begin() as session:
            await session.execute(text(f"{void} IN {roll}"))
    async with sessions.begin() as session:
        await session.execute(text(f"{void} NOT IN {roll}"))
    with pytest.raises(IntegrityError, match="was replaced"):
        async with sessions.begin() as session:
            await session.execute(text(f"{enroll} FROM voting_card WHERE voided_by = 'b'"))


@pytest.mark.parametrize("is_voter_first", [True, False])
async def test_who_votes_while_the_card_is_replaced_votes_once(
    two: Sessions, keys: Keys, *, is_voter_first: bool
) -> None:
    vote = await published(two, keys, **BY_CARD)
    opened = vote.opens_at + timedelta(hours=1)
    async with two.begin() as session:
        [code] = (await cards.issue(session, vote.id, 1, keys=keys, by=office())).cards
        await cards.replace(session, vote.id, 1, LOST, keys=keys, by=desk("one"), now=opened)
    held = asyncio.Event()  # the first has done its work, and has yet to commit it

    async def use() -> object:
        async with two.begin() as session:
            ballot, voter = BallotIn(choices=[1], card=code), living(keys, "voter")
            done = await ballots.cast(session, vote.id, ballot, keys=keys, by=voter, now=opened)
            held.set()
            await asyncio.sleep(0.3)
            return done

    async def void() -> object:
        async with two.begin() as session:
            done = await cards.replace(
                session, vote.id, 1, LOST, keys=keys, by=desk("two"), now=opened
            )
            held.set()
            await asyncio.sleep(0.3)
            return done

    first, second = (use, void) if is_voter_first else (void, use)
    running = asyncio.create_task(first())
    async with asyncio.timeout(30):
        await held.wait()
    came = await asyncio.gather(running, second(), return_exceptions=True)
    async with two() as session:
        good = await session.scalar(
            text("SELECT count(*) FROM voting_card WHERE voided_by IS NULL")
        )

    refusal = cards.CardVoted if is_voter_first else CardReplaced
    assert isinstance(came[1], refusal)
    assert not isinstance(came[0], BaseException)
    assert isinstance(came[0], Replacement) is not is_voter_first
    assert good == 1


async def test_a_loss_that_was_asked_by_mistake_is_taken_back_until_somebody_confirms_it(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    clerk: Header,
    colleague: Header,
    resident: Header,
    other_street: Header,
) -> None:
    vote = await published(sessions, keys, **BY_CARD)
    path = f"/v1/votes/{vote.id}"
    told = (await send(client, head, f"{path}/cards", count=2)).json()
    wrong = f"{path}/cards/1/replacement"
    await send(client, clerk, wrong, loss="lost")
    strange = await send(client, other_street, f"{wrong}/withdrawal")
    kept = await send(client, clerk, f"{wrong}/withdrawal")
    nothing = await send(client, clerk, f"{wrong}/withdrawal")
    asked = await send(client, colleague, wrong, loss="lost")  # begins anew, confirms nothing
    await send(client, clerk, f"{wrong}/withdrawal")  # a colleague's mistake, too
    voted = await send(client, resident, f"{path}/ballots", choices=[1], card=told["cards"][0])
    for desk_of in (clerk, colleague):
        await send(client, desk_of, f"{path}/cards/2/replacement", loss="lost")
    late = await send(client, clerk, f"{path}/cards/2/replacement/withdrawal")

    assert strange.json()["type"] == "out-of-area"
    assert (kept.status_code, kept.json()) == (200, {"number": 1, "is_asked": False, "card": None})
    assert (nothing.status_code, nothing.json()["type"]) == (409, "loss-not-asked")
    assert asked.json()["is_asked"] is True
    assert voted.status_code == 200, voted.text
    assert late.json()["type"] == "loss-not-asked"


async def test_the_count_tells_how_many_cards_were_replaced(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys
) -> None:
    vote = await published(sessions, keys, ago=timedelta(days=11), **BY_CARD)
    opened = vote.opens_at + timedelta(hours=1)
    async with sessions.begin() as session:
        await cards.issue(session, vote.id, 2, keys=keys, by=office())
        by = [{"keys": keys, "by": desk(name), "now": opened} for name in ("one", "two")]
        await cards.replace(session, vote.id, 1, LOST, **by[0])
        done = await cards.replace(session, vote.id, 1, LOST, **by[1])
        await cards.replace(session, vote.id, 2, LOST, **by[0])  # nobody confirms
        ballot = BallotIn(choices=[1], card=done.card)
        await ballots.cast(
            session, vote.id, ballot, keys=keys, by=living(keys, "voter"), now=opened
        )
    before = (await client.get(f"/v1/votes/{vote.id}")).json()
    async with sessions.begin() as session:
        await vote_counting.count(
            session, vote.id, version=2, keys=keys, by=office(), now=vote.closes_at
        )
    after = (await client.get(f"/v1/votes/{vote.id}")).json()

    assert (before["replaced_cards"], after["replaced_cards"]) == (None, 1)


@pytest.mark.parametrize("is_taken_back", [True, False])
async def test_of_two_at_one_number_the_later_one_hears_that_it_was_replaced_just_now(
    two: Sessions, keys: Keys, *, is_taken_back: bool
) -> None:
    vote = await published(two, keys, **BY_CARD)
    now = vote.opens_at + timedelta(hours=1)
    async with two.begin() as session:
        await cards.issue(session, vote.id, 1, keys=keys, by=office())
        await cards.replace(session, vote.id, 1, LOST, keys=keys, by=desk("one"), now=now)
    async with two.begin() as first:
        await cards.replace(first, vote.id, 1, LOST, keys=keys, by=desk("two"), now=now)

        async def later() -> object:
            async with two.begin() as session:
                if is_taken_back:
                    return await cards.keep(session, vote.id, 1, keys=keys, by=desk("one"), now=now)
                return await cards.replace(
                    session, vote.id, 1, LOST, keys=keys, by=desk("three"), now=now
                )

        waiting = asyncio.create_task(later())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    [came] = await asyncio.gather(waiting, return_exceptions=True)
    async with two() as session:
        good = await session.execute(text("SELECT loss FROM voting_card WHERE voided_by IS NULL"))

    assert isinstance(came, cards.ReplacedMeanwhile)
    assert good.scalars().all() == [None]
