"""Ideas, supervision and issues: written by whom it concerns, answered openly, judged once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.crypto.keys import Keys
from feedback import tables, worker
from feedback.queries.voices import serving
from feedback.usecases import bad_ratings
from tests.feedback.cases import (
    BODY,
    HOME,
    STREET,
    Sessions,
    at,
    key,
    known_bodies,
    raised,
    stepped,
)
from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER
from tests.feedback.service.test_escalation import NOTICE

Header = dict[str, str]
STREET_AREA = "310101002000"
TODAY = city_day(utc_now())
IDEA = {
    "title": "列表导出增加居村筛选",
    "words": "每月报表要按居村导出",
    "area_code": STREET_AREA,
}
REQUEST: dict[str, Any] = {
    "area_code": HOME,
    "title": "送餐迟到问题",
    "words": "请说明整改安排与完成时间",
    "body_id": BODY,
}


DEPUTY: dict[str, Any] = {
    "name": "李代表",
    "kind": "congress_deputy",
    "area_code": STREET_AREA,
    "account": "deputy-1",
    "term_from": str(TODAY - timedelta(days=100)),
}


@pytest.fixture
def deputy(bearer: Callable[..., Header]) -> Header:
    """A deputy of the street."""
    return bearer(Role.DEPUTY, kind="staff", area="310101002", subject="deputy-1")


@pytest.fixture
def another_deputy(bearer: Callable[..., Header]) -> Header:
    """A deputy who is on no roster."""
    return bearer(Role.DEPUTY, kind="staff", area="310101002", subject="deputy-2")


@pytest.fixture
async def enrolled(client: httpx.AsyncClient, head: Header, sessions: Sessions) -> dict[str, Any]:
    """The deputy on the roster."""
    await known_bodies(sessions)
    answer = await client.post("/v1/deputies", json=DEPUTY, headers={**head, **key()})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def posted(
    client: httpx.AsyncClient, header: Header, path: str, version: int | None = None, **body: Any
) -> httpx.Response:
    stands = {} if version is None else at(version)
    return await client.post(f"/v1/{path}", json=body, headers={**header, **key(), **stands})


async def test_the_front_line_is_answered_in_public_once_and_without_its_name(
    client: httpx.AsyncClient, clerk: Header, resident: Header, head: Header, city: Header
) -> None:
    foreign = await posted(client, clerk, "ideas", **{**IDEA, "area_code": "310104003000"})
    mine = (await posted(client, clerk, "ideas", **IDEA)).json()
    by_head = await posted(
        client, head, f"ideas/{mine['id']}/answer", 1, outcome="done", words="已上线"
    )
    said = {"outcome": "planned", "words": "列入下一版本"}
    answered = await posted(client, city, f"ideas/{mine['id']}/answer", 1, **said)
    twice = await posted(client, city, f"ideas/{mine['id']}/answer", 2, **said)
    public = (await client.get("/v1/ideas", params={"open": False})).json()["items"]

    assert foreign.json()["type"] == "out-of-area"
    assert by_head.json()["type"] == "permission-missing"
    assert answered.json()["outcome"] == "planned"
    assert twice.json()["type"] == "idea-answered"
    assert public == [answered.json()]
    assert "clerk-1" not in str(public)


async def test_a_deputy_asks_the_body_answers_and_the_deputy_judges(
    client: httpx.AsyncClient,
    deputy: Header,
    clerk: Header,
    resident: Header,
    enrolled: dict[str, Any],
) -> None:
    case = await raised(client, resident)
    asked = (await posted(client, deputy, "supervisions", **REQUEST, case_id=case["id"])).json()
    path = f"supervisions/{asked['id']}"
    early = await posted(client, deputy, f"{path}/verdict", 1, verdict="satisfied")
    answered = await posted(client, clerk, f"{path}/answer", 1, words="已更换配送单位，每日抽查")
    wordless = await posted(client, deputy, f"{path}/verdict", 2, verdict="dissatisfied")
    judged = await posted(
        client, deputy, f"{path}/verdict", 2, verdict="partly", words="再看一个月"
    )
    ledger = (await client.get("/v1/supervisions/ledger", params={"area": "310101002"})).json()
    public = (await client.get("/v1/supervisions")).json()["items"]
    steps = (await client.get(f"/v1/cases/{case['id']}/steps", headers=clerk)).json()

    assert asked["number"].startswith("DB")
    assert asked["deadline_rule"] == "case.rework"
    assert asked["deputy"]["name"] == enrolled["name"]
    assert early.json()["type"] == "supervision-cannot-move"
    assert answered.json()["is_overdue"] is False
    assert wordless.json()["type"] == "wrong-verdict"
    assert judged.json()["verdict"] == "partly"
    assert (ledger["requested"], ledger["answered_in_time"], ledger["partly"]) == (1, 1, 1)
    assert public == [judged.json()]
    assert case["id"] not in str(public)
    assert steps[-1]["facts"] == {"supervision": asked["number"]}


async def test_only_who_is_on_the_roster_in_a_running_term_supervises(
    client: httpx.AsyncClient,
    another_deputy: Header,
    deputy: Header,
    head: Header,
    enrolled: dict[str, Any],
) -> None:
    elsewhere = {**REQUEST, "area_code": "310101003001"}
    over = {
        "name": "王委员",
        "kind": "cppcc_member",
        "area_code": STREET_AREA,
        "account": "deputy-2",
        "term_from": "2020-01-01",
        "term_to": "2021-01-01",
    }
    await posted(client, head, "deputies", **over)
    refused = [
        await posted(client, another_deputy, "supervisions", **REQUEST),
        await posted(client, deputy, "supervisions", **elsewhere),
    ]

    assert [answer.json()["type"] for answer in refused] == ["not-on-the-roster"] * 2


async def test_a_term_ends_and_with_it_what_the_deputy_may(
    client: httpx.AsyncClient,
    deputy: Header,
    head: Header,
    resident: Header,
    enrolled: dict[str, Any],
) -> None:
    path = f"deputies/{enrolled['id']}/end"
    yesterday = str(TODAY - timedelta(days=1))
    why = "届中辞去代表职务"
    case = await raised(client, resident)
    before = await client.get("/v1/observed-cases", headers=deputy)
    early = await posted(client, head, path, 1, term_to="2020-01-01", words=why)
    ended = await posted(client, head, path, 1, term_to=yesterday, words=why)
    longer = await posted(client, head, path, 2, term_to=str(TODAY), words=why)
    after = await client.get("/v1/observed-cases", headers=deputy)
    asked = await posted(client, deputy, "supervisions", **REQUEST)

    assert [row["id"] for row in before.json()["items"]] == [case["id"]]
    assert (ended.json()["term_to"], ended.json()["version"]) == (yesterday, 2)
    assert [each.json()["type"] for each in (early, longer)] == ["wrong-term"] * 2
    assert [each.json()["type"] for each in (after, asked)] == ["not-on-the-roster"] * 2


async def test_a_deputy_observes_nothing_that_was_handed_over(
    client: httpx.AsyncClient,
    deputy: Header,
    head: Header,
    resident: Header,
    enrolled: dict[str, Any],
) -> None:
    """Also where no word of it told, and an office saw that it belongs elsewhere."""
    case = await raised(client, resident)
    path, gone = f"cases/{case['id']}", {"channel": "discipline", "words": "移交纪检监察"}
    before = await client.get("/v1/observed-cases", headers=deputy)
    over = await posted(client, head, f"{path}/hand-over", case["version"], **gone)
    after = await client.get("/v1/observed-cases", headers=deputy)
    asked = await posted(client, deputy, "supervisions", **REQUEST, case_id=case["id"])

    assert (over.status_code, over.json()["status"]) == (200, "handed_over")
    assert [row["id"] for row in before.json()["items"]] == [case["id"]]
    assert after.json()["items"] == []
    assert (asked.status_code, asked.json()["type"]) == (404, "not-found")


@pytest.mark.parametrize("elected", [True, False])
async def test_an_answer_is_judged_by_who_asked_in_a_new_term_or_by_who_serves_after(
    client: httpx.AsyncClient,
    deputy: Header,
    another_deputy: Header,
    head: Header,
    clerk: Header,
    enrolled: dict[str, Any],
    *,
    elected: bool,
) -> None:
    """Another one judges only when who asked serves no more."""
    await posted(client, head, "deputies", **{**DEPUTY, "account": "deputy-2"})
    asked = (await posted(client, deputy, "supervisions", **REQUEST)).json()
    await posted(client, clerk, f"supervisions/{asked['id']}/answer", 1, words="已更换配送单位")
    over = {"term_to": str(TODAY - timedelta(days=1)), "words": "换届，任期届满"}
    await posted(client, head, f"deputies/{enrolled['id']}/end", 1, **over)
    if elected:
        await posted(client, head, "deputies", **{**DEPUTY, "term_from": str(TODAY)})
    path, said = f"supervisions/{asked['id']}/verdict", {"verdict": "satisfied"}
    others = await posted(client, another_deputy, path, 2, **said)
    own = await posted(client, deputy, path, 2, **said)

    assert others.status_code == (403 if elected else 200)
    assert own.status_code == (200 if elected else 403)


async def test_who_is_asked_and_late_is_listed(
    client: httpx.AsyncClient, deputy: Header, enrolled: dict[str, Any], sessions: Sessions
) -> None:
    late, due = [
        (await posted(client, deputy, "supervisions", **REQUEST)).json()["id"] for _ in range(2)
    ]
    async with sessions.begin() as session:
        row = await session.get_one(tables.Supervision, late)
        row.due_at = utc_now() - timedelta(days=1)
    listed = (await client.get("/v1/supervisions", params={"overdue": True})).json()["items"]

    assert [(each["id"], each["is_overdue"]) for each in listed] == [(late, True)]
    assert due != late
    assert enrolled["id"] == listed[0]["deputy"]["id"]


async def test_on_a_desk_day_a_deputy_writes_down_what_a_resident_says(
    client: httpx.AsyncClient, deputy: Header, head: Header, enrolled: dict[str, Any]
) -> None:
    day = {
        "area_code": STREET_AREA,
        "held_on": str(TODAY),
        "place": "街道党群服务中心",
        "deputy_ids": [enrolled["id"]],
    }
    strange = {**day, "deputy_ids": ["01900000-0000-7000-8000-00000000eeee"]}
    wrong = await posted(client, head, "desk-days", **strange)
    held = (await posted(client, head, "desk-days", **day)).json()
    case = await raised(client, deputy, channel="desk_day")
    asked = await posted(client, deputy, "supervisions", **REQUEST, desk_day_id=held["id"])
    listed = (await client.get("/v1/desk-days")).json()["items"]

    assert wrong.json()["type"] == "wrong-desk-day"
    assert case["channel"] == "desk_day"
    assert asked.json()["desk_day_id"] == held["id"]
    assert [each["deputies"][0]["name"] for each in listed] == [enrolled["name"]]


async def test_a_deputy_observes_cases_of_the_area_without_a_person(
    client: httpx.AsyncClient,
    deputy: Header,
    resident: Header,
    clerk: Header,
    enrolled: dict[str, Any],
    another_deputy: Header,
) -> None:
    case = await raised(client, resident, contact={"name": "王小明", "phone": "13800008000"})
    await raised(client, resident, words="居委干部吃拿卡要")
    await raised(client, resident, area_code="310101003001", lon=None, lat=None)
    shown = (await client.get("/v1/observed-cases", headers=deputy)).json()["items"]
    strange = await client.get("/v1/observed-cases", headers=another_deputy)
    refused = await client.get("/v1/observed-cases", headers=clerk)
    inside = await client.get(f"/v1/cases/{case['id']}", headers=deputy)

    assert [row["id"] for row in shown] == [case["id"]]
    assert {"words", "lon", "lat", "resident", "contact"}.isdisjoint(shown[0])
    assert enrolled["area_code"] == STREET_AREA
    assert strange.json()["type"] == "not-on-the-roster"
    assert refused.status_code == 403
    assert inside.status_code in {403, 404}


async def test_an_issue_has_one_lead_others_help_and_every_change_has_a_reason(
    client: httpx.AsyncClient, head: Header, clerk: Header, resident: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident)
    wish = {
        "area_code": STREET_AREA,
        "title": "沿街商铺夜间扰民",
        "words": "涉及市容、公安与街道三家职责",
        "lead_id": STREET,
        "helping_ids": [BODY],
        "due_on": str(TODAY + timedelta(days=30)),
        "case_ids": [case["id"]],
    }
    alone = await posted(client, head, "issues", **{**wish, "helping_ids": [STREET]})
    past = await posted(client, head, "issues", **{**wish, "due_on": "2020-01-01"})
    by_clerk = await posted(client, clerk, "issues", **wish)
    made = (await posted(client, head, "issues", **wish)).json()
    path = f"/v1/issues/{made['id']}"
    changed = await client.patch(
        path,
        json={"lead_id": BODY, "helping_ids": [STREET], "words": "改由专业部门牵头"},
        headers={**head, **at(1)},
    )
    done = {"words": "三方联合整治完成", "body_id": BODY, "is_settled": True}
    settled = await posted(client, head, f"issues/{made['id']}/progress", 2, **done)
    after = await posted(client, head, f"issues/{made['id']}/progress", 3, words="再补充一条")
    file = (await client.get(path, headers=clerk)).json()

    assert [alone.json()["type"], past.json()["type"]] == ["wrong-issue"] * 2
    assert by_clerk.json()["type"] == "permission-missing"
    assert changed.json()["lead_id"] == BODY
    assert settled.json()["status"] == "settled"
    assert after.json()["type"] == "issue-settled"
    assert [step["words"] for step in file["steps"]] == [
        *(wish["words"], "改由专业部门牵头"),
        "三方联合整治完成",
    ]


async def test_a_case_that_was_supervised_goes_on(
    client: httpx.AsyncClient,
    deputy: Header,
    clerk: Header,
    resident: Header,
    enrolled: dict[str, Any],
) -> None:
    case = await raised(client, resident)
    await posted(client, deputy, "supervisions", **REQUEST, case_id=case["id"])
    shown = (await client.get(f"/v1/cases/{case['id']}", headers=clerk)).json()
    moved = await stepped(client, clerk, shown, "status", status="accepted")

    assert (shown["version"], moved["status"]) == (2, "accepted")


async def test_the_deputy_of_one_district_does_not_serve_the_district_with_a_like_code(
    client: httpx.AsyncClient,
    city: Header,
    sessions: Sessions,
    actor: Callable[..., Actor],
) -> None:
    wish = {"name": "王代表", "kind": "congress_deputy", "area_code": "310110000000"}
    wish |= {"account": "deputy-9", "term_from": str(TODAY - timedelta(days=1))}
    made = await posted(client, city, "deputies", **wish)
    deputy = actor(Role.DEPUTY, kind="staff", subject="deputy-9", area="31")
    async with sessions() as session:
        at_home = await serving(session, deputy, "310110019001", TODAY)
        next_door = await serving(session, deputy, "310115001001", TODAY)

    assert made.status_code == 201, made.text
    assert at_home is not None
    assert next_door is None


async def test_a_notice_sets_anew_what_supervision_and_bad_ratings_wait_for(
    client: httpx.AsyncClient,
    deputy: Header,
    city: Header,
    enrolled: dict[str, Any],
    keys: Keys,
    sessions: Sessions,
) -> None:
    then = datetime(2026, 12, 30, 2, tzinfo=UTC)
    asked = (await posted(client, deputy, "supervisions", **REQUEST)).json()
    bad = rating(PROVIDER, 1, rated_at=then)
    await rated(sessions, bad)
    async with sessions.begin() as session:  # as if both had come in on 2026-12-30
        await bad_ratings.open_if_bad(session, bad, now=then)
        row = await session.get_one(tables.Supervision, asked["id"])
        row.requested_at, row.is_due_provisional = then, True
    async with sessions() as session:
        before = (await session.get_one(tables.BadRating, bad.id)).clocks
    await posted(client, city, "calendar/notices", **NOTICE)

    await worker.recount(sessions, keys, now=then)

    async with sessions() as session:
        loop = await session.get_one(tables.BadRating, bad.id)
        request = await session.get_one(tables.Supervision, asked["id"])
    assert any(each["is_provisional"] for each in before.values())
    assert not any(each["is_provisional"] for each in loop.clocks.values())
    assert (loop.version, request.version) == (2, asked["version"] + 1)
    assert (request.is_due_provisional, str(request.due_at)[:10]) == (False, "2027-01-05")
    assert enrolled["id"] == str(request.deputy_id)
