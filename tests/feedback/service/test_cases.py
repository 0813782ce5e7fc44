"""Cases through the API: raised by anybody, routed, handled, confirmed by the resident."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from common.clock import utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from feedback import worker
from tests.feedback.cases import (
    BODY,
    CASE,
    STREET,
    Sessions,
    item,
    known_bodies,
    organisation,
    raise_case,
    raised,
    step,
    stepped,
    told,
)

Header = dict[str, str]
REPLY = "已联系配送单位，今日起由专人配送"


@pytest.fixture
async def case(client: httpx.AsyncClient, resident: Header, sessions: Sessions) -> dict[str, Any]:
    """A resident's complaint, routed to its body."""
    await known_bodies(sessions)
    return await raised(client, resident)


async def test_a_case_goes_to_the_body_of_the_deepest_item(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    district = str(uuid4())
    await told(sessions, Kind.ORGANISATION, organisation(district, name="区民政局"))
    await told(
        sessions,
        Kind.SERVICE_ITEM,
        item(area_code="310101000000", handling_body_id=district),
        item(area_code="310101003000", handling_body_id=district),
        item(area_code="310101002000", handling_body_id=district, valid_to="2020-01-01"),
    )
    case = await raised(client, resident)

    assert case["number"].startswith("GD")
    assert (case["responsible_body_id"], case["routed_by"]) == (BODY, "service_item")
    assert (case["responsible_body"], case["line"]) == ("演示助餐中心", "civil_affairs")
    assert (case["status"], case["deadline_rule"]) == ("received", "sh.answer")


async def test_what_no_item_names_goes_to_the_street_and_else_to_the_desk(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    nobody = await raised(client, resident, category="reading_room")
    await known_bodies(sessions)
    street = await raised(client, resident, category="reading_room")

    assert (nobody["responsible_body_id"], nobody["routed_by"]) == (None, "desk")
    assert (street["responsible_body_id"], street["routed_by"]) == (STREET, "street")


async def test_a_consultation_is_due_sooner_than_a_complaint(
    client: httpx.AsyncClient, resident: Header, case: dict[str, Any]
) -> None:
    asked = await raised(client, resident, kind="consultation")

    assert asked["deadline_rule"] == "case.consultation"
    assert asked["due_at"] == asked["contact_due_at"] == case["contact_due_at"]
    assert asked["due_at"] < case["due_at"]


async def test_a_street_has_its_own_table(client: httpx.AsyncClient, resident: Header) -> None:
    own = await raised(
        client, resident, area_code="310106019001", kind="suggestion", lon=None, lat=None
    )

    assert own["deadline_rule"] == "street.suggestion"


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


async def test_fixed_by_the_body_and_confirmed_by_the_resident_are_two_facts(
    client: httpx.AsyncClient, resident: Header, body: Header, case: dict[str, Any]
) -> None:
    accepted = await stepped(client, body, case, "status", status="accepted")
    fixed = await stepped(
        client, body, accepted, "status", status="fixed", words=REPLY, is_upheld=True
    )
    confirmed = await stepped(client, resident, fixed, "verdict", status="confirmed")

    assert accepted["accepted_at"]
    assert (fixed["fixed_at"] is not None, fixed["confirmed_at"], fixed["closed_at"]) == (
        *(True, None),
        None,
    )
    assert fixed["is_upheld"] is True
    assert confirmed["confirmed_at"] == confirmed["closed_at"]
    assert confirmed["fixed_at"] == fixed["fixed_at"]


async def test_a_resident_who_does_not_accept_reopens_with_a_clock_of_its_own(
    client: httpx.AsyncClient, resident: Header, body: Header, case: dict[str, Any]
) -> None:
    fixed = await stepped(
        client, body, case, "status", status="fixed", words=REPLY, is_upheld=False
    )
    wordless = await step(client, resident, fixed, "verdict", status="reopened")
    again = await stepped(client, resident, fixed, "verdict", status="reopened", words="还是迟到")
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=resident)).json()

    assert wordless.json()["type"] == "wrong-case-file"
    assert (again["fixed_at"], again["is_upheld"]) == (None, None)
    assert again["deadline_rule"] == "case.rework"
    assert [each["reason"] for each in deadline["history"]] == ["received", "reopened"]
    assert again["reopened_at"]


async def test_an_answer_needs_words_and_a_verdict_on_the_complaint(
    client: httpx.AsyncClient, body: Header, case: dict[str, Any]
) -> None:
    wordless = await step(client, body, case, "status", status="answered")
    unjudged = await step(client, body, case, "status", status="fixed", words=REPLY)

    assert wordless.json()["errors"][0]["pointer"] == "/words"
    assert unjudged.json()["errors"][0]["pointer"] == "/is_upheld"


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


