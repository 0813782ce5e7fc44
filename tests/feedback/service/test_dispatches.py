"""Work sent within a house: to who lives there, inside the case's clock, answered once."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from common.contracts.feeds import Kind
from tests.feedback.cases import Sessions, key, known_bodies, organisation, raised, step, told

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

    assert [answer.status_code for answer in answers] == [403, 404]
