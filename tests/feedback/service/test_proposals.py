"""Proposals through the API: proposed where one lives, supported once, assessed in public."""

from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy import text

from common import mirrors
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.db import direct_url
from deploy.local.environment import Urls
from feedback import worker
from tests.feedback.cases import HOME, raised
from tests.feedback.polls import PROPOSAL, STREET_AREA, Sessions, published, send
from tests.harness import Apps

Header = dict[str, str]


@pytest.fixture
def resident(bearer: Callable[..., Header]) -> Header:
    """A resident with a verified home in the street."""
    return bearer(Role.RESIDENT, subject="resident-1", area=HOME)


@pytest.fixture
async def proposal(client: httpx.AsyncClient, resident: Header) -> dict[str, Any]:
    """A proposal of the resident."""
    return await proposed(client, resident)


async def proposed(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    answer = await send(client, header, "/v1/proposals", **{**PROPOSAL, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def supported(
    client: httpx.AsyncClient, bearer: Callable[..., Header], proposal: dict[str, Any], count: int
) -> dict[str, Any]:
    for at in range(count):
        header = bearer(Role.RESIDENT, subject=f"supporter-{at}", area=HOME)
        await send(client, header, f"/v1/proposals/{proposal['id']}/supports")
    return await read(client, proposal, {})


async def read(
    client: httpx.AsyncClient, proposal: dict[str, Any], header: Header
) -> dict[str, Any]:
    answer = await client.get(f"/v1/proposals/{proposal['id']}", headers=header)
    found: dict[str, Any] = answer.json()
    return found


async def test_a_proposal_is_public_and_under_no_name(
    client: httpx.AsyncClient, resident: Header, proposal: dict[str, Any]
) -> None:
    path = f"/v1/proposals/{proposal['id']}"
    seen = (await client.get(path)).json()
    listed = (await client.get("/v1/proposals", params={"area": "310101002"})).json()["items"]

    assert proposal["number"].startswith("TA")
    assert (proposal["is_mine"], seen["is_mine"]) == (True, False)
    assert (seen["status"], seen["supporters"], seen["threshold"]) == ("proposed", None, 20)
    assert [row["id"] for row in listed] == [proposal["id"]]
    assert not {"proposer", "created_by"} & seen.keys()


async def test_who_lives_elsewhere_neither_proposes_nor_supports(
    client: httpx.AsyncClient, bearer: Callable[..., Header], proposal: dict[str, Any]
) -> None:
    stranger = bearer(Role.RESIDENT, subject="stranger", area="310104003001")
    made = await send(client, stranger, "/v1/proposals", **PROPOSAL)
    support = await send(client, stranger, f"/v1/proposals/{proposal['id']}/supports")

    assert made.json()["type"] == support.json()["type"] == "not-in-electorate"


async def test_a_proposal_answers_a_gap_that_is_published(
    client: httpx.AsyncClient, sessions: Sessions, resident: Header
) -> None:
    gap = "01900000-0000-7000-8000-00000000abcd"
    unknown = await send(client, resident, "/v1/proposals", **PROPOSAL, gap_id=gap)
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.GAP, f'[{{"id": "{gap}", "area_code": "{STREET_AREA}"}}]')
    made = await proposed(client, resident, gap_id=gap)

    assert unknown.json()["errors"][0]["pointer"] == "/gap_id"
    assert made["gap_id"] == gap


async def test_from_the_threshold_on_the_street_must_assess(
    client: httpx.AsyncClient,
    sessions: Sessions,
    bearer: Callable[..., Header],
    clerk: Header,
    other_street: Header,
    proposal: dict[str, Any],
) -> None:
    short = await supported(client, bearer, proposal, 18)
    again = await supported(client, bearer, proposal, 18)
    desk = await read(client, proposal, clerk)
    untold = await supported(client, bearer, proposal, 19)
    enough = await read(client, proposal, clerk)
    elsewhere = await read(client, proposal, other_street)
    await worker.tell_supporters(sessions, now=utc_now())
    told = await read(client, proposal, {})

    assert short == again
    assert (desk["status"], enough["status"], elsewhere["status"]) == (
        *("proposed", "supported", "proposed"),
    )
    assert enough["supported_at"]
    assert (untold["status"], untold["supporters"], untold["supported_at"]) == (
        *("proposed", None, None),
    )
    assert (told["status"], told["supporters"]) == ("supported", 20)
    assert told["supported_at"] > enough["supported_at"]


async def test_a_list_by_status_tells_no_sooner_that_a_proposal_is_supported(
    client: httpx.AsyncClient,
    sessions: Sessions,
    bearer: Callable[..., Header],
    clerk: Header,
    other_street: Header,
    proposal: dict[str, Any],
) -> None:
    async def listed(header: Header) -> list[int]:
        found = []
        for status in ("proposed", "supported"):
            answer = await client.get("/v1/proposals", params={"status": status}, headers=header)
            found.append(len(answer.json()["items"]))
        return found

    await supported(client, bearer, proposal, 19)
    before = [await listed(header) for header in ({}, other_street, clerk)]
    await worker.tell_supporters(sessions, now=utc_now())
    after = [await listed(header) for header in ({}, other_street, clerk)]

    assert before == [[1, 0], [1, 0], [0, 1]]
    assert after == [[0, 1], [0, 1], [0, 1]]


async def test_the_street_assesses_with_a_price_and_a_public_reason(
    client: httpx.AsyncClient,
    bearer: Callable[..., Header],
    clerk: Header,
    other_street: Header,
    proposal: dict[str, Any],
) -> None:
    path = f"/v1/proposals/{proposal['id']}/assessment"
    said = {"is_feasible": True, "price_fen": 600_000, "reason": "已询价三家，取中位"}
    early = await send(client, clerk, path, 1, **said)
    await supported(client, bearer, proposal, 19)
    stranger = await send(client, other_street, path, 1, **said)
    priceless = await send(client, clerk, path, 1, is_feasible=True, reason="可以办理")
    done = await send(client, clerk, path, 1, **said)

    assert early.json()["type"] == "proposal-cannot-move"
    assert stranger.json()["type"] == "out-of-area"
    assert priceless.json()["errors"][0]["pointer"] == "/price_fen"
    assert (done.json()["status"], done.json()["assessment"]) == ("feasible", said["reason"])


async def test_a_merged_proposal_brings_its_supporters_along_once_each(
    client: httpx.AsyncClient,
    sessions: Sessions,
    bearer: Callable[..., Header],
    clerk: Header,
    resident: Header,
    proposal: dict[str, Any],
) -> None:
    other = await proposed(client, resident, title="午间再加一餐")
    await supported(client, bearer, proposal, 12)
    await supported(client, bearer, other, 6)
    path = f"/v1/proposals/{proposal['id']}/merger"
    itself = await send(client, clerk, path, 1, into_id=proposal["id"], reason="内容相同")
    gone = await send(client, clerk, path, 1, into_id=other["id"], reason="内容相同")
    await worker.tell_supporters(sessions, now=utc_now())
    kept = await read(client, other, {})
    late = await send(client, resident, f"/v1/proposals/{proposal['id']}/supports")

    assert itself.json()["type"] == "wrong-proposal"
    assert (gone.json()["status"], gone.json()["merged_into_id"]) == ("merged", other["id"])
    assert kept["supporters"] == 10  # of thirteen
    assert late.json()["type"] == "not-open-to-support"


async def test_only_its_proposer_withdraws_it(
    client: httpx.AsyncClient, bearer: Callable[..., Header], resident: Header, proposal: Any
) -> None:
    path = f"/v1/proposals/{proposal['id']}/withdrawal"
    neighbour = bearer(Role.RESIDENT, subject="resident-2", area=HOME)
    refused = await send(client, neighbour, path, 1, reason="不需要了")
    done = await send(client, resident, path, 1, reason="已由物业解决")

    assert refused.status_code == 404
    assert (done.json()["status"], done.json()["reason"]) == ("withdrawn", "已由物业解决")


async def test_what_is_on_a_published_ballot_is_not_changed(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, clerk: Header
) -> None:
    vote = await published(sessions, keys)
    option = (await client.get(f"/v1/votes/{vote.id}")).json()["options"][0]
    said = {"is_feasible": False, "reason": "又觉得不可行"}
    path = f"/v1/proposals/{option['proposal_id']}/assessment"
    refused = await send(client, clerk, path, 2, **said)

    assert (refused.status_code, refused.json()["type"]) == (409, "proposal-on-ballot")
    assert vote.number in refused.json()["detail"]


async def test_a_residents_names_here_and_in_cases_differ(
    client: httpx.AsyncClient, sessions: Sessions, resident: Header, proposal: dict[str, Any]
) -> None:
    await raised(client, resident)
    async with sessions() as session:
        names = (
            await session.scalars(
                text("SELECT created_by FROM proposal UNION SELECT created_by FROM case_order")
            )
        ).all()

    assert len(names) == 2


NEIGHBOUR = "三号楼的王小明 13800138000 每晚打麻将，请街道买隔音服务"


async def test_what_names_a_neighbour_is_taken_out_and_kept_sealed(
    apps: Apps, fresh_database: Urls, resident: Header, bearer: Callable[..., Header]
) -> None:
    head = bearer(Role.STREET_HEAD, area="310101002", line="*")
    strange = bearer(Role.STREET_HEAD, area="310104003", line="*")
    said = {"words": "请街道买隔音服务", "reason": "含他人姓名与电话"}
    again = {**said, "title": "请买隔音服务", "words": "请街道购买隔音服务"}
    async with apps.live("feedback", fresh_database, worker="false") as client:
        made = await proposed(client, resident, words=NEIGHBOUR)
        path = f"/v1/proposals/{made['id']}"
        refused = [
            await send(client, each, f"{path}/redaction", made["version"], **said)
            for each in (strange, resident)
        ]
        done = await send(client, head, f"{path}/redaction", made["version"], **said)
        await send(client, head, f"{path}/redaction", done.json()["version"], **again)
        seen = await read(client, made, {})
        kept = (await client.get(f"{path}/original", headers=head)).json()
        unseen = await client.get(f"{path}/original", headers=strange)
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    stored = await owner.fetchval("SELECT original FROM proposal")
    rows = await owner.fetch("SELECT entry FROM audit_inbox")
    await owner.close()
    noted = [(each["action"], each["outcome"]) for each in (orjson.loads(row[0]) for row in rows)]

    assert [answer.status_code for answer in refused] == [403, 403]
    assert (seen["title"], seen["words"]) == ("请买隔音服务", "请街道购买隔音服务")
    assert (seen["redaction_reason"], seen["redacted_at"] is None) == (said["reason"], False)
    assert kept == {"title": PROPOSAL["title"], "words": NEIGHBOUR}  # the first one, and no other
    assert stored.startswith("v1|")
    assert "王小明" not in stored
    assert unseen.status_code == 403
    assert noted.count(("proposal.read_original", "read")) == 1


async def test_what_was_withdrawn_is_read_by_its_writer_alone(
    client: httpx.AsyncClient, resident: Header, proposal: dict[str, Any]
) -> None:
    path = f"/v1/proposals/{proposal['id']}/withdrawal"
    await send(client, resident, path, proposal["version"], reason="写错了地方")
    public, own = await read(client, proposal, {}), await read(client, proposal, resident)

    assert (public["status"], public["words"]) == ("withdrawn", None)
    assert own["words"] == PROPOSAL["words"]
