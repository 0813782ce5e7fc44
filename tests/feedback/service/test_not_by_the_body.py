"""What the body complained about cannot do itself: send a case away, say that all are content."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.feedback.cases import BODY, Sessions, known_bodies, raised, step, stepped

Header = dict[str, str]
REPLY = "已更换配送人员"
WHY = "属信访事项，转信访办"
PLEASED = {"is_reached": True, "is_satisfied": True}


@pytest.fixture
def second(bearer: Callable[..., Header]) -> Header:
    """Another employee of the body, who has an area and a line as staff have."""
    return bearer(
        *(Role.PROVIDER,), org=BODY, area="310101002", line="civil_affairs", subject="employee-2"
    )


@pytest.fixture
async def case(client: httpx.AsyncClient, resident: Header, sessions: Sessions) -> dict[str, Any]:
    """A resident's complaint, routed to its body."""
    await known_bodies(sessions)
    return await raised(client, resident)


async def test_the_body_hands_nothing_over(
    client: httpx.AsyncClient, body: Header, second: Header, case: dict[str, Any]
) -> None:
    refused = [
        await step(client, header, case, "hand-over", channel="petition", words=WHY)
        for header in (body, second)
    ]

    assert {each.json()["type"] for each in refused} == {"not-by-the-body"}


async def test_a_desk_hands_over_what_was_recognised_and_an_office_all_else(
    client: httpx.AsyncClient, clerk: Header, head: Header, resident: Header, case: dict[str, Any]
) -> None:
    accusing = await raised(client, resident, words="居委干部吃拿卡要，送餐名额要送礼")
    plain = await step(client, clerk, case, "hand-over", channel="petition", words=WHY)
    astray = await step(client, clerk, accusing, "hand-over", channel="litigation", words=WHY)
    known = await stepped(client, clerk, accusing, "hand-over", channel="discipline", words=WHY)
    decided = await stepped(client, head, case, "hand-over", channel="petition", words=WHY)

    assert {each.json()["type"] for each in (plain, astray)} == {"hand-over-needs-office"}
    assert (known["status"], known["handed_over_to"]) == ("handed_over", "discipline")
    assert (decided["status"], decided["handed_over_to"]) == ("handed_over", "petition")


async def test_the_resident_or_an_office_takes_a_hand_over_back(
    client: httpx.AsyncClient, clerk: Header, head: Header, resident: Header, case: dict[str, Any]
) -> None:
    why = "仍属本平台办理事项"
    nothing = await step(client, head, case, "hand-over/take-back", words=why)
    over = await stepped(client, head, case, "hand-over", channel="petition", words=WHY)
    desk = await step(client, clerk, over, "hand-over/take-back", words=why)
    back = await stepped(client, head, over, "hand-over/take-back", words=why)
    again = await stepped(client, head, back, "hand-over", channel="petition", words=WHY)
    mine = await stepped(client, resident, again, "verdict", status="reopened", words="不是信访")

    assert nothing.json()["type"] == "not-handed-over"
    assert desk.json()["type"] == "permission-missing"
    for each in (back, mine):
        assert (each["status"], each["deadline_rule"]) == ("reopened", "case.rework")
        assert (each["handed_over_to"], each["handed_over_at"], each["closed_at"]) == (None,) * 3


async def test_the_body_does_not_say_for_the_resident_that_all_is_well(
    client: httpx.AsyncClient, body: Header, second: Header, clerk: Header, case: dict[str, Any]
) -> None:
    fixed = await stepped(client, body, case, "status", status="fixed", words=REPLY, is_upheld=True)
    itself = await step(client, second, fixed, "call-back", **PLEASED)
    pleased = await stepped(client, clerk, fixed, "call-back", **PLEASED)

    assert itself.json()["type"] == "not-by-the-body"
    assert pleased["status"] == "confirmed"


async def test_nobody_who_answered_in_this_round_calls_back(
    client: httpx.AsyncClient,
    clerk: Header,
    colleague: Header,
    resident: Header,
    case: dict[str, Any],
) -> None:
    answered = await stepped(client, clerk, case, "status", status="answered", words=REPLY)
    fixed = await stepped(
        *(client, colleague, answered, "status"), status="fixed", words=REPLY, is_upheld=True
    )
    first = await step(client, clerk, fixed, "call-back", **PLEASED)
    again = await stepped(client, resident, fixed, "verdict", status="reopened", words="还是迟到")
    mended = await stepped(client, colleague, again, "status", status="answered", words=REPLY)
    pleased = await stepped(client, clerk, mended, "call-back", **PLEASED)

    assert first.json()["type"] == "confirmed-by-itself"
    assert pleased["status"] == "confirmed"
