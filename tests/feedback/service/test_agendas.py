"""Agendas through the API: equal to their vote, within the pot, changed only with a reason."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common import following
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback import Agenda
from common.contracts.feedback_proposals import MergerIn, ProposalIn
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.feed.client import Change
from feedback import tables, worker
from feedback.consumers import FOLLOWED
from feedback.queries import agendas as queries
from feedback.usecases import proposals
from tests.feedback.cases import HOME
from tests.feedback.polls import (
    PROPOSAL,
    Sessions,
    counted,
    feasible,
    living,
    office,
    published,
    send,
    wish,
)
from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER

Header = dict[str, str]
RESOLVED = {
    "title": "会议票决的项目",
    "area_code": "310101002000",
    "pot_fen": 700_000,
    "pot_document": "南东办〔2026〕13号",
    "pot_approved_by_id": "01900000-0000-7000-8000-000000000012",
    "pot_approved_on": "2026-03-01",
}
BALLOTS = [[1], [1, 2], [2, 3], [3], [2], [1, 3]]


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of the street."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*", subject="head-of-street")


@pytest.fixture
async def vote(sessions: Sessions, keys: Keys) -> tables.Vote:
    """A vote that is counted."""
    return await counted(sessions, keys, BALLOTS)


@pytest.fixture
async def agenda(client: httpx.AsyncClient, head: Header, vote: tables.Vote) -> dict[str, Any]:
    """Its agenda."""
    answer = await made(client, head, vote)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def made(client: httpx.AsyncClient, head: Header, vote: tables.Vote) -> httpx.Response:
    return await send(client, head, "/v1/agendas", vote_id=str(vote.id), title="2026年为民服务项目")


async def told(
    sessions: Sessions, agenda: dict[str, Any], stage: str, *, of: int = 0, **more: Any
) -> None:
    """What procurement's feed says of an item, the first unless another is meant."""
    state = {
        "id": agenda["items"][of]["id"],
        "agenda_id": agenda["id"],
        "stage": stage,
        "method": None,
        "contracted_fen": None,
        "paid_fen": 0,
        "deviations": [],
        "tender_id": None,
        "contract_id": None,
        "received_at": utc_now().isoformat(),
        **dict.fromkeys(
            ("planned_at", "tendering_at", "contracted_at", "delivered_at", "dropped_at")
        ),
        **more,
    }
    change = Change(Kind.AGENDA_OUTCOME.value, UUID(state["id"]), 1, state)
    async with sessions.begin() as session:
        await following.applying(FOLLOWED[Kind.AGENDA_OUTCOME])(session, [change])


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


async def test_what_is_being_bought_stays_on_its_agenda(
    client: httpx.AsyncClient, sessions: Sessions, head: Header, agenda: dict[str, Any]
) -> None:
    await told(sessions, agenda, "tendering")
    path = f"/v1/agendas/{agenda['id']}/withdrawal"
    refused = await send(client, head, path, 1, reason="资金调整，暂不实施")
    await told(sessions, agenda, "received")
    done = await send(client, head, path, 1, reason="资金调整，暂不实施")
    again = await send(client, head, path, 2, reason="资金调整，暂不实施")

    assert (refused.status_code, refused.json()["type"]) == (409, "item-under-way")
    assert (done.json()["status"], done.json()["withdrawal_reason"]) == (
        *("withdrawn",),
        "资金调整，暂不实施",
    )
    assert again.json()["type"] == "agenda-cannot-move"


async def test_voters_see_what_became_of_each_item(
    client: httpx.AsyncClient, sessions: Sessions, agenda: dict[str, Any]
) -> None:
    why = {
        "field": "method",
        "decided": "selection",
        "actual": "open_tender",
        "reason": "超过限额标准",
        "rule": None,
        "published_at": utc_now().isoformat(),
    }
    await told(sessions, agenda, "tendering", deviations=[why])
    shown = (await client.get(f"/v1/agendas/{agenda['id']}/progress")).json()

    assert [each["item"]["id"] for each in shown["items"]] == [i["id"] for i in agenda["items"]]
    assert shown["items"][0]["outcome"]["stage"] == "tendering"
    assert shown["items"][0]["outcome"]["deviations"][0]["reason"] == "超过限额标准"
    assert shown["items"][0]["ratings"] == []
    assert [each["outcome"] for each in shown["items"][1:]] == [None] * (len(shown["items"]) - 1)


