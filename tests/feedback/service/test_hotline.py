"""Orders exchanged with 12345: one order is one case, and one case has one clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feedback_hotline import HotlineOrderIn
from common.crypto.keys import Keys
from common.db import Database, database
from feedback import worker
from feedback.usecases import hotline
from tests.feedback.cases import HOME, Sessions, known_bodies, raised, step, stepped
from tests.harness import Urls

Header = dict[str, str]
ORDER: dict[str, Any] = {
    "kind": "complaint",
    "category": "meal_delivery",
    "words": "来电反映送餐连续迟到",
    "area_code": HOME,
    "contact": {"name": "王小明", "phone": "13800008000"},
    "received_at": "2026-03-02T01:30:00Z",
    "due_at": "2036-03-09T16:00:00Z",
}
FIXED = {"status": "fixed", "words": "已约谈配送单位并更换人员", "is_upheld": True}
ORDERED = "/v1/hotline-orders/2026030200001"


@pytest.fixture
def exchange(bearer: Callable[..., Header]) -> Header:
    """The hotline's platform."""
    return bearer(Role.SERVICE, subject="hotline-12345")


async def put(
    client: httpx.AsyncClient, header: Header, number: str = "2026030200001", **more: Any
) -> httpx.Response:
    path = f"/v1/hotline-orders/{number}"
    return await client.put(path, json={**ORDER, **more}, headers=header)


async def test_an_order_is_one_case_however_often_it_is_sent(
    client: httpx.AsyncClient, exchange: Header, clerk: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    first = (await put(client, exchange)).json()
    again = (await put(client, exchange)).json()
    listed = (await client.get("/v1/cases", headers=clerk)).json()["items"]

    assert first == again
    assert [row["hotline_number"] for row in listed] == ["2026030200001"]
    assert (listed[0]["channel"], listed[0]["due_at"]) == ("hotline", ORDER["due_at"])
    assert listed[0]["deadline_rule"] == "hotline"
    assert first["responsible_body"] == "演示助餐中心"


async def test_the_hotlines_deadline_takes_the_place_of_ours_and_ours_is_not_moved_by_us(
    client: httpx.AsyncClient, exchange: Header, resident: Header, head: Header
) -> None:
    case = await raised(client, resident)
    linked = (await put(client, exchange, case_number=case["number"])).json()["case"]
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=head)).json()
    extended = await step(client, head, shown, "extension", words="情况复杂需会商")
    later = (await put(client, exchange, due_at="2036-03-12T16:00:00Z")).json()["case"]
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=head)).json()

    assert (linked["id"], linked["due_at"]) == (case["id"], ORDER["due_at"])
    assert extended.json()["type"] == "hotline-sets-the-clock"
    assert later["due_at"] == "2036-03-12T16:00:00Z"
    assert [each["reason"] for each in deadline["history"]] == ["received", "hotline", "hotline"]
    assert deadline["days"] == []


async def test_a_deadline_that_the_hotline_sets_during_a_pause_stays_when_work_goes_on(
    client: httpx.AsyncClient,
    exchange: Header,
    resident: Header,
    body: Header,
    head: Header,
    sessions: Sessions,
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident)
    accepted = await stepped(client, body, case, "status", status="accepted")
    waiting = {"reason": "awaiting_resident", "words": "等待补充照片"}
    await stepped(client, head, accepted, "pause", **waiting)
    await put(client, exchange, case_number=case["number"])
    paused = (await client.get(f"/v1/cases/{case['id']}", headers=head)).json()
    resumed = await stepped(client, body, paused, "status", status="in_progress")
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=head)).json()

    assert (resumed["due_at"], resumed["deadline_rule"]) == (ORDER["due_at"], "hotline")
    assert [each["reason"] for each in deadline["history"]] == ["received", "hotline"]
    assert deadline["days"] == []


