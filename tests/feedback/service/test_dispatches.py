"""Work sent within a house: to who lives there, inside the case's clock, answered once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from feedback import tables, worker
from tests.feedback.cases import Sessions, key, known_bodies, organisation, raised, step, told
from tests.feedback.service.test_escalation import NOTICE

Header = dict[str, str]
CLINIC = "01900000-0000-7000-8000-000000000021"
VENUE = "01900000-0000-7000-8000-000000000022"


@pytest.fixture
def venue_head(bearer: Callable[..., Header]) -> Header:
    """The head of the venue."""
    return bearer(Role.VENUE_HEAD, area="310101002001", line="civil_affairs")


@pytest.fixture
def clinic(bearer: Callable[..., Header]) -> Header:
    """The clinic on its second floor."""
    return bearer(Role.PROVIDER, org=CLINIC, subject="clinic")


@pytest.fixture
async def case(client: httpx.AsyncClient, resident: Header, sessions: Sessions) -> dict[str, Any]:
    await known_bodies(sessions)
    lives = {"venue_id": VENUE, "valid_from": "2025-01-01", "valid_to": None}
    gone = {"venue_id": VENUE, "valid_from": "2020-01-01", "valid_to": "2021-01-01"}
    await told(
        sessions,
        Kind.ORGANISATION,
        organisation(CLINIC, name="演示卫生站", residencies=[lives]),
        organisation("01900000-0000-7000-8000-000000000023", residencies=[gone]),
    )
    return await raised(client, resident, kind="help", venue_id=VENUE)


async def test_the_head_sends_work_to_who_lives_in_the_house(
    client: httpx.AsyncClient, venue_head: Header, clinic: Header, case: dict[str, Any]
) -> None:
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = (await step(client, venue_head, case, "dispatches", **wish)).json()
    todo = (await client.get("/v1/dispatches", headers=clinic)).json()["items"]
    unseen = await client.get(f"/v1/cases/{case['id']}", headers=clinic)
    twice = await step(client, venue_head, {**case, "version": 2}, "dispatches", **wish)
    done = await client.post(
        f"/v1/dispatches/{sent['id']}/answer",
        json={"status": "done", "words": "已上门测量"},
        headers={**clinic, **key(), "If-Match": '"v1"'},
    )
    again = await client.post(
        f"/v1/dispatches/{sent['id']}/answer",
        json={"status": "done", "words": "已上门测量"},
        headers={**clinic, **key(), "If-Match": '"v2"'},
    )
    steps = (await client.get(f"/v1/cases/{case['id']}/steps", headers=venue_head)).json()

    assert [row["words"] for row in todo] == ["三楼老人测血压"]
    assert sent["due_at"] <= case["due_at"]
    assert unseen.status_code == 404
    assert twice.json()["type"] == "dispatched-already"
    assert (done.json()["status"], done.json()["answer"]) == ("done", "已上门测量")
    assert again.json()["type"] == "dispatch-answered"
    assert [each["action"] for each in steps] == ["raise", "dispatch", "dispatch_answered"]


async def test_nothing_is_sent_to_who_does_not_live_in_the_house(
    client: httpx.AsyncClient, venue_head: Header, case: dict[str, Any]
) -> None:
    gone = "01900000-0000-7000-8000-000000000023"
    refused = await step(
        client, venue_head, case, "dispatches", organisation_id=gone, words="三楼老人测血压"
    )

    assert refused.json()["type"] == "not-in-the-house"


async def test_only_the_body_it_was_sent_to_answers(
    client: httpx.AsyncClient, venue_head: Header, body: Header, case: dict[str, Any]
) -> None:
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = (await step(client, venue_head, case, "dispatches", **wish)).json()
    answers = [
        await client.post(
            f"/v1/dispatches/{sent['id']}/answer",
            json={"status": "done", "words": "已上门测量"},
            headers={**header, **key(), "If-Match": '"v1"'},
        )
        for header in (venue_head, body)
    ]

    assert [answer.status_code for answer in answers] == [403, 403]


async def test_a_notice_sets_anew_until_when_the_house_answers(
    client: httpx.AsyncClient,
    venue_head: Header,
    case: dict[str, Any],
    bearer: Callable[..., Header],
    keys: Keys,
    sessions: Sessions,
) -> None:
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = (await step(client, venue_head, case, "dispatches", **wish)).json()
    then = datetime(2026, 12, 31, 2, tzinfo=UTC)
    async with sessions.begin() as session:  # as if it had been sent on 2026-12-31
        row = await session.get_one(tables.Dispatch, sent["id"])
        row.sent_at, row.due_at = then, datetime(2027, 1, 4, 16, tzinfo=UTC)
        row.own_due_at = row.due_at
        row.is_due_provisional = True
        of = await session.get_one(tables.Case, case["id"])
        of.clock_started_on, of.due_at = then.date(), datetime(2027, 1, 8, 16, tzinfo=UTC)
    city = {**bearer(Role.CITY_OFFICE, area="31"), **key()}
    loaded = await client.post("/v1/calendar/notices", json=NOTICE, headers=city)

    await worker.recount(sessions, keys, now=then)

    [shown] = (await client.get("/v1/dispatches", headers=venue_head)).json()["items"]
    assert loaded.status_code == 201
    assert (sent["is_due_provisional"], shown["is_due_provisional"]) == (False, False)
    assert shown["due_at"] == "2027-01-05T16:00:00Z"
    assert shown["version"] == sent["version"] + 1


async def ended(
    client: httpx.AsyncClient,
    who: Header,
    sent: dict[str, Any],
    how: str,
    version: int,
    **body: Any,
) -> httpx.Response:
    """The answer to what ends a dispatch: its answer, or its cancellation."""
    return await client.post(
        f"/v1/dispatches/{sent['id']}/{how}",
        json=body,
        headers={**who, **key(), "If-Match": f'"v{version}"'},
    )


async def test_work_that_waits_is_taken_back_with_a_reason_and_may_be_sent_again(
    client: httpx.AsyncClient,
    venue_head: Header,
    clinic: Header,
    other_street: Header,
    case: dict[str, Any],
) -> None:
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    why = {"words": "老人已由家属送医，无须上门"}
    done = {"status": "done", "words": "已上门测量"}
    sent = (await step(client, venue_head, case, "dispatches", **wish)).json()
    by_the_body = await ended(client, clinic, sent, "cancellation", 1, **why)
    elsewhere = await ended(client, other_street, sent, "cancellation", 1, **why)
    cancelled = await ended(client, venue_head, sent, "cancellation", 1, **why)
    late = await ended(client, clinic, sent, "answer", 2, **done)
    twice = await ended(client, venue_head, sent, "cancellation", 2, **why)
    read = (await client.get("/v1/dispatches", headers=clinic)).json()["items"]
    waiting = await client.get("/v1/dispatches", params={"status": "sent"}, headers=clinic)
    again = await step(client, venue_head, {**case, "version": 3}, "dispatches", **wish)
    answered = await ended(client, clinic, again.json(), "answer", 1, **done)
    too_late = await ended(client, venue_head, again.json(), "cancellation", 2, **why)
    steps = (await client.get(f"/v1/cases/{case['id']}/steps", headers=venue_head)).json()

    assert by_the_body.status_code == 403
    assert elsewhere.status_code == 404
    assert cancelled.status_code == 200, cancelled.text
    assert [(each["status"], each["cancel_reason"]) for each in read] == [
        ("cancelled", why["words"])
    ]
    assert read[0]["is_overdue"] is False
    assert (late.status_code, late.json()["type"]) == (409, "dispatch-cancelled")
    assert twice.json()["type"] == "dispatch-cancelled"
    assert waiting.json()["items"] == []
    assert again.status_code == 201, again.text
    assert answered.json()["status"] == "done"
    assert too_late.json()["type"] == "dispatch-answered"
    assert [each["action"] for each in steps][1:3] == ["dispatch", "dispatch_cancelled"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("verdict", {"status": "withdrawn"}),
        ("hand-over", {"channel": "petition", "words": "属信访事项，依法移交"}),
    ],
)
async def test_work_that_waits_ends_with_its_case(
    client: httpx.AsyncClient,
    resident: Header,
    venue_head: Header,
    clinic: Header,
    bearer: Callable[..., Header],
    case: dict[str, Any],
    how: str,
    said: dict[str, str],
) -> None:
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = (await step(client, venue_head, case, "dispatches", **wish)).json()
    head = bearer(Role.STREET_HEAD, area="310101002", line="*", subject="head-of-street")
    who = resident if how == "verdict" else head
    over = await step(client, who, {**case, "version": 2}, how, **said)
    read = (await client.get("/v1/dispatches", headers=clinic)).json()["items"]
    waiting = await client.get("/v1/dispatches", params={"status": "sent"}, headers=venue_head)
    late = await ended(client, clinic, sent, "answer", 2, status="done", words="已上门测量")

    assert over.status_code == 200, over.text
    assert [(each["status"], each["version"]) for each in read] == [("cancelled", 2)]
    assert read[0]["cancelled_at"] == over.json()["closed_at"]
    assert read[0]["cancel_reason"] == "工单已结束，无须再办。"
    assert waiting.json()["items"] == []
    assert late.json()["type"] == "dispatch-cancelled"


async def test_a_body_lists_what_it_has_to_do_and_what_it_has_sent(
    client: httpx.AsyncClient, resident: Header, body: Header, clinic: Header, case: dict[str, Any]
) -> None:
    of_the_body = await raised(client, resident, venue_id=VENUE)
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = (await step(client, body, of_the_body, "dispatches", **wish)).json()
    listed = [
        [each["id"] for each in (await client.get("/v1/dispatches", headers=who)).json()["items"]]
        for who in (body, clinic)
    ]

    assert listed == [[sent["id"]], [sent["id"]]]


async def test_the_body_of_a_case_takes_back_what_it_has_sent(
    client: httpx.AsyncClient, resident: Header, body: Header, case: dict[str, Any]
) -> None:
    of_the_body = await raised(client, resident, venue_id=VENUE)
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = await step(client, body, of_the_body, "dispatches", **wish)
    cancelled = await ended(client, body, sent.json(), "cancellation", 1, words="无须上门")

    assert of_the_body["kind"] == "complaint"
    assert sent.status_code == 201, sent.text
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["status"] == "cancelled"


async def test_a_clock_of_what_was_cancelled_is_not_set_anew(
    client: httpx.AsyncClient,
    venue_head: Header,
    case: dict[str, Any],
    bearer: Callable[..., Header],
    keys: Keys,
    sessions: Sessions,
) -> None:
    wish = {"organisation_id": CLINIC, "words": "三楼老人测血压"}
    sent = (await step(client, venue_head, case, "dispatches", **wish)).json()
    await ended(client, venue_head, sent, "cancellation", 1, words="无须上门")
    then = datetime(2026, 12, 31, 2, tzinfo=UTC)
    async with sessions.begin() as session:  # as if it had been sent on 2026-12-31
        row = await session.get_one(tables.Dispatch, sent["id"])
        row.sent_at, row.due_at = then, datetime(2027, 1, 4, 16, tzinfo=UTC)
        row.own_due_at = row.due_at
    await client.post(
        "/v1/calendar/notices",
        json=NOTICE,
        headers={**bearer(Role.CITY_OFFICE, area="31"), **key()},
    )

    await worker.recount(sessions, keys, now=then)

    [shown] = (await client.get("/v1/dispatches", headers=venue_head)).json()["items"]
    assert (shown["due_at"], shown["version"]) == ("2027-01-04T16:00:00Z", 2)