async def test_what_nobody_judges_ends_as_not_heard_and_may_still_be_reopened(
    client: httpx.AsyncClient, resident: Header, body: Header, keys: Keys, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, contact={"phone": "13800008000"})
    answered = await stepped(client, body, case, "status", status="answered", words=REPLY)
    waiting = await raised(client, resident)
    said_at = datetime.fromisoformat(answered["answered_at"])

    early = await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=29))
    ended = await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=31))
    again = await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=31))
    silent = (await client.get(f"/v1/cases/{case['id']}", headers=resident)).json()
    steps = (await client.get(f"/v1/cases/{case['id']}/steps", headers=resident)).json()
    kept = await worker.forget(sessions, now=said_at + timedelta(days=390))
    erased = await worker.forget(sessions, now=said_at + timedelta(days=400))
    anew = await stepped(client, resident, silent, "verdict", status="reopened", words="还是迟到")
    still = (await client.get(f"/v1/cases/{waiting['id']}", headers=resident)).json()

    assert (early, ended, again) == (0, 1, 0)
    assert (silent["status"], silent["confirmed_at"], bool(silent["closed_at"])) == (
        *("answered", None, True),
    )
    assert steps[-1]["action"] == "not_heard"
    assert (kept, erased) == (0, 1)
    assert (anew["status"], anew["closed_at"]) == ("reopened", None)
    assert still["closed_at"] is None


async def test_somebody_who_did_not_answer_calls_back(
    client: httpx.AsyncClient, clerk: Header, colleague: Header, case: dict[str, Any]
) -> None:
    fixed = await stepped(
        client, clerk, case, "status", status="fixed", words=REPLY, is_upheld=True
    )
    itself = await step(client, clerk, fixed, "call-back", is_reached=True, is_satisfied=True)
    silent = await stepped(client, colleague, fixed, "call-back", is_reached=False)
    pleased = await stepped(
        client, colleague, silent, "call-back", is_reached=True, is_satisfied=True
    )

    assert itself.json()["type"] == "confirmed-by-itself"
    assert (silent["status"], silent["confirmed_at"]) == ("fixed", None)
    assert pleased["status"] == "confirmed"


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


async def test_the_first_receiver_answers_until_another_body_is_named(
    client: httpx.AsyncClient, body: Header, clerk: Header, head: Header, case: dict[str, Any]
) -> None:
    wrong = await step(client, body, case, "send-back", reason="too_busy", words="人手不够了")
    asked = await stepped(
        *(client, body, case, "send-back"), reason="outside_duty", words="应由街道办理"
    )
    still = (await client.get(f"/v1/cases/{case['id']}", headers=body)).json()
    refused = await stepped(client, head, asked, "send-back/refusal", words="职责清楚，请办理")
    again = await step(
        *(client, body, refused, "send-back"), reason="outside_duty", words="确实不属本单位"
    )
    moved = await stepped(client, head, refused, "body", body_id=STREET, words="改由街道办理")
    gone = await client.get(f"/v1/cases/{case['id']}", headers=body)
    twice = await step(
        *(client, clerk, moved, "send-back"), reason="outside_area", words="不在本街道辖区"
    )

    assert wrong.json()["type"] == again.json()["type"] == "send-back-not-allowed"
    assert still["responsible_body_id"] == BODY
    assert moved["responsible_body_id"] == STREET
    assert moved["due_at"] == case["due_at"]
    assert gone.status_code == 404
    assert twice.json()["type"] == "send-back-not-allowed"


async def test_a_body_that_is_named_later_has_its_own_day_to_send_back(
    client: httpx.AsyncClient, body: Header, head: Header, case: dict[str, Any], sessions: Sessions
) -> None:
    wish = {"reason": "outside_duty", "words": "应由街道办理"}
    async with sessions.begin() as session:
        weeks = text(
            "UPDATE case_order SET received_at = now() - interval '20 days', routed_at = :at"
        )
        await session.execute(weeks, {"at": utc_now() - timedelta(days=20)})
    late = await step(client, body, case, "send-back", **wish)
    named = await stepped(client, head, case, "body", body_id=BODY, words="确由本单位办理")
    asked = await stepped(client, body, named, "send-back", **wish)

    assert late.json()["type"] == "send-back-not-allowed"
    assert asked["version"] == named["version"] + 1


