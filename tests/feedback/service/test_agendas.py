"""Agendas through the API: equal to their vote, within the pot, changed only with a reason."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback import Agenda
from common.crypto.keys import Keys
from feedback import tables
from feedback.queries import agendas as queries
from tests.feedback.agendas import agenda, head, made, vote
from tests.feedback.cases import HOME
from tests.feedback.polls import Sessions, feasible, published, send, wish

__all__ = ["agenda", "head", "vote"]
Header = dict[str, str]
RESOLVED = {
    "title": "会议票决的项目",
    "area_code": "310101002000",
    "pot_fen": 700_000,
    "pot_document": "南东办〔2026〕13号",
    "pot_approved_by_id": "01900000-0000-7000-8000-000000000012",
    "pot_approved_on": "2026-03-01",
}


async def test_an_agenda_is_its_vote_no_more_and_no_less(
    client: httpx.AsyncClient, sessions: Sessions, vote: tables.Vote, agenda: dict[str, Any]
) -> None:
    options = (await client.get(f"/v1/votes/{vote.id}")).json()["options"]
    chosen = sorted((o for o in options if o["position"]), key=lambda o: o["position"])
    async with sessions() as session:
        state = (await queries.states(session, [UUID(agenda["id"])]))[UUID(agenda["id"])]

    assert [item["proposal_id"] for item in agenda["items"]] == [o["proposal_id"] for o in chosen]
    assert [item["money_fen"] for item in agenda["items"]] == [o["cost_fen"] for o in chosen]
    assert [item["reason"] for item in agenda["items"]] == [o["reason"] for o in chosen]
    assert (agenda["pot_fen"], agenda["pot_document"]) == (vote.pot_fen, vote.pot_document)
    assert (agenda["rule"], agenda["status"]) == ("equal_shares_add_one", "published")
    assert Agenda.model_validate(agenda) == state


async def test_a_vote_has_one_agenda_and_only_once_counted(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header, vote: tables.Vote
) -> None:
    await made(client, head, vote)
    second = await made(client, head, vote)
    running = await made(client, head, await published(sessions, keys))

    assert (second.status_code, second.json()["type"]) == (409, "agenda-in-force")
    assert running.json()["type"] == "vote-not-counted"


async def test_a_replacement_needs_a_public_reason_and_the_same_pot(
    client: httpx.AsyncClient, head: Header, agenda: dict[str, Any]
) -> None:
    path = f"/v1/agendas/{agenda['id']}/replacement"
    kept = [{k: agenda["items"][0][k] for k in ("proposal_id", "money_fen")}]
    bare = await send(client, head, path, 1, items=kept)
    dear = [{**kept[0], "money_fen": agenda["pot_fen"] + 1}]
    above = await send(client, head, path, 1, items=dear, reason="物价上涨须增加")
    done = await send(client, head, path, 1, items=kept, reason="其余项目已由区级资金覆盖")
    old = (await client.get(f"/v1/agendas/{agenda['id']}")).json()

    assert bare.status_code == 422
    assert above.json()["errors"][0]["pointer"] == "/items"
    assert done.status_code == 201, done.text
    assert (done.json()["replaces_id"], len(done.json()["items"])) == (agenda["id"], 1)
    assert (old["status"], old["superseded_by_id"]) == ("superseded", done.json()["id"])
    assert old["withdrawal_reason"] == done.json()["change_reason"] == "其余项目已由区级资金覆盖"


async def test_what_stays_on_a_replacement_keeps_its_votes_and_the_rest_its_own_reason(
    client: httpx.AsyncClient, head: Header, agenda: dict[str, Any]
) -> None:
    first, second = agenda["items"][:2]
    items = [
        {"proposal_id": first["proposal_id"], "money_fen": first["money_fen"]},
        {"proposal_id": second["proposal_id"], "money_fen": second["money_fen"] - 100},
    ]
    path, why = f"/v1/agendas/{agenda['id']}/replacement", "第二项经询价降价"
    done = (await send(client, head, path, 1, items=items, reason=why)).json()

    assert [each["votes"] for each in done["items"]] == [first["votes"], second["votes"]]
    assert [each["reason"] for each in done["items"]] == [first["reason"], why]


async def test_what_was_chosen_is_neither_taken_back_nor_bought_a_second_time(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    bearer: Callable[..., Header],
    head: Header,
    vote: tables.Vote,
) -> None:
    options = (await client.get(f"/v1/votes/{vote.id}")).json()["options"]
    chosen = next(each["proposal_id"] for each in options if each["position"])
    loser = next(each["proposal_id"] for each in options if not each["position"])
    async with sessions.begin() as session:
        first, away = [
            await session.get_one(tables.Proposal, UUID(each)) for each in (chosen, loser)
        ]
        away.area_code = "310104003000"
    proposer, path = bearer(Role.RESIDENT, subject="proposer", area=HOME), f"/v1/proposals/{chosen}"

    async def taken_back() -> httpx.Response:
        return await send(client, proposer, f"{path}/withdrawal", 2, reason="不再需要了")

    async def set_up_again() -> httpx.Response:
        again = wish([first, away], utc_now()).model_dump(mode="json")
        return await send(client, head, "/v1/votes", **again)

    before = [await taken_back(), await set_up_again()]
    agenda = (await made(client, head, vote)).json()
    after = [await taken_back(), await set_up_again()]
    items = [{"proposal_id": each, "money_fen": 100} for each in (chosen, loser)]
    resolved = await send(client, head, "/v1/agendas/by-resolution", **RESOLVED, items=items)
    changed = await send(
        client,
        head,
        f"/v1/agendas/{agenda['id']}/replacement",
        1,
        items=items,
        reason="另一街道的项目",
    )

    for withdrawal, draft in (before, after):
        assert (withdrawal.status_code, withdrawal.json()["type"]) == (409, "proposal-bound")
        assert draft.json()["type"] == "wrong-vote"
        pointers = [each["pointer"] for each in draft.json()["errors"]]
        assert pointers == ["/proposal_ids/0", "/proposal_ids/1"]
    assert resolved.json()["type"] == changed.json()["type"] == "wrong-agenda"
    pointers = [each["pointer"] for each in resolved.json()["errors"]]
    assert pointers == ["/items/0/proposal_id", "/items/1/proposal_id"]
    assert agenda["number"] in str(resolved.json()["errors"][0])
    assert [each["pointer"] for each in changed.json()["errors"]] == ["/items/1/proposal_id"]


async def test_without_a_vote_every_item_needs_an_adopted_resolution(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    items = [{"proposal_id": str(proposal.id), "money_fen": 600_000}]
    refused = await send(client, head, "/v1/agendas/by-resolution", **RESOLVED, items=items)

    nobody = {**RESOLVED, "pot_approved_by_id": "01900000-0000-7000-8000-0000000000ff"}
    unknown = await send(client, head, "/v1/agendas/by-resolution", **nobody, items=items)

    assert (refused.status_code, refused.json()["type"]) == (409, "not-resolved")
    assert unknown.json()["errors"][0]["pointer"] == "/pot_approved_by_id"


async def test_another_street_makes_and_changes_no_agenda_here(
    client: httpx.AsyncClient,
    bearer: Callable[..., Header],
    vote: tables.Vote,
    agenda: dict[str, Any],
) -> None:
    stranger = bearer(Role.STREET_HEAD, area="310104003", line="*")
    path = f"/v1/agendas/{agenda['id']}/withdrawal"
    refused = (
        await made(client, stranger, vote),
        await send(client, stranger, path, 1, reason="不再实施"),
    )

    assert [answer.json()["type"] for answer in refused] == ["out-of-area"] * 2


async def test_a_title_that_was_redacted_is_told_by_no_agenda_any_more(
    client: httpx.AsyncClient, sessions: Sessions, head: Header, agenda: dict[str, Any]
) -> None:
    """Not while the agenda binds; then by its answer and its feed, which tells it anew."""
    path = f"/v1/proposals/{agenda['items'][0]['proposal_id']}"
    said = {"title": "夜间照料", "words": "希望街道购买", "reason": "含他人姓名"}
    version = (await client.get(path)).json()["version"]
    bound = await send(client, head, f"{path}/redaction", version, **said)
    away = f"/v1/agendas/{agenda['id']}/withdrawal"
    await send(client, head, away, 1, reason="资金另有安排")
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM feed_outbox"))
    done = await send(client, head, f"{path}/redaction", version, **said)
    answer = (await client.get(f"/v1/agendas/{agenda['id']}")).json()
    async with sessions() as session:
        state = (await queries.states(session, [UUID(agenda["id"])]))[UUID(agenda["id"])]
        marked = (await session.execute(text("SELECT kind, record_id FROM feed_outbox"))).all()

    assert (bound.status_code, bound.json()["type"]) == (409, "proposal-bound")
    assert done.status_code == 200, done.text
    assert [answer["items"][0]["title"], state.items[0].title] == ["夜间照料"] * 2
    assert [tuple(row) for row in marked] == [("agenda", UUID(agenda["id"]))]


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE agenda SET pot_fen = pot_fen * 2", "ck_agenda_frozen"),
        ("UPDATE agenda SET items_fen = 0", "ck_agenda_frozen"),
        ("UPDATE agenda_item SET money_fen = 1", "ck_agenda_item_stays"),
        ("DELETE FROM agenda_item", "ck_agenda_item_stays"),
        (
            "INSERT INTO agenda_item SELECT agenda_id, gen_random_uuid(), 9, p.id, i.title,"
            " i.category, NULL, i.area_code, i.target_groups, NULL, 900000, NULL, 0, '-', '{}'"
            " FROM (SELECT * FROM agenda_item LIMIT 1) i, proposal p"
            " WHERE p.id NOT IN (SELECT proposal_id FROM agenda_item) LIMIT 1",
            "ck_agenda_within_the_pot",
        ),
        (
            "INSERT INTO agenda_item SELECT agenda_id, gen_random_uuid(), 9, p.id, i.title,"
            " i.category, NULL, i.area_code, i.target_groups, NULL, 100, NULL, 0, '-', '{}'"
            " FROM (SELECT * FROM agenda_item LIMIT 1) i, proposal p"
            " WHERE p.id NOT IN (SELECT proposal_id FROM agenda_item) LIMIT 1;"
            "SET CONSTRAINTS ALL IMMEDIATE",
            "ck_agenda_follows_vote",
        ),
    ],
)
async def test_the_database_itself_holds_an_agenda_to_its_vote_and_pot(
    sessions: Sessions, agenda: dict[str, Any], statement: str, constraint: str
) -> None:
    assert agenda["items"]
    with pytest.raises(IntegrityError) as refused:
        async with sessions.begin() as session:
            for each in statement.split(";"):
                await session.execute(text(each))

    assert getattr(refused.value.orig.__cause__, "constraint_name", None) == constraint