async def test_after_a_reopening_our_clock_runs_until_the_hotline_sets_another(
    client: httpx.AsyncClient, exchange: Header, clerk: Header, head: Header, sessions: Sessions
) -> None:
    """The deadline of the first handling is not that of the second, however often it is sent."""
    await known_bodies(sessions)
    due = (utc_now() + timedelta(seconds=2)).isoformat()
    await put(client, exchange, due_at=due)
    case = (await client.get("/v1/cases", headers=clerk)).json()["items"][0]
    await stepped(client, clerk, case, "status", status="fixed", words="已处理", is_upheld=True)
    path = "/v1/hotline-orders/2026030200001/call-back"
    said = {"is_reached": True, "is_satisfied": False, "words": "仍迟到"}
    anew = (await client.put(path, json=said, headers=exchange)).json()["case"]
    resent = (await put(client, exchange, due_at=due)).json()["case"]
    await worker.escalate(sessions, now=utc_now() + timedelta(minutes=1))
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=head)).json()
    longer = await stepped(client, head, shown, "extension", words="情况复杂需会商")
    later = (await put(client, exchange, due_at="2036-03-12T16:00:00Z")).json()["case"]
    late = {**later, "version": longer["version"] + 1}
    refused = await step(client, head, late, "pause", reason="awaiting_resident", words="等待材料")
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=head)).json()

    assert (anew["deadline_rule"], resent) == ("case.rework", anew)
    assert (shown["escalation_level"], shown["overdue_at"]) == (0, None)
    assert longer["due_at"] > anew["due_at"]
    assert later["deadline_rule"] == "hotline"
    assert refused.json()["type"] == "hotline-sets-the-clock"
    assert [each["reason"] for each in deadline["history"]] == [
        *("hotline", "reopened", "extended", "hotline")
    ]


async def test_an_order_without_a_deadline_leaves_the_clock_to_us(
    client: httpx.AsyncClient, exchange: Header, head: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    now = utc_now().isoformat()
    case = (await put(client, exchange, received_at=now, due_at=None)).json()["case"]
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=head)).json()
    longer = await stepped(client, head, shown, "extension", words="情况复杂需会商")
    set_by = (await put(client, exchange, due_at=longer["due_at"])).json()["case"]
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=head)).json()

    assert set_by["deadline_rule"] == "hotline"
    assert [each["reason"] for each in deadline["history"]] == ["received", "extended", "hotline"]


async def test_a_case_has_one_order(
    client: httpx.AsyncClient, exchange: Header, resident: Header
) -> None:
    case = await raised(client, resident)
    await put(client, exchange, case_number=case["number"])
    other = await put(client, exchange, "2026030200002", case_number=case["number"])
    unknown = await put(client, exchange, "2026030200003", case_number="GD000000-00000-00000")

    assert other.json()["type"] == "order-of-another-case"
    assert unknown.status_code == 404


async def test_the_hotline_reads_the_answer_and_tells_what_the_resident_said(
    client: httpx.AsyncClient, exchange: Header, clerk: Header
) -> None:
    await put(client, exchange)
    case = (await client.get("/v1/cases", headers=clerk)).json()["items"][0]
    words = "已约谈配送单位并更换人员"
    await stepped(client, clerk, case, "status", status="fixed", words=words, is_upheld=True)
    path = "/v1/hotline-orders/2026030200001"
    order = (await client.get(path, headers=exchange)).json()
    said = {"is_reached": True, "is_satisfied": True}
    told = [await client.put(f"{path}/call-back", json=said, headers=exchange) for _ in range(2)]

    assert (order["answer"], order["case"]["status"]) == (words, "fixed")
    assert [each.json()["case"]["status"] for each in told] == ["confirmed"] * 2
    assert told[0].json() == told[1].json()


@pytest.fixture
async def fixed(client: httpx.AsyncClient, exchange: Header, clerk: Header) -> dict[str, Any]:
    """The case of an order whose body says that it is fixed."""
    await put(client, exchange)
    case = (await client.get("/v1/cases", headers=clerk)).json()["items"][0]
    return await stepped(client, clerk, case, "status", **FIXED)


async def test_what_the_resident_said_of_an_answer_counts_once_however_far_the_case_has_come(
    client: httpx.AsyncClient, exchange: Header, clerk: Header, fixed: dict[str, Any]
) -> None:
    async def answered_at() -> str:
        found: str = (await client.get(ORDERED, headers=exchange)).json()["answered_at"]
        return found

    async def told(of: str | None) -> str:
        said = {"is_reached": True, "is_satisfied": False, "words": "仍迟到", "answered_at": of}
        answer = await client.put(f"{ORDERED}/call-back", json=said, headers=exchange)
        assert answer.status_code == 200, answer.text
        status: str = answer.json()["case"]["status"]
        return status

    first = await answered_at()
    anew = await told(first)
    reopened = {**fixed, "version": fixed["version"] + 1}
    working = await stepped(client, clerk, reopened, "status", status="in_progress")
    meanwhile = [await told(first), await told(None)]
    await stepped(client, clerk, working, "status", **FIXED)
    after = await told(first)
    third = await told(await answered_at())
    deadline = (await client.get(f"/v1/cases/{fixed['id']}/deadline", headers=clerk)).json()

    assert (anew, meanwhile, after) == ("reopened", ["in_progress"] * 2, "fixed")
    assert third == "reopened"
    assert [each["reason"] for each in deadline["history"]] == ["hotline", "reopened", "reopened"]


