"""What may be no business of ours: nobody whom it may accuse reads it, and a person decides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import update

from common.auth.roles import Role
from common.clock import utc_now
from common.db import database
from feedback import tables
from tests.feedback.cases import BODY, STREET, Sessions, known_bodies, raised, step, stepped
from tests.harness import Apps, Urls
from tests.matching.service.test_audit import entries

Header = dict[str, str]
ACCUSING = "助餐中心负责人受贿，收钱给名额，我是三号楼的王小明"
HARMLESS = "楼里居民集体反映送餐总是凉的"
WHY = "经核，所述为服务质量问题，不属信访"
CONTACT = {"name": "王小明", "phone": "13800008000"}


async def read(client: httpx.AsyncClient, header: Header, case: dict[str, Any]) -> dict[str, Any]:
    """A case as somebody reads it."""
    answer = await client.get(f"/v1/cases/{case['id']}", headers=header)
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: httpx.AsyncClient, header: Header, **wanted: Any) -> list[str]:
    """The ids of a list."""
    answer = await client.get("/v1/cases", params=wanted, headers=header)
    return [each["id"] for each in answer.json()["items"]]


async def test_whom_it_may_accuse_neither_reads_nor_handles_nor_lists_it(
    client: httpx.AsyncClient, resident: Header, body: Header, clerk: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, words=ACCUSING, contact=CONTACT)
    house = {"organisation_id": STREET, "words": "请协助核查"}
    path = f"/v1/cases/{case['id']}"
    refused = [
        *[await client.get(f"{path}{more}", headers=body) for more in ("", "/contact", "/steps")],
        await step(client, body, case, "status", status="fixed", words="查无此事", is_upheld=False),
        await step(client, body, case, "send-back", reason="outside_duty", words="非本单位职责"),
        await step(client, body, case, "dispatches", **house),
    ]
    over = await stepped(client, clerk, case, "hand-over", channel="discipline", words="移交纪检")

    assert (case["boundary"]["channel"], case["line"]) == ("discipline", "civil_affairs")
    assert (case["responsible_body"], case["routed_by"]) == (None, "desk")
    assert {each.status_code for each in refused} == {404}
    assert await listed(client, body) == []
    assert over["status"] == "handed_over"


async def test_also_where_the_body_was_named_before_and_where_it_is_handed_over(
    client: httpx.AsyncClient,
    resident: Header,
    body: Header,
    clerk: Header,
    head: Header,
    sessions: Sessions,
) -> None:
    """As an earlier release routed them; or as an office hands over what no word told."""
    await known_bodies(sessions)
    case = await raised(client, resident, words=ACCUSING)
    plain = await raised(client, resident)
    async with sessions.begin() as session:
        await session.execute(update(tables.Case).values(responsible_body_id=BODY))
    before = await listed(client, body)
    await stepped(client, head, plain, "hand-over", channel="discipline", words="移交纪检监察")
    refused = await client.get(f"/v1/cases/{case['id']}", headers=body)

    assert before == [plain["id"]]
    assert (refused.status_code, await listed(client, body)) == (404, [])


async def test_what_is_no_such_matter_goes_its_ordinary_way_once_a_person_has_said_so(
    client: httpx.AsyncClient, resident: Header, body: Header, clerk: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, words=HARMLESS)
    waiting = await listed(client, clerk, boundary=True)
    cleared = await stepped(client, clerk, case, "boundary/dismissal", words=WHY)
    after = await listed(client, clerk, boundary=True)
    again = await step(client, clerk, cleared, "boundary/dismissal", words=WHY)
    told_of = (await client.get(f"/v1/cases/{case['id']}/steps", headers=resident)).json()[-1]
    done = await stepped(
        *(client, body, cleared, "status"), status="fixed", words="已更换保温箱", is_upheld=True
    )
    seen = await client.get(f"/open311/v2/requests/{case['number']}.json", headers=resident)

    assert (waiting, after) == ([case["id"]], [])
    assert (cleared["boundary"], cleared["responsible_body_id"]) == (None, BODY)
    assert cleared["due_at"] == case["due_at"]
    assert again.json()["type"] == "no-boundary-waits"
    assert (told_of["action"], told_of["words"]) == ("dismiss_boundary", WHY)
    assert told_of["facts"] == {
        "recognised": "petition",
        "word": "集体反映",
        "rule": "boundary.petition",
        "body": BODY,
    }
    assert (done["status"], seen.status_code) == ("fixed", 200)


async def test_the_body_has_its_day_to_send_back_from_when_it_gets_the_case(
    client: httpx.AsyncClient, resident: Header, body: Header, clerk: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, words=HARMLESS)
    async with sessions.begin() as session:
        long_ago = utc_now() - timedelta(days=20)
        await session.execute(update(tables.Case).values(routed_at=long_ago))
    cleared = await stepped(client, clerk, case, "boundary/dismissal", words=WHY)
    why = {"reason": "outside_duty", "words": "非本单位职责"}
    asked = await stepped(client, body, cleared, "send-back", **why)

    assert asked["is_send_back_asked"]


async def test_the_body_and_other_desks_do_not_say_that_it_is_no_such_matter(
    client: httpx.AsyncClient,
    resident: Header,
    body: Header,
    other_street: Header,
    bearer: Callable[..., Header],
    sessions: Sessions,
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, words=ACCUSING)
    both = bearer(
        *(Role.CLERK, Role.PROVIDER),
        org=BODY,
        area="310101002",
        line="civil_affairs",
        subject="both",
    )
    outside = [
        await step(client, header, case, "boundary/dismissal", words=WHY)
        for header in (body, other_street)
    ]
    itself = await step(client, both, case, "boundary/dismissal", words=WHY)

    assert {each.status_code for each in outside} == {404}
    assert itself.json()["type"] == "not-by-the-body"
    assert (await read(client, resident, case))["boundary"]["channel"] == "discipline"


async def test_nobody_is_named_for_it_before_it_is_decided(
    client: httpx.AsyncClient, resident: Header, clerk: Header, head: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, words=ACCUSING)
    early = await step(client, head, case, "body", body_id=BODY, words="由本单位答复")
    cleared = await stepped(client, clerk, case, "boundary/dismissal", words=WHY)
    named = await stepped(client, head, cleared, "body", body_id=STREET, words="由街道答复")

    assert early.json()["type"] == "boundary-undecided"
    assert named["responsible_body_id"] == STREET


async def test_what_the_desk_has_answered_is_handed_over_still_and_judged_there(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    cases = [await raised(client, resident, words=ACCUSING) for _ in range(2)]
    words = {"words": "已告知将移交", "is_upheld": False}
    fixed = await stepped(client, clerk, cases[0], "status", status="fixed", **words)
    answered = await stepped(client, clerk, cases[1], "status", status="answered", words="已告知")
    over = [
        await stepped(client, clerk, each, "hand-over", channel="discipline", words="移交纪检监察")
        for each in (fixed, answered)
    ]

    assert fixed["is_upheld"] is False
    assert [(each["status"], each["is_upheld"]) for each in over] == [("handed_over", None)] * 2


async def test_an_office_that_takes_it_back_has_decided_and_a_resident_has_not(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    head: Header,
    body: Header,
    sessions: Sessions,
) -> None:
    await known_bodies(sessions)
    over = [
        await stepped(
            *(client, clerk, await raised(client, resident, words=HARMLESS), "hand-over"),
            channel="petition",
            words="属信访事项，转信访办",
        )
        for _ in range(2)
    ]
    early = await step(client, clerk, over[0], "boundary/dismissal", words=WHY)
    back = await stepped(client, head, over[0], "hand-over/take-back", words=WHY)
    again = await stepped(client, resident, over[1], "verdict", status="reopened", words="请办理")

    assert early.json()["type"] == "no-boundary-waits"
    assert (back["boundary"], back["responsible_body_id"]) == (None, BODY)
    assert (again["boundary"], again["responsible_body_id"]) == ("petition", None)
    assert await listed(client, body) == [back["id"]]
    assert await listed(client, clerk, boundary=True) == [again["id"]]


async def test_who_decided_and_why_is_in_the_log(
    apps: Apps, fresh_database: Urls, resident: Header, clerk: Header
) -> None:
    async with (
        apps.live("feedback", fresh_database, worker="false") as client,
        database(fresh_database.app) as opened,
    ):
        await known_bodies(opened.sessions)
        case = await raised(client, resident, words=HARMLESS)
        await stepped(client, clerk, case, "boundary/dismissal", words=WHY)
    log = await entries(fresh_database)
    [decided] = [each for each in log if each["action"] == "case.dismiss_boundary"]

    assert (decided["target_id"], decided["reason"]) == (case["id"], WHY)
