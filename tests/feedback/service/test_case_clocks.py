"""The clock of a case: by kind and street, longer, standing still, begun anew, told day by day."""

from datetime import date
from typing import Any

import httpx

from tests.feedback.cases import REPLY, raised, step, stepped

Header = dict[str, str]


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


async def test_a_deadline_explains_itself_day_by_day(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/v1/calendar/deadline", params={"start": date(2026, 9, 18).isoformat(), "days": 5}
    )
    found = answer.json()

    assert found["on"] == "2026-09-24"
    assert found["steps"][1]["text"].startswith("2026-09-20（周日）调休上班，第 1 日")
    assert found["is_provisional"] is False