async def test_more_time_is_approved_once_and_by_somebody_else_than_the_desk(
    client: httpx.AsyncClient, clerk: Header, head: Header, case: dict[str, Any]
) -> None:
    desk = await step(client, clerk, case, "extension", words="情况复杂需会商")
    longer = await stepped(client, head, case, "extension", words="情况复杂需会商")
    again = await step(client, head, longer, "extension", words="仍需时间研究")
    deadline = (await client.get(f"/v1/cases/{case['id']}/deadline", headers=head)).json()

    assert desk.json()["type"] == "permission-missing"
    assert longer["deadline_rule"] == "sh.answer_extended"
    assert longer["due_at"] > case["due_at"]
    assert again.json()["type"] == "extended-already"
    assert deadline["history"][1]["words"] == "情况复杂需会商"
    assert deadline["history"][1]["by"]
    assert [day["count"] for day in deadline["days"] if day["count"]] == list(range(1, 16))


async def test_a_clock_stands_still_for_what_the_rule_names_and_goes_on(
    client: httpx.AsyncClient, body: Header, head: Header, case: dict[str, Any]
) -> None:
    accepted = await stepped(client, body, case, "status", status="accepted")
    other = await step(client, head, accepted, "pause", reason="holiday", words="人员休假在外")
    paused = await stepped(
        *(client, head, accepted, "pause"), reason="awaiting_resident", words="等待补充照片"
    )
    resumed = await stepped(client, body, paused, "status", status="in_progress")

    assert other.json()["type"] == "pause-not-for-that"
    assert paused["paused_at"]
    assert resumed["paused_at"] is None
    assert resumed["due_at"] == case["due_at"]
    assert resumed["status"] == "in_progress"


async def test_more_time_is_more_after_a_pause_and_after_a_reopening_too(
    client: httpx.AsyncClient, resident: Header, body: Header, head: Header, case: dict[str, Any]
) -> None:
    why = {"words": "情况复杂需会商"}
    asked = {"reason": "awaiting_resident", "words": "等待补充照片"}
    plain = await raised(client, resident)
    whole = await stepped(client, head, plain, "extension", **why)
    accepted = await stepped(client, body, case, "status", status="accepted")
    paused = await stepped(client, head, accepted, "pause", **asked)
    resumed = await stepped(client, body, paused, "status", status="in_progress")
    after_pause = await stepped(client, head, resumed, "extension", **why)
    other = await raised(client, resident)
    answered = await stepped(client, body, other, "status", status="answered", words=REPLY)
    anew = await stepped(client, resident, answered, "verdict", status="reopened", words="未解决")
    longer = await stepped(client, head, anew, "extension", **why)
    deadline = (await client.get(f"/v1/cases/{other['id']}/deadline", headers=head)).json()

    assert after_pause["due_at"] == whole["due_at"]
    assert longer["due_at"] > anew["due_at"]
    assert deadline["history"][-1]["days"] == 3 + 15 - 5


async def test_a_petition_is_recognised_and_a_person_hands_it_over(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, words="我要信访，反映居委会换届的问题")
    over = await stepped(
        *(client, clerk, case, "hand-over"), channel="petition", words="属信访事项，转信访办"
    )

    assert case["boundary"] == {
        "channel": "petition",
        "word": "信访",
        "rule": "boundary.petition",
    }
    assert case["status"] == "received"
    assert (over["status"], over["handed_over_to"]) == ("handed_over", "petition")
    assert over["closed_at"]


async def test_who_comes_with_an_old_version_is_told(
    client: httpx.AsyncClient, body: Header, case: dict[str, Any]
) -> None:
    await stepped(client, body, case, "status", status="accepted")
    late = await step(client, body, case, "status", status="in_progress")

    assert late.status_code == 412


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"area_code": "310101000000"}, "/area_code"),
        ({"lon": 31.2352, "lat": 121.4801}, "/lon"),
        ({"lat": None}, "/lon"),
        ({"offering_id": str(uuid4())}, "/offering_id"),
    ],
)
async def test_what_cannot_be_a_case_is_refused_by_field(
    client: httpx.AsyncClient, resident: Header, more: dict[str, Any], pointer: str
) -> None:
    refused = await raise_case(client, resident, **more)

    assert refused.json()["type"] == "wrong-case-file"
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_only_staff_of_the_area_write_cases_down_for_others(
    client: httpx.AsyncClient, resident: Header, clerk: Header, other_street: Header
) -> None:
    own = await raise_case(client, resident, channel="counter")
    elsewhere = await raise_case(client, other_street, channel="counter")
    here = await raised(client, clerk, channel="counter")

    assert own.json()["type"] == "not-your-channel"
    assert elsewhere.json()["type"] == "out-of-area"
    assert here["channel"] == "counter"


async def test_a_deadline_explains_itself_day_by_day(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/v1/calendar/deadline", params={"start": date(2026, 9, 18).isoformat(), "days": 5}
    )
    found = answer.json()

    assert found["on"] == "2026-09-24"
    assert found["steps"][1]["text"].startswith("2026-09-20（周日）调休上班，第 1 日")
    assert found["is_provisional"] is False
