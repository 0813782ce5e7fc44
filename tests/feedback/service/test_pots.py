"""One document approves one sum: all votes and agendas under it together stay within it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from common.clock import utc_now
from common.contracts.feedback_agendas import AgendaIn
from common.contracts.feedback_proposals import WithdrawalIn
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Urls
from feedback import tables
from feedback.domain.pots import PotDiffers, PotExceeded
from feedback.queries import agendas as agenda_queries
from feedback.usecases import agendas, vote_counting, votes
from tests.feedback.agendas import BALLOTS, head, made, told
from tests.feedback.polls import (
    POT_FEN,
    Sessions,
    cast,
    counted,
    feasible,
    office,
    published,
    send,
    wish,
)

__all__ = ["head"]
Header = dict[str, str]
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
    with pytest.raises(PotDiffers):  # nobody corrects it alone, though nothing is held
        await published(sessions, keys, pot_total_fen=2 * POT_FEN)
    await published(sessions, keys, **ALL)

    assert refused.value.slug == "pot-exceeded"
    assert (held, given_back) == ((POT_FEN, POT_FEN), (POT_FEN, 0))
    assert await pot_of(sessions) == (POT_FEN, POT_FEN)


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


async def test_a_withdrawn_agenda_gives_its_money_back_and_the_next_one_takes_it_again(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    kept = [{k: agenda["items"][0][k] for k in ("proposal_id", "money_fen")}]
    path, why = f"/v1/agendas/{agenda['id']}/replacement", "其余项目已由区级资金覆盖"
    replaced = (await send(client, head, path, 1, items=kept, reason=why)).json()
    held = await pot_of(sessions)
    path = f"/v1/agendas/{replaced['id']}/withdrawal"
    withdrawn = await send(client, head, path, 1, reason="本年度不再实施")
    given_back = await pot_of(sessions)
    again = await made(client, head, vote)

    assert withdrawn.status_code == 200, withdrawn.text
    assert held == (POT_FEN, POT_FEN)
    assert given_back == (POT_FEN, 0)
    assert again.status_code == 201, again.text
    assert await pot_of(sessions) == (POT_FEN, POT_FEN)


async def test_money_that_others_took_meanwhile_is_not_taken_a_second_time(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    in_force = await made(client, head, vote)
    path = f"/v1/agendas/{agenda['id']}/withdrawal"
    await send(client, head, path, 1, reason="本年度不再实施")
    await published(sessions, keys, **ALL)
    refused = await made(client, head, vote)

    assert in_force.json()["type"] == "agenda-in-force"
    assert (refused.status_code, refused.json()["type"]) == (409, "pot-exceeded")
    assert await pot_of(sessions) == (POT_FEN, POT_FEN)


async def test_a_vote_that_chose_nothing_holds_nothing(sessions: Sessions, keys: Keys) -> None:
    opens_at = utc_now() - timedelta(days=11)
    async with sessions.begin() as session:
        options = await feasible(session, keys, 3, now=opens_at - timedelta(days=5))
        for each in options:
            each.price_fen = 600_000  # one supporter each: all can be paid at once, or none
        setting = wish(options, opens_at, **ALL)
        by = {"by": office(), "now": opens_at - timedelta(days=5)}
        vote = await votes.set_up(session, setting, **by)
        await votes.publish(session, vote.id, version=1, keys=keys, **by)
    await cast(sessions, keys, vote, [[1], [2], [3]])
    async with sessions.begin() as session:
        over = await vote_counting.count(
            session, vote.id, version=2, keys=keys, by=office(), now=utc_now()
        )

    assert (over.status, over.cost_fen) == ("counted", 0)
    assert await pot_of(sessions) == (POT_FEN, 0)


async def test_a_delivered_agenda_gives_back_what_it_did_not_cost(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    for at in range(len(agenda["items"])):
        held = await pot_of(sessions)
        await told(sessions, agenda, "delivered", of=at, paid_fen=100, cost_fen=100)
    done = (await client.get(f"/v1/agendas/{agenda['id']}")).json()
    cost = 100 * len(agenda["items"])
    after = await pot_of(sessions)
    await told(sessions, agenda, "delivered", paid_fen=100, cost_fen=900)  # what is told is told
    next_one = await published(sessions, keys, pot_fen=POT_FEN - 5_000, **ALL)

    assert held == (POT_FEN, POT_FEN)
    assert (done["status"], done["spent_fen"]) == ("delivered", cost)
    assert after == (POT_FEN, cost)
    assert await pot_of(sessions) == (POT_FEN, cost + next_one.pot_fen)


async def test_what_an_agenda_cost_is_held_whole_until_it_is_known(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    last = len(agenda["items"]) - 1
    for at in range(last):
        await told(sessions, agenda, "delivered", of=at, cost_fen=2_000_000)
    await told(sessions, agenda, "delivered", of=last)  # another contract of it goes on
    unknown = (await client.get(f"/v1/agendas/{agenda['id']}")).json()
    held = await pot_of(sessions)
    await told(sessions, agenda, "delivered", of=last, cost_fen=7)
    known = (await client.get(f"/v1/agendas/{agenda['id']}")).json()

    assert (unknown["status"], unknown["spent_fen"]) == ("delivered", None)
    assert held == (POT_FEN, POT_FEN)
    assert known["spent_fen"] == 2_000_000 * last + 7
    assert known["delivered_at"] == unknown["delivered_at"]
    assert await pot_of(sessions) == (POT_FEN, POT_FEN)  # it has cost more than was approved


async def cheap(sessions: Sessions, keys: Keys, pot_fen: int) -> tables.Vote:
    """A published vote on one cheap proposal, which asks so much of the pot."""
    opens_at = utc_now() - timedelta(days=1)
    by = {"by": office(), "now": opens_at - timedelta(days=5)}
    async with sessions.begin() as session:
        options = await feasible(session, keys, 1, now=by["now"])
        options[0].price_fen = 5_000
        vote = await votes.set_up(session, wish(options, opens_at, pot_fen=pot_fen, **ALL), **by)
        await votes.publish(session, vote.id, version=1, keys=keys, **by)
    return vote


async def of_vote(two: Sessions, keys: Keys) -> dict[str, Any]:
    vote = await counted(two, keys, BALLOTS, **ALL)
    async with two.begin() as session:
        wanted = AgendaIn(vote_id=vote.id, title="2026年为民服务项目")
        row = await agendas.from_vote(session, wanted, by=office(), now=utc_now())
        [shown] = await agenda_queries.shown(session, [row])
    return shown.model_dump(mode="json")


async def test_an_item_that_is_given_up_frees_what_it_held_and_did_not_cost(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    money = agenda["items"][0]["money_fen"]
    for _ in range(2):  # a feed may tell it again
        await told(sessions, agenda, "dropped", cost_fen=5_000)
    one = (await client.get(f"/v1/agendas/{agenda['id']}")).json()
    freed = await pot_of(sessions)
    next_one = await cheap(sessions, keys, money - 5_000)
    for at in range(1, len(agenda["items"])):
        await told(sessions, agenda, "delivered", of=at, cost_fen=POT_FEN)
    done = (await client.get(f"/v1/agendas/{agenda['id']}")).json()

    assert (one["status"], one["freed_fen"], one["version"]) == ("published", money - 5_000, 2)
    assert freed == (POT_FEN, POT_FEN - money + 5_000)
    assert (done["status"], done["freed_fen"]) == ("delivered", money - 5_000)
    # It has cost more than it may hold: what others were given meanwhile stays theirs.
    assert await pot_of(sessions) == (POT_FEN, freed[1] + next_one.pot_fen)


@pytest.mark.parametrize("_", range(3))
async def test_the_last_two_items_that_are_given_up_at_once_give_the_pot_back_once(
    two: Sessions, keys: Keys, _: int
) -> None:
    agenda = await of_vote(two, keys)
    *before, one, other = range(len(agenda["items"]))
    for at in before:
        await told(two, agenda, "dropped", of=at)
    await asyncio.gather(
        told(two, agenda, "dropped", of=one, cost_fen=7_000),
        *(told(two, agenda, "dropped", of=other) for _ in range(2)),
    )
    async with two() as session:
        ended = await agenda_queries.found(session, UUID(agenda["id"]))

    assert (ended.status, ended.spent_fen, (await pot_of(two))[1]) == ("withdrawn", 7_000, 7_000)
    await cheap(two, keys, POT_FEN - 7_000)  # all the rest is free, and no more
    with pytest.raises(PotExceeded):
        await cheap(two, keys, 5_000)


async def test_what_was_given_up_stays_given_back_when_its_agenda_is_replaced_or_withdrawn(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    money = agenda["items"][0]["money_fen"]
    await told(sessions, agenda, "dropped")
    await cheap(sessions, keys, money)  # which others hold by now
    items = [{k: each[k] for k in ("proposal_id", "money_fen")} for each in agenda["items"][1:]]
    path, why = f"/v1/agendas/{agenda['id']}/replacement", "其余项目金额按剩余资金调整"
    items[0]["money_fen"] = POT_FEN
    over = await send(client, head, path, 2, items=items, reason=why)
    items[0]["money_fen"] = POT_FEN - money - sum(each["money_fen"] for each in items[1:])
    replaced = await send(client, head, path, 2, items=items, reason=why)
    held = await pot_of(sessions)
    await told(sessions, agenda, "dropped", of=1)  # of an agenda that is not in force any more
    path = f"/v1/agendas/{replaced.json()['id']}/withdrawal"
    withdrawn = await send(client, head, path, 1, reason="本年度不再实施")

    assert (over.status_code, over.json()["errors"][0]["pointer"]) == (422, "/items")
    assert str(POT_FEN - money) in over.json()["errors"][0]["message"]
    assert (replaced.status_code, replaced.json()["pot_fen"]) == (201, POT_FEN - money)
    assert replaced.json()["freed_fen"] == 0
    assert held == (POT_FEN, POT_FEN)
    assert withdrawn.status_code == 200
    assert await pot_of(sessions) == (POT_FEN, money)


async def test_of_two_who_take_what_an_item_gave_back_at_once_one_gets_it(
    two: Sessions, keys: Keys
) -> None:
    agenda = await of_vote(two, keys)
    money = agenda["items"][0]["money_fen"]
    early = await asyncio.gather(
        *(told(two, agenda, "dropped") for _ in range(2)),
        *(cheap(two, keys, money) for _ in range(2)),
        return_exceptions=True,
    )
    late = await asyncio.gather(
        *(cheap(two, keys, money) for _ in range(2)), return_exceptions=True
    )
    came = [*early[2:], *late]

    assert [isinstance(each, tables.Vote) for each in came].count(True) == 1
    assert {type(each) for each in came} == {tables.Vote, PotExceeded}
    assert await pot_of(two) == (POT_FEN, POT_FEN)


@pytest.mark.parametrize("fen", ["items_fen + 1", "-1"])
async def test_the_database_frees_no_more_than_items_hold(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header, fen: str
) -> None:
    await made(client, head, await counted(sessions, keys, BALLOTS, **ALL))
    with pytest.raises(IntegrityError, match="freed_is_of_its_items"):
        async with sessions.begin() as session:
            await session.execute(text(f"UPDATE agenda SET freed_fen = {fen}"))


async def test_what_was_spent_before_an_agenda_is_withdrawn_or_replaced_is_not_spent_again(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    """A contract that ended early: its item is free again, what was accepted is paid."""
    vote = await counted(sessions, keys, BALLOTS, **ALL)
    agenda = (await made(client, head, vote)).json()
    await told(sessions, agenda, "received", paid_fen=0, cost_fen=150_000)
    items = [{k: each[k] for k in ("proposal_id", "money_fen")} for each in agenda["items"]]
    path, why = f"/v1/agendas/{agenda['id']}/replacement", "承接机构注销，金额按剩余资金调整"
    items[0]["money_fen"] = POT_FEN - sum(each["money_fen"] for each in items[1:])
    over = await send(client, head, path, 1, items=items, reason=why)
    items[0]["money_fen"] -= 150_000
    replaced = await send(client, head, path, 1, items=items, reason=why)
    held = await pot_of(sessions)
    path = f"/v1/agendas/{replaced.json()['id']}/withdrawal"
    withdrawn = await send(client, head, path, 1, reason="本年度不再实施")

    assert (over.status_code, over.json()["errors"][0]["pointer"]) == (422, "/items")
    assert "150000" in over.json()["errors"][0]["message"]
    assert replaced.status_code == 201, replaced.text
    assert held == (POT_FEN, POT_FEN)
    assert withdrawn.json()["spent_fen"] == 150_000
    assert await pot_of(sessions) == (POT_FEN, 150_000)


@pytest.mark.parametrize("first", ["南东办〔2026〕12号", "南东办(2026)第012号"])
async def test_another_spelling_of_the_same_document_is_no_second_pot(
    sessions: Sessions, keys: Keys, first: str
) -> None:
    vote = await published(sessions, keys, **ALL, pot_document=first)
    with pytest.raises(PotExceeded):
        await published(sessions, keys, **ALL, pot_document="南东办 [2026] 12 号")
    other = await published(sessions, keys, **ALL, pot_document="南东办〔2026〕13号")

    assert (vote.pot_document, other.pot_document) == ("南东办〔2026〕12号", "南东办〔2026〕13号")
