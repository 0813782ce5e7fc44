"""What the body complained about cannot do itself, and what of it is seen: by whom, how late."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.db import database
from tests.feedback import served
from tests.feedback.cases import BODY, Sessions, known_bodies, raised, step, stepped, told
from tests.harness import Apps, Urls
from tests.matching.service.test_audit import entries

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


async def test_a_resident_who_also_works_for_the_body_reads_as_the_body_what_is_not_their_own(
    apps: Apps, fresh_database: Urls, bearer: Callable[..., Header], resident: Header, body: Header
) -> None:
    both = bearer(*(Role.RESIDENT, Role.PROVIDER), kind="resident", org=BODY, subject="resident-9")
    why = {"reason": "outside_duty", "words": "应由街道办理"}
    async with (
        apps.live("feedback", fresh_database, worker="false") as client,
        database(fresh_database.app) as opened,
    ):
        await known_bodies(opened.sessions)
        case, mine = await raised(client, resident), await raised(client, both)
        await stepped(client, body, case, "send-back", **why)
        for each in (case, mine):
            await client.get(f"/v1/cases/{each['id']}", headers=both)
        steps = (await client.get(f"/v1/cases/{case['id']}/steps", headers=both)).json()
    log = await entries(fresh_database)

    assert [each["target_id"] for each in log if each["action"] == "case.read"] == [case["id"]]
    assert steps[-1]["words"] == why["words"]


async def test_who_waits_too_long_for_a_first_contact_is_listed(
    client: httpx.AsyncClient, clerk: Header, resident: Header, sessions: Sessions
) -> None:
    late, contacted, _ = [await raised(client, resident) for _ in range(3)]
    overdue = text("UPDATE case_order SET contact_due_at = received_at WHERE number = ANY(:late)")
    async with sessions.begin() as session:
        await session.execute(overdue, {"late": [late["number"], contacted["number"]]})
    await stepped(client, clerk, contacted, "status", status="accepted")
    answer = await client.get("/v1/cases", params={"uncontacted": True}, headers=clerk)

    assert [each["id"] for each in answer.json()["items"]] == [late["id"]]


async def test_a_case_about_an_offering_knows_the_contract_under_which_it_served(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    sessions: Sessions,
    keys: Keys,
) -> None:
    offering = {"id": served.OFFERING, "provider_id": served.PROVIDER, "venue": None}
    await told(sessions, Kind.OFFERING, offering)
    contract, rater = "01900000-0000-7000-8000-0000000000c1", served.rater_of(keys, "resident-1")
    await served.served(sessions, rater, contract_id=contract)
    mine, other = [
        await raised(client, header, offering_id=served.OFFERING)
        for header in (resident, neighbour)
    ]

    assert (mine["contract_id"], other["contract_id"]) == (contract, None)
