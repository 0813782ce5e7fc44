"""The total of a pot is corrected by two people, and never under what is held of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback_pots import CorrectionIn
from common.crypto.keys import Keys
from feedback import tables
from feedback.usecases import pots
from tests.feedback.agendas import head
from tests.feedback.polls import POT_FEN, Sessions, office, published, send
from tests.feedback.service.test_pots import ALL, Header, pot_of, two

__all__ = ["head", "two"]


async def corrected(
    client: httpx.AsyncClient, by: Header, version: int, total_fen: int
) -> httpx.Response:
    """The answer to who asks that the only pot be corrected, or confirms it."""
    pot = (await client.get("/v1/pots")).json()["items"][0]
    path, why = f"/v1/pots/{pot['id']}/corrections", "批准文件附件列明的总额与登记不符"
    return await send(client, by, path, version, total_fen=total_fen, reason=why)


@pytest.fixture
def deputy(bearer: Callable[..., Header]) -> Header:
    """Somebody else at the head of the street."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*", subject="deputy-of-street")


async def test_a_total_is_corrected_by_two_people_and_taken_back_by_either(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header, deputy: Header
) -> None:
    await published(sessions, keys, **ALL)
    pot = (await client.get("/v1/pots")).json()["items"][0]
    keep = f"/v1/pots/{pot['id']}/corrections/withdrawal"
    nothing = await send(client, head, keep, 1)
    asked = await corrected(client, head, 1, 3 * POT_FEN)
    waits = (await client.get(f"/v1/pots/{pot['id']}")).json()
    alone = await corrected(client, head, 2, 3 * POT_FEN)
    other = await corrected(client, deputy, 2, 2 * POT_FEN)
    kept = await send(client, deputy, keep, 2)
    anew = await corrected(client, deputy, 3, 2 * POT_FEN)
    done = await corrected(client, head, 4, 2 * POT_FEN)

    assert nothing.json()["type"] == "no-correction-asked"
    assert (asked.json()["total_fen"], asked.json()["corrections"]) == (POT_FEN, [])
    assert asked.json()["asked"]["asked_by"] == "head-of-street"
    assert (waits["asked"]["total_fen"], waits["asked"]["asked_by"]) == (3 * POT_FEN, None)
    assert alone.json()["type"] == "another-must-confirm-total"
    assert other.json()["type"] == "another-total-asked"
    assert (kept.json()["asked"], kept.json()["total_fen"]) == (None, POT_FEN)
    assert anew.json()["asked"]["total_fen"] == 2 * POT_FEN
    assert (done.json()["asked"], done.json()["total_fen"]) == (None, 2 * POT_FEN)
    told = done.json()["corrections"][0]
    assert (told["asked_by"], told["corrected_by"]) == ("deputy-of-street", "head-of-street")
    with pytest.raises(IntegrityError, match="by_two"):
        async with sessions.begin() as session:
            await session.execute(
                text(
                    "INSERT INTO pot_correction SELECT pot_id, version + 1, was_fen, total_fen,"
                    " reason, asked_by, corrected_at, asked_by FROM pot_correction"
                )
            )


async def test_of_two_who_ask_at_once_one_is_told_that_the_other_was_first(
    two: Sessions, keys: Keys
) -> None:
    await published(two, keys, **ALL)
    async with two() as session:
        pot = (await session.scalars(select(tables.Pot))).one()

    async def ask(name: str) -> None:
        said = CorrectionIn(total_fen=2 * POT_FEN, reason="文件批准的总额登记有误")
        by = replace(office(), subject=name)
        async with two.begin() as session:
            await pots.correct(session, pot.id, said, version=1, by=by, now=utc_now())

    came = await asyncio.gather(ask("first"), ask("second"), return_exceptions=True)

    assert sorted(type(each).__name__ for each in came) == ["NoneType", "PreconditionFailed"]
    assert await pot_of(two) == (POT_FEN, POT_FEN)


async def test_a_total_is_corrected_while_money_is_held_and_its_history_is_kept(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    deputy: Header,
    bearer: Callable[..., Header],
) -> None:
    await published(sessions, keys, **ALL)
    await corrected(client, head, 1, 3 * POT_FEN)
    raised = await corrected(client, deputy, 2, 3 * POT_FEN)
    await published(sessions, keys, **ALL)
    stale = await corrected(client, head, 1, 2 * POT_FEN)
    same = await corrected(client, head, 3, 3 * POT_FEN)
    below = await corrected(client, head, 3, 2 * POT_FEN - 1)
    await corrected(client, deputy, 3, 2 * POT_FEN)
    stranger = bearer(Role.STREET_HEAD, area="310104003", line="*")
    elsewhere = await corrected(client, stranger, 4, 2 * POT_FEN)
    lowered = await corrected(client, head, 4, 2 * POT_FEN)
    found = await client.get("/v1/pots", params={"document": "南东办〔2026〕12号"})
    told = found.json()["items"][0]

    assert raised.status_code == 200, raised.text
    assert stale.json()["type"] == "stale-version"
    assert same.json()["errors"][0]["pointer"] == below.json()["errors"][0]["pointer"]
    assert str(2 * POT_FEN) in str(below.json()["errors"][0])
    assert lowered.json()["corrections"][0]["corrected_by"] == "deputy-of-street"
    assert elsewhere.json()["type"] == "out-of-area"
    assert [(each["was_fen"], each["total_fen"]) for each in told["corrections"]] == [
        (POT_FEN, 3 * POT_FEN),
        (3 * POT_FEN, 2 * POT_FEN),
    ]
    assert {each["corrected_by"] for each in told["corrections"]} == {None}
    assert (told["total_fen"], told["held_fen"], told["version"]) == (2 * POT_FEN, 2 * POT_FEN, 5)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE pot SET total_fen = total_fen * 2", "ck_pot_total_is_told"),
        ("UPDATE pot_correction SET reason = '改写'", "ck_pot_correction_stays"),
        ("DELETE FROM pot_correction", "ck_pot_correction_stays"),
    ],
)
async def test_the_database_takes_no_total_that_no_correction_tells_of(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    deputy: Header,
    statement: str,
    constraint: str,
) -> None:
    await published(sessions, keys, **ALL)
    await corrected(client, head, 1, 2 * POT_FEN)
    await corrected(client, deputy, 2, 2 * POT_FEN)

    with pytest.raises(IntegrityError) as refused:
        async with sessions.begin() as session:
            await session.execute(text(statement))
    assert getattr(refused.value.orig.__cause__, "constraint_name", None) == constraint


async def test_a_total_is_not_lowered_under_a_vote_that_is_published_at_the_same_time(
    two: Sessions, keys: Keys
) -> None:
    await published(two, keys, pot_total_fen=2 * POT_FEN)
    async with two() as session:
        pot = (await session.scalars(select(tables.Pot))).one()

    said = CorrectionIn(total_fen=POT_FEN, reason="文件批准的总额登记有误")
    async with two.begin() as session:
        await pots.correct(session, pot.id, said, version=1, by=office(), now=utc_now())

    async def lower() -> None:
        by = replace(office(), subject="deputy-of-street")
        async with two.begin() as session:
            await pots.correct(session, pot.id, said, version=2, by=by, now=utc_now())

    came = await asyncio.gather(published(two, keys, **ALL), lower(), return_exceptions=True)
    refused = [type(each).__name__ for each in came if isinstance(each, Exception)]

    assert refused in (["PotExceeded"], ["WrongTotal"])
    total, held = await pot_of(two)
    assert total == held
