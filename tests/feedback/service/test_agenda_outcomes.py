"""What becomes of an agenda: bought, delivered, dropped as procurement tells; who voted sees it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback_proposals import MergerIn, ProposalIn
from common.crypto.keys import Keys
from feedback import tables, worker
from feedback.usecases import proposals
from tests.feedback.agendas import BALLOTS, agenda, head, made, told, vote
from tests.feedback.cases import HOME
from tests.feedback.polls import PROPOSAL, Sessions, counted, living, office, send
from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER

__all__ = ["agenda", "head", "vote"]
Header = dict[str, str]


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


async def test_an_agenda_of_which_all_is_given_up_is_withdrawn_for_the_reasons_of_its_items(
    client: httpx.AsyncClient,
    sessions: Sessions,
    head: Header,
    vote: tables.Vote,
    agenda: dict[str, Any],
) -> None:
    path, reasons = f"/v1/agendas/{agenda['id']}", []
    for at, item in enumerate(agenda["items"]):
        assert (await client.get(path)).json()["status"] == "published"
        await told(sessions, agenda, "dropped", of=at, drop_reason=f"第{at}项无人响应")
        reasons.append(f"“{item['title']}”：第{at}项无人响应")
    ended = (await client.get(path)).json()
    await told(sessions, agenda, "dropped", drop_reason="再说一次")
    anew = await made(client, head, vote)  # as after a withdrawal by hand

    assert (ended["status"], ended["delivered_at"], ended["spent_fen"]) == ("withdrawn", None, 0)
    assert ended["withdrawn_at"] is not None
    assert ended["withdrawal_reason"].endswith("；".join(reasons))
    assert (await client.get(path)).json() == ended
    assert anew.status_code == 201


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
