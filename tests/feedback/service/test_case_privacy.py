"""Who sees what of a case, how its resident is reached, and for how long."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import orjson

from common.db import direct_url
from deploy.local.environment import Urls
from feedback import worker
from tests.feedback.cases import CASE, Sessions, raised, stepped
from tests.harness import Apps

Header = dict[str, str]


async def test_a_case_may_be_anonymous_and_is_followed_by_its_number(
    client: httpx.AsyncClient, case: dict[str, Any]
) -> None:
    nameless = await raised(client, {})
    shown = (await client.get(f"/v1/public-cases/{nameless['number']}")).json()
    text = str(shown)

    assert shown["status"] == "received"
    assert shown["responsible_body"] == "演示助餐中心"
    assert CASE["words"] not in text
    assert "lon" not in shown
    assert case["number"] != nameless["number"]


async def test_a_case_is_seen_by_its_resident_its_body_its_line_and_area_alone(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    body: Header,
    clerk: Header,
    other_line: Header,
    other_street: Header,
    head: Header,
    case: dict[str, Any],
) -> None:
    async def sees(header: Header) -> bool:
        listed = (await client.get("/v1/cases", headers=header)).json()["items"]
        one = await client.get(f"/v1/cases/{case['id']}", headers=header)
        assert (one.status_code == 200) == bool(listed)
        return bool(listed)

    assert [await sees(header) for header in (resident, body, clerk, head)] == [True] * 4
    assert [await sees(header) for header in (neighbour, other_line, other_street)] == [False] * 3


async def test_every_step_is_kept_and_the_resident_reads_their_part(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    body: Header,
    case: dict[str, Any],
) -> None:
    accepted = await stepped(client, body, case, "status", status="accepted", words="您好已受理")
    await stepped(
        *(client, body, accepted, "send-back"), reason="outside_duty", words="应由市容部门办理"
    )
    mine = (await client.get(f"/v1/cases/{case['id']}/steps", headers=resident)).json()
    theirs = (await client.get(f"/v1/cases/{case['id']}/steps", headers=clerk)).json()

    assert [each["action"] for each in mine] == ["raise", "accepted", "ask_send_back"]
    assert [each["seq"] for each in mine] == [1, 2, 3]
    assert [each["words"] for each in mine] == [None, "您好已受理", None]
    assert [each["words"] for each in theirs] == [None, "您好已受理", "应由市容部门办理"]
    assert {each["by"] for each in mine} == {None}


async def test_a_contact_is_masked_and_read_in_clear_for_a_reason_only(
    client: httpx.AsyncClient, resident: Header, clerk: Header, other_line: Header
) -> None:
    case = await raised(
        client, resident, contact={"name": "王小明", "phone": "138 0000 8000", "address": None}
    )
    at = f"/v1/cases/{case['id']}/contact"

    masked = (await client.get(at, headers=clerk)).json()
    plain = await client.post(at, json={"reason": "回访核实配送情况"}, headers=clerk)
    refused = await client.post(at, json={"reason": "想看看是谁"}, headers=other_line)
    found = await client.post("/v1/cases/by-phone", json={"phone": "13800008000"}, headers=clerk)

    assert masked == {"name": "王**", "phone": "138****8000", "address": None}
    assert plain.json()["phone"] == "13800008000"
    assert refused.status_code == 404
    assert [row["id"] for row in found.json()] == [case["id"]]


async def test_by_whose_number_a_case_came_desks_alone_find_out_and_each_find_is_written_down(
    apps: Apps,
    fresh_database: Urls,
    resident: Header,
    body: Header,
    venue_head: Header,
    clerk: Header,
) -> None:
    async with apps.live("feedback", fresh_database, worker="false") as client:

        async def found(header: Header, phone: str) -> httpx.Response:
            return await client.post("/v1/cases/by-phone", json={"phone": phone}, headers=header)

        case = await raised(client, resident, contact={"phone": "13800008000"})
        refused = [await found(header, "13800008000") for header in (body, venue_head, resident)]
        hit, miss = await found(clerk, "13800008000"), await found(clerk, "13900009000")
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    entries = [orjson.loads(row[0]) for row in await owner.fetch("SELECT entry FROM audit_inbox")]
    await owner.close()
    looked = [each for each in entries if each["action"] == "case.find_by_phone"]

    assert {each.json()["type"] for each in refused} == {"permission-missing"}
    assert ([row["id"] for row in hit.json()], miss.json()) == ([case["id"]], [])
    assert [(each["outcome"], each["target_id"]) for each in looked] == [
        ("read", case["id"]),
        ("read", None),
    ]
    assert not any(number in str(entries) for number in ("13800008000", "13900009000"))


async def test_a_year_after_the_end_nobody_knows_how_to_reach_the_resident(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    case = await raised(client, resident, contact={"phone": "13800008000"})
    still = await raised(client, resident, contact={"phone": "13800008000"})
    await stepped(client, resident, case, "verdict", status="withdrawn")
    ended = datetime.fromisoformat(case["received_at"])

    early = await worker.forget(sessions, now=ended + timedelta(days=300))
    erased = await worker.forget(sessions, now=ended + timedelta(days=400))

    async def known(each: dict[str, Any]) -> int:
        at = f"/v1/cases/{each['id']}/contact"
        return (await client.get(at, headers=clerk)).status_code

    assert (early, erased) == (0, 1)
    assert [await known(each) for each in (case, still)] == [404, 200]