async def test_who_stood_behind_a_merged_proposal_sees_what_became_of_it(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, bearer: Callable[..., Header]
) -> None:
    """Two mergers on, then voted for and bought: the first proposer reads it as one's own."""
    async with sessions.begin() as session:
        names = ("first", "second")
        rows = [
            await proposals.propose(
                session, ProposalIn(**PROPOSAL), by=living(keys, name), now=utc_now()
            )
            for name in names
        ]
    vote = await counted(sessions, keys, BALLOTS)
    chosen = (await client.get(f"/v1/votes/{vote.id}")).json()["options"]
    ends = [rows[1].id, next(each["proposal_id"] for each in chosen if each["position"] == 1)]
    async with sessions.begin() as session:
        for row, into_id in zip(rows, ends, strict=True):
            said = MergerIn(into_id=into_id, reason="内容相同")
            await proposals.merge(session, row.id, said, version=1, by=office(), now=utc_now())
    head = bearer(Role.STREET_HEAD, area="310101002", line="*")
    agenda = (await made(client, head, vote)).json()
    await told(sessions, agenda, "tendering")

    path = f"/v1/proposals/{rows[0].id}/progress"
    callers = [bearer(Role.RESIDENT, subject=name, area=HOME) for name in ("first", "stranger")]
    mine, strangers, anybodys = [
        (await client.get(path, headers=header)).json() for header in (*callers, {})
    ]
    own = (await client.get(f"/v1/proposals/{ends[1]}/progress")).json()
    unknown = await client.get(f"/v1/proposals/{UUID(int=7)}/progress")

    assert (mine["proposal_id"], mine["carried_by_id"]) == (str(rows[0].id), ends[1])
    assert (mine["status"], mine["vote_ids"]) == ("feasible", [str(vote.id)])
    assert [each["item"]["id"] for each in mine["items"]] == [agenda["items"][0]["id"]]
    assert mine["items"][0]["outcome"]["stage"] == "tendering"
    assert [each["is_supported"] for each in (mine, strangers, anybodys)] == [True, False, False]
    assert own == {**anybodys, "proposal_id": ends[1]}
    assert unknown.status_code == 404


async def test_an_agenda_is_delivered_with_its_last_item_and_stays_that_of_its_vote(
    client: httpx.AsyncClient,
    sessions: Sessions,
    head: Header,
    vote: tables.Vote,
    agenda: dict[str, Any],
) -> None:
    path = f"/v1/agendas/{agenda['id']}"
    for at in range(len(agenda["items"])):
        assert (await client.get(path)).json()["status"] == "published"
        await told(sessions, agenda, "dropped" if at else "delivered", of=at)
    done = (await client.get(path)).json()
    refused = await send(client, head, f"{path}/withdrawal", done["version"], reason="不再实施了")
    second = await made(client, head, vote)
    await told(sessions, agenda, "delivered", paid_fen=5)

    assert len(agenda["items"]) > 1
    assert done["status"] == "delivered"
    assert done["delivered_at"] is not None
    assert refused.json()["type"] == "agenda-cannot-move"
    assert second.json()["type"] == "agenda-in-force"
    assert (await client.get(path)).json() == done


async def test_what_is_dropped_altogether_was_not_delivered(
    client: httpx.AsyncClient, sessions: Sessions, agenda: dict[str, Any]
) -> None:
    for at in range(len(agenda["items"])):
        await told(sessions, agenda, "dropped", of=at)

    assert (await client.get(f"/v1/agendas/{agenda['id']}")).json()["status"] == "published"


async def test_a_vote_tells_its_voters_what_was_bought_and_how_it_is_rated(
    client: httpx.AsyncClient, sessions: Sessions, vote: tables.Vote, agenda: dict[str, Any]
) -> None:
    contract = UUID("01900000-0000-7000-8000-0000000000c1")
    await told(sessions, agenda, "contracted", contract_id=str(contract), contracted_fen=590_000)
    await rated(
        sessions,
        *(rating(PROVIDER, 5, contract_id=contract) for _ in range(40)),
        *(rating(PROVIDER, 4) for _ in range(40)),
    )
    await worker.add_up(sessions)
    before = (await client.get(f"/v1/votes/{vote.id}")).json()
    await worker.release_all(sessions, now=datetime(2026, 6, 1, 4, tzinfo=UTC))
    shown = (await client.get(f"/v1/votes/{vote.id}")).json()
    of = {each["proposal_id"]: each for each in shown["options"]}
    first = of[agenda["items"][0]["proposal_id"]]
    progress = (await client.get(f"/v1/agendas/{agenda['id']}/progress")).json()["items"][0]

    assert shown["agenda_id"] == agenda["id"]
    assert all(each["ratings"] == [] for each in before["options"])  # none before its release
    assert first["outcome"]["stage"] == "contracted"
    assert first["outcome"]["contracted_fen"] == 590_000
    assert [(each["subject"], each["ratings"]) for each in first["ratings"]] == [("contract", 40)]
    assert (progress["outcome"], progress["ratings"]) == (first["outcome"], first["ratings"])
    assert [each["outcome"] for each in of.values() if each["position"] is None] == [None] * (
        len(of) - len(agenda["items"])
    )


async def test_without_a_vote_every_item_needs_an_adopted_resolution(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    items = [{"proposal_id": str(proposal.id), "money_fen": 600_000}]
    refused = await send(client, head, "/v1/agendas/by-resolution", **RESOLVED, items=items)

    assert (refused.status_code, refused.json()["type"]) == (409, "not-resolved")


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