async def test_that_the_hotline_reached_nobody_is_kept_once_for_each_attempt(
    client: httpx.AsyncClient, exchange: Header, clerk: Header, fixed: dict[str, Any]
) -> None:
    first, later = "三次未接通", "次日再拨仍未接通"
    for words in (first, first, later):
        said = {"is_reached": False, "words": words}
        answer = await client.put(f"{ORDERED}/call-back", json=said, headers=exchange)
        assert answer.json()["case"]["status"] == "fixed"
    steps = (await client.get(f"/v1/cases/{fixed['id']}/steps", headers=clerk)).json()
    told = [(each["words"], each["facts"]) for each in steps if each["action"] == "call_back"]

    assert told == [(words, {"called_back": "not_reached"}) for words in (first, later)]


async def test_of_an_order_that_was_merged_the_hotline_learns_the_answer_and_tells_on(
    client: httpx.AsyncClient, exchange: Header, clerk: Header, resident: Header
) -> None:
    first = await raised(client, resident)
    await put(client, exchange, received_at=first["received_at"])
    listed = (await client.get("/v1/cases", headers=clerk)).json()["items"]
    order = next(row for row in listed if row["hotline_number"])
    await stepped(client, clerk, order, "merge", into_id=first["id"], words="同一配送问题")
    first["version"] += 1
    words = "已约谈配送单位并更换人员"
    await stepped(client, clerk, first, "status", status="fixed", words=words, is_upheld=True)
    path = "/v1/hotline-orders/2026030200001"
    shown = (await client.get(path, headers=exchange)).json()

    async def told(**said: Any) -> list[dict[str, Any]]:
        said = {"is_reached": True, **said}
        url = f"{path}/call-back"
        return [(await client.put(url, json=said, headers=exchange)).json() for _ in range(2)]

    pleased, again = await told(is_satisfied=True)
    anew, once = await told(is_satisfied=False, words="仍然迟到")

    assert (shown["answer"], shown["joined"]["number"]) == (words, first["number"])
    assert (pleased["case"]["status"], pleased["case"]["confirmed_at"] is None) == (
        *("duplicate", False),
    )
    assert (anew["case"]["status"], anew["joined"]) == ("reopened", None)
    assert (again, once) == (pleased, anew)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"is_reached": True, "is_satisfied": True}, "not-answered-yet"),
        ({"is_reached": True, "is_satisfied": False, "words": "仍然迟到"}, "not-answered-yet"),
        ({"is_reached": False, "words": "三次未接通"}, None),
    ],
)
async def test_that_another_resident_reopened_does_not_swallow_what_this_one_says(
    client: httpx.AsyncClient,
    exchange: Header,
    clerk: Header,
    resident: Header,
    said: dict[str, Any],
    refusal: str | None,
) -> None:
    first = await raised(client, resident)
    await put(client, exchange, received_at=first["received_at"])
    listed = (await client.get("/v1/cases", headers=clerk)).json()["items"]
    order = next(row for row in listed if row["hotline_number"])
    await stepped(client, clerk, order, "merge", into_id=first["id"], words="同一配送问题")
    first["version"] += 1
    answered = await stepped(client, clerk, first, "status", **FIXED)
    read = (await client.get(ORDERED, headers=exchange)).json()["answered_at"]
    await stepped(client, resident, answered, "verdict", status="reopened", words="仍未更换")
    said = {**said, "answered_at": read}
    told = await client.put(f"{ORDERED}/call-back", json=said, headers=exchange)
    steps = (await client.get(f"/v1/cases/{order['id']}/steps", headers=clerk)).json()

    if refusal is None:
        assert told.status_code == 200
        assert (steps[-1]["action"], steps[-1]["words"]) == ("call_back", said["words"])
    else:
        assert (told.status_code, told.json()["type"]) == (409, refusal)


async def test_residents_and_staff_do_not_exchange_orders(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    refused = [await put(client, header) for header in (resident, clerk)]

    assert [each.status_code for each in refused] == [403, 403]


@pytest.fixture
async def many(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=6) as opened:
        yield opened


async def test_the_same_order_sent_by_many_at_once_is_one_case(
    many: Database, keys: Keys, actor: Callable[..., Actor]
) -> None:
    by, order = actor(Role.SERVICE), HotlineOrderIn(**ORDER)

    async def sent() -> str:
        async with many.sessions.begin() as session:
            row = await hotline.put(session, "12345", order, keys=keys, by=by, now=utc_now())
            return row.number

    numbers = await asyncio.gather(*(sent() for _ in range(6)))

    assert len(set(numbers)) == 1
