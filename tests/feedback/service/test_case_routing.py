"""To whom a case goes: routed by item, street or desk; sent back, named anew, handed over."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from common.clock import utc_now
from common.contracts.feeds import Kind
from tests.feedback.cases import (
    BODY,
    STREET,
    Sessions,
    item,
    known_bodies,
    organisation,
    raised,
    step,
    stepped,
    told,
)

Header = dict[str, str]


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


async def test_a_send_back_is_found_until_it_is_decided_and_a_reply_takes_the_case(
    client: httpx.AsyncClient, resident: Header, body: Header, head: Header, case: dict[str, Any]
) -> None:
    async def waiting() -> list[str]:
        found = await client.get("/v1/cases", params={"send_back": True}, headers=head)
        return [each["id"] for each in found.json()["items"]]

    wish = {"reason": "outside_duty", "words": "非本单位职责范围"}
    asked = await stepped(client, body, case, "send-back", **wish)
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=head)).json()
    before = await waiting()
    fixed = await stepped(
        client, body, asked, "status", status="fixed", words="已更换配送人员", is_upheld=True
    )
    after = await waiting()
    late = await step(client, head, fixed, "send-back/refusal", words="已办结，不再审批")
    again = await stepped(client, resident, fixed, "verdict", status="reopened", words="仍然迟到")
    twice = await step(client, body, again, "send-back", **wish)

    assert (asked["is_send_back_asked"], shown["is_send_back_asked"]) == (True, True)
    assert (before, after, fixed["is_send_back_asked"]) == ([case["id"]], [], False)
    assert late.json()["type"] == "no-send-back-asked"
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
