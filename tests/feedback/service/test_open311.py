"""GeoReport v2: every answer fits the schemas, XML says what JSON says, refusals are arrays."""

from secrets import token_hex
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.contracts.feeds import Kind
from tests.feedback.cases import BODY, Sessions, known_bodies, raised, step, stepped, told
from tests.feedback.open311 import read_xml, schema

Header = dict[str, str]
V2 = "/open311/v2"
FORM = {
    "service_code": "meal_delivery",
    "lat": "31.2352",
    "long": "121.4801",
    "description": "送餐 <三天> 迟到 & 已凉",
    "first_name": "小明",
    "last_name": "王",
    "phone": "13800008000",
}


def entry(code: str, name: str, parent: str | None = None) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "dictionary": "service_category",
        "code": code,
        "name_zh": name,
        "name_en": code,
        "parent_code": parent,
        "description": None,
        "sort": 1,
        "valid_to": None,
    }


@pytest.fixture(autouse=True)
async def known(sessions: Sessions) -> None:
    """Two categories, a body, and a venue near by."""
    await known_bodies(sessions)
    await told(
        sessions,
        Kind.DICTIONARY_ENTRY,
        entry("eldercare", "为老服务"),
        entry("meal_delivery", "送餐上门", "eldercare"),
    )
    venue = {"id": str(uuid4()), "area_code": "310101002001", "lon": 121.481, "lat": 31.235}
    await told(sessions, Kind.VENUE, venue)


async def posted(client: httpx.AsyncClient, header: Header, **more: str) -> str:
    answer = await client.post(f"{V2}/requests.json", data={**FORM, **more}, headers=header)
    assert answer.status_code == 200, answer.text
    number: str = answer.json()[0]["service_request_id"]
    return number


@pytest.mark.parametrize(
    ("path", "name", "is_list"),
    [
        (f"{V2}/services", "services", True),
        (f"{V2}/services/meal_delivery", "service-definition", False),
        (f"{V2}/requests", "requests", True),
    ],
)
async def test_every_json_answer_fits_the_schema_and_xml_says_the_same(
    client: httpx.AsyncClient, resident: Header, path: str, name: str, *, is_list: bool
) -> None:
    await posted(client, resident)
    await raised(client, resident, kind="help")
    found = (await client.get(f"{path}.json")).json()
    xml = await client.get(f"{path}.xml")

    assert found
    assert list(schema(name).iter_errors(found)) == []
    assert xml.headers["content-type"].startswith("text/xml")
    assert read_xml(xml.text, is_list=is_list) == found


async def test_a_request_that_is_posted_is_a_case_with_its_deadline_and_body(
    client: httpx.AsyncClient, resident: Header, neighbour: Header
) -> None:
    number = await posted(client, resident)
    one = (await client.get(f"{V2}/requests/{number}.json")).json()
    token = (await client.get(f"{V2}/tokens/{number}.json")).json()
    mine = (await client.get("/v1/cases", headers=resident)).json()["items"]
    contact = await client.get(f"/v1/cases/{mine[0]['id']}/contact", headers=resident)
    theirs = (await client.get("/v1/cases", headers=neighbour)).json()["items"]

    assert list(schema("requests").iter_errors(one)) == []
    assert one[0]["expected_datetime"] == mine[0]["due_at"]
    assert one[0]["agency_responsible"] == "演示助餐中心"
    assert mine[0]["responsible_body_id"] == BODY
    assert (mine[0]["number"], mine[0]["channel"]) == (number, "open311")
    assert (one[0]["status"], one[0]["address_id"]) == ("open", "310101002000")
    assert contact.json()["name"] == "王**"
    assert token == [{"service_request_id": number, "token": number}]
    assert theirs == []


async def test_strangers_read_no_word_that_was_not_published_and_no_exact_point(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    case = await raised(client, resident)
    number = case["number"]
    before = (await client.get(f"{V2}/requests/{number}.json")).json()[0]
    await client.put(
        f"/v1/cases/{case['id']}/public-words",
        json={"public_words": "送餐 <迟到> & 已凉"},
        headers={**clerk, "If-Match": '"v1"'},
    )
    after = (await client.get(f"{V2}/requests/{number}.json")).json()
    xml = await client.get(f"{V2}/requests/{number}.xml")

    assert before["description"] is None
    assert (before["lat"], before["long"]) != (31.2352, 121.4801)
    assert abs(before["lat"] - 31.2352) < 0.0025
    assert after[0]["description"] == "送餐 <迟到> & 已凉"
    assert read_xml(xml.text, is_list=True) == after


async def test_where_somebody_asked_for_help_is_not_told(
    client: httpx.AsyncClient, resident: Header
) -> None:
    case = await raised(client, resident, kind="help")
    shown = (await client.get(f"{V2}/requests/{case['number']}.json")).json()[0]

    assert (shown["lat"], shown["long"]) == (None, None)
    assert shown["address_id"] == "310101002000"


async def test_what_may_be_a_matter_of_discipline_is_not_listed(
    client: httpx.AsyncClient, resident: Header
) -> None:
    case = await raised(client, resident, words="居委干部吃拿卡要")
    one = await client.get(f"{V2}/requests/{case['number']}.json")

    assert one.status_code == 404
    assert (await client.get(f"{V2}/requests.json")).json() == []


async def test_the_key_may_come_in_the_form_and_must_come(
    client: httpx.AsyncClient, resident: Header
) -> None:
    token = resident["Authorization"].removeprefix("Bearer ")
    keyed = await client.post(f"{V2}/requests.json", data={**FORM, "api_key": token})
    keyless = await client.post(f"{V2}/requests.json", data=FORM)
    wrong = await client.post(f"{V2}/requests.xml", data={**FORM, "api_key": "0123"})

    assert keyed.status_code == 200
    assert keyless.status_code == 403
    assert keyless.json()[0]["code"] == 403
    assert wrong.status_code == 403
    assert read_xml(wrong.text, is_list=True)[0]["code"] == 403


async def test_a_key_of_ours_may_come_and_is_held_against_its_rule(
    client: httpx.AsyncClient, resident: Header
) -> None:
    headers = {**resident, "Idempotency-Key": token_hex(4_000)}
    answer = await client.post(f"{V2}/requests.json", data=FORM, headers=headers)

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()[0]["description"]


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "told"),
    [
        ("GET", "/services/nothing.json", {}, 404, "nothing"),
        ("GET", "/requests/GD000.json", {}, 404, "GD000"),
        ("GET", "/services.json?jurisdiction_id=elsewhere", {}, 404, "elsewhere"),
        ("GET", "/requests.json?status=half", {}, 400, "open"),
        ("GET", "/requests.json?start_date=yesterday", {}, 400, "start_date"),
        (
            *(
                "GET",
                "/requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-09-01T00:00:00Z",
            ),
            *({}, 400, "90"),
        ),
        ("GET", "/requests.json?page_size=0", {}, 400, "page_size"),
        ("GET", "/requests.json?start_date=9999-12-31T00:00:00Z", {}, 400, "start_date"),
        ("GET", "/requests.json?end_date=0001-01-01T00:00:00Z", {}, 400, "end_date"),
        ("GET", "/services.yaml", {}, 400, "form"),
        ("POST", "/requests.json", {"lat": "", "long": ""}, 400, "address_id"),
        ("POST", "/requests.json", {"lat": "30.8", "long": "121.1"}, 400, "address_id"),
        ("POST", "/requests.json", {"service_code": "nothing"}, 404, "nothing"),
        ("POST", "/requests.json", {"attribute[kind]": "gossip"}, 400, "complaint"),
    ],
)
async def test_a_refusal_is_an_array_of_code_and_description(
    client: httpx.AsyncClient,
    resident: Header,
    method: str,
    path: str,
    more: dict[str, str],
    status: int,
    told: str,
) -> None:
    form = {**FORM, **more} if method == "POST" else None
    header = {**resident, "Accept-Language": "en"}
    answer = await client.request(method, f"{V2}{path}", data=form, headers=header)
    faults = answer.json()

    assert answer.status_code == status
    assert {fault["code"] for fault in faults} == {status}
    assert any(told in fault["description"] for fault in faults), faults


async def test_lists_are_filtered_and_paged(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    first, second, third = [await posted(client, resident) for _ in range(3)]
    case = (await client.get("/v1/cases", params={"number": first}, headers=clerk)).json()
    answered = await stepped(
        *(client, clerk, case["items"][0], "status"),
        status="fixed",
        words="已联系配送单位",
        is_upheld=True,
    )
    await stepped(client, resident, answered, "verdict", status="confirmed")

    async def numbers(**query: str) -> list[str]:
        found = await client.get(f"{V2}/requests.json", params=query)
        return [each["service_request_id"] for each in found.json()]

    assert await numbers(page_size="2") == [third, second]
    assert await numbers(page_size="2", page="2") == [first]
    assert await numbers(status="closed") == [first]
    assert await numbers(status="open") == [third, second]
    assert await numbers(service_code="eldercare") == []
    assert await numbers(service_request_id=f"{first},{second}", status="open") == [second, first]
    assert await numbers(end_date="2020-01-01T00:00:00Z") == []


async def test_updates_tell_every_step_in_order_without_its_words(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    case = await raised(client, resident)
    accepted = await stepped(client, clerk, case, "status", status="accepted", words="已受理请等候")
    await step(client, clerk, accepted, "status", status="in_progress")
    path = f"{V2}/servicerequestupdates"
    found = (await client.get(f"{path}.json")).json()
    xml = await client.get(f"{path}.xml", params={"service_request_id": case["number"]})

    assert [each["status"] for each in found] == ["OPEN", "INVESTIGATING", "IN_PROGRESS"]
    assert {each["description"] for each in found} == {None}
    assert read_xml(xml.text, is_list=True) == found


async def test_discovery_names_what_it_must_in_both_formats(client: httpx.AsyncClient) -> None:
    found = (await client.get("/open311/discovery.json")).json()
    xml = await client.get("/open311/discovery.xml")

    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    assert set(found["endpoints"][0]) == {"specification", "url", "changeset", "type", "formats"}
    assert found["endpoints"][0]["url"].endswith("/open311/v2")
    assert read_xml(xml.text, is_list=False) == found


@pytest.mark.parametrize("field", ["description", "first_name", "unheard_of"])
async def test_a_field_that_holds_what_no_text_can_keep_is_named(
    client: httpx.AsyncClient, resident: Header, field: str
) -> None:
    for text in ("a\0b", "a\u202egnp.exe"):
        form = {**FORM, field: text}
        answer = await client.post(f"{V2}/requests.json", data=form, headers=resident)
        assert answer.status_code == 400
        assert answer.json()[0]["description"].startswith(f"{field}: ")
