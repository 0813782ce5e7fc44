"""The rule table over HTTP: read by all, set by those who govern, with reason and history."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from common.auth.roles import Role

Headers = Callable[..., dict[str, str]]


@pytest.fixture
def service() -> str:
    return "procurement"


@pytest.fixture
def city(bearer: Headers) -> dict[str, str]:
    return bearer(Role.CITY_OFFICE, area="31")


@pytest.fixture
def district(bearer: Headers) -> dict[str, str]:
    return bearer(Role.DISTRICT_OFFICE, area="310101")


async def rule(client: httpx.AsyncClient, code: str) -> dict[str, object]:
    found, after = [], None
    while not found:
        asked = {"limit": 200} | ({"after": after} if after else {})
        page = (await client.get("/v1/rules", params=asked)).json()
        found, after = [item for item in page["items"] if item["code"] == code], page["next"]
        assert found or after, f"there is no rule {code}"
    return found[0]


def keyed(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Idempotency-Key": str(uuid4())}


async def test_anybody_reads_the_rules_with_their_source_and_mark(client):
    period = await rule(client, "gpl.35.tender_period")

    assert (period["value"], period["unit"]) == (20, "calendar_day")
    assert (period["article"], period["confidence"]) == ("35", "V")
    assert period["verified_by"] is None
    assert period["text"]["zh"]


async def test_pages_follow_each_other_without_gap_or_repeat(client):
    seen, after = [], None
    while True:
        params = {"limit": 50} | ({"after": after} if after else {})
        page = (await client.get("/v1/rules", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert len(seen) == len(set(seen)) > 150


async def test_a_day_before_a_text_does_not_show_its_rules(client):
    params = {"on": "2021-12-31", "parameter": "elimination"}
    before = (await client.get("/v1/rules", params=params)).json()["items"]
    after = (await client.get("/v1/rules", params={**params, "on": "2022-03-01"})).json()["items"]

    assert before == []
    assert [item["code"] for item in after] == ["110.elimination"]


async def test_a_place_is_under_its_own_rules_and_those_above(client):
    params = {"parameter": "open_tender_threshold"}
    here = (await client.get("/v1/rules", params={**params, "jurisdiction": "310101002"})).json()
    there = (await client.get("/v1/rules", params={**params, "jurisdiction": "110101"})).json()
    nation = (await client.get("/v1/rules", params={"jurisdiction": "CN", "limit": 1})).json()

    assert {item["jurisdiction"] for item in here["items"]} == {"31"}
    assert there["items"] == []
    assert nation["items"]


async def test_a_method_has_its_own_rules_and_those_for_all(client):
    params = {"method": "framework", "limit": 200}
    found = (await client.get("/v1/rules", params=params)).json()["items"]

    assert {item["method"] for item in found} == {None, "framework"}


async def test_what_nobody_confirmed_can_be_listed(client):
    found = (await client.get("/v1/rules", params={"is_set": False})).json()["items"]

    assert {item["parameter"] for item in found} == {
        "open_tender_threshold",
        "dispersed_purchase_limit",
        "guidance_catalogue",
        "monthly_wage_floor",
    }


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"on": "2026-02-30"}, "/on"),
        ({"on": "soon"}, "/on"),
        ({"jurisdiction": "3"}, "/jurisdiction"),
        ({"limit": 0}, "/limit"),
        ({"after": "nonsense"}, "/after"),
        ({"is_set": "perhaps"}, "/is_set"),
    ],
)
async def test_a_wrong_parameter_is_told_by_its_name(client, params, pointer):
    answer = await client.get("/v1/rules", params=params)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_rule_that_does_not_exist_is_not_found(client):
    answer = await client.get(f"/v1/rules/{uuid4()}")

    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def test_the_city_sets_a_threshold_and_the_history_keeps_why(client, city):
    empty = await rule(client, "sh.open_tender")
    body = {"value": 400_000_000, "reason": "按市财政局 2026 年标准核定", "document": "演示文号"}
    address = f"/v1/rules/{empty['id']}"

    answer = await client.put(f"{address}/value", json=body, headers={**city, "If-Match": '"v1"'})
    state = (await client.get(address)).json()

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"v2"'
    assert (state["value"], state["document"], state["version"]) == (400_000_000, "演示文号", 2)
    assert [change["value"] for change in state["history"]] == [400_000_000, None]
    assert state["history"][0]["reason"] == body["reason"]


@pytest.mark.parametrize("value", [0.35, 0.1, 1, 0])
async def test_an_exact_share_comes_back_as_it_was_sent(client, city, value):
    price = await rule(client, "87.55.service_price_weight")
    address = f"/v1/rules/{price['id']}"

    body = {"value": value, "reason": "演示：调整比例"}
    await client.put(f"{address}/value", json=body, headers={**city, "If-Match": '"v1"'})

    assert (await client.get(address)).json()["value"] == value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("gpl.35.tender_period", "twenty"),
        ("gpl.35.tender_period", True),
        ("gpl.5.free_entry", 1),
        ("102.8.excluded_bodies", "no"),
        ("102.6.providers", 3),
        ("sh.open_tender", True),
    ],
)
async def test_a_value_of_another_kind_is_refused(client, city, code, value):
    found = await rule(client, code)
    headers = {**city, "If-Match": '"v1"'}

    body = {"value": value, "reason": "演示：类型不符"}
    answer = await client.put(f"/v1/rules/{found['id']}/value", json=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "rule-value-unfit")
    assert answer.json()["errors"][0]["pointer"] == "/value"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"value": 1}, "/reason"),
        ({"value": 1, "reason": "短"}, "/reason"),
        ({"reason": "没有数值也不行"}, "/value"),
        ({"value": 1, "reason": "多余的字段", "verified_by": "me"}, "/verified_by"),
    ],
)
async def test_a_setting_says_what_and_why_and_nothing_else(client, city, body, pointer):
    found = await rule(client, "gpl.35.tender_period")
    headers = {**city, "If-Match": '"v1"'}

    answer = await client.put(f"/v1/rules/{found['id']}/value", json=body, headers=headers)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_an_edit_names_the_version_it_starts_from(client, city):
    found = await rule(client, "gpl.35.tender_period")
    address = f"/v1/rules/{found['id']}/value"
    body = {"value": 21, "reason": "演示：版本"}

    missing = await client.put(address, json=body, headers=city)
    stale = await client.put(address, json=body, headers={**city, "If-Match": '"v7"'})

    assert (missing.status_code, stale.status_code) == (428, 412)


async def test_a_district_sets_no_rule_of_the_city_or_the_nation(client, district):
    for code in ("sh.open_tender", "gpl.35.tender_period"):
        found = await rule(client, code)
        answer = await client.put(
            f"/v1/rules/{found['id']}/value",
            json={"value": 1, "reason": "演示：越权"},
            headers={**district, "If-Match": '"v1"'},
        )
        assert (answer.status_code, answer.json()["type"]) == (403, "not-your-rule")


async def test_a_city_office_without_area_sets_national_rules_only(client, bearer):
    headers = {**bearer(Role.CITY_OFFICE), "If-Match": '"v1"'}
    body = {"value": 1, "reason": "演示：无辖区"}
    national = await rule(client, "gpl.35.tender_period")
    local = await rule(client, "sh.open_tender")

    answers = [
        await client.put(f"/v1/rules/{found['id']}/value", json=body, headers=headers)
        for found in (national, local)
    ]

    assert [answer.status_code for answer in answers] == [200, 403]


@pytest.mark.parametrize("role", [None, Role.CLERK, Role.STREET_HEAD, Role.PROVIDER])
async def test_nobody_else_sets_rules(client, bearer, role):
    headers = bearer(role, area="310101002") if role else {}
    found = await rule(client, "gpl.35.tender_period")

    answer = await client.put(
        f"/v1/rules/{found['id']}/value",
        json={"value": 1, "reason": "演示：越权"},
        headers={**headers, "If-Match": '"v1"'},
    )

    assert answer.status_code == (403 if role else 401)


async def test_who_read_the_text_verifies_and_a_new_value_asks_again(client, city):
    found = await rule(client, "gpl.35.tender_period")
    address = f"/v1/rules/{found['id']}"
    body = {"reason": "与法律文本第三十五条核对一致"}

    await client.put(f"{address}/verification", json=body, headers={**city, "If-Match": '"v1"'})
    verified = (await client.get(address)).json()
    body = {"value": 25, "reason": "演示：修法"}
    await client.put(f"{address}/value", json=body, headers={**city, "If-Match": '"v2"'})
    changed = (await client.get(address)).json()

    assert verified["verified_by"]
    assert verified["verified_at"]
    assert changed["verified_by"] is None
    assert changed["verified_at"] is None
    assert [change["version"] for change in changed["history"]] == [3, 2, 1]


async def test_a_district_does_not_verify(client, district):
    found = await rule(client, "gpl.35.tender_period")

    answer = await client.put(
        f"/v1/rules/{found['id']}/verification",
        json={"reason": "演示：越权"},
        headers={**district, "If-Match": '"v1"'},
    )

    assert answer.status_code == 403


async def test_a_successor_ends_its_predecessor_the_day_before(client, city):
    old = await rule(client, "102.24.term")
    body = {
        "value": 2,
        "valid_from": "2027-01-01",
        "document": "演示新规",
        "article": "24",
        "reason": "演示：修订",
    }

    answer = await client.post(f"/v1/rules/{old['id']}/successors", json=body, headers=keyed(city))
    ended = (await client.get(f"/v1/rules/{old['id']}")).json()
    params = {"parameter": "contract_term"}
    before = (await client.get("/v1/rules", params={**params, "on": "2026-12-31"})).json()
    after = (await client.get("/v1/rules", params={**params, "on": "2027-01-01"})).json()

    assert answer.status_code == 201
    assert (ended["valid_to"], ended["value"]) == ("2026-12-31", 1)
    assert [item["value"] for item in before["items"]] == [1]
    assert [item["value"] for item in after["items"]] == [2]


@pytest.mark.parametrize("day", ["2020-03-01", "2019-01-01"])
async def test_a_successor_does_not_begin_before_its_predecessor(client, city, day):
    old = await rule(client, "102.24.term")
    body = {"value": 2, "valid_from": day, "document": "演示", "article": "", "reason": "演示：早"}

    answer = await client.post(f"/v1/rules/{old['id']}/successors", json=body, headers=keyed(city))

    assert (answer.status_code, answer.json()["type"]) == (422, "rule-ends-wrong")


async def test_two_rows_of_a_rule_never_hold_on_one_day(client, city):
    old = await rule(client, "102.24.term")
    body = {
        "value": 2,
        "valid_from": "2027-01-01",
        "document": "演示新规",
        "article": "24",
        "reason": "演示：修订",
    }
    await client.post(f"/v1/rules/{old['id']}/successors", json=body, headers=keyed(city))

    longer = {"value": 1, "valid_to": "2027-06-30", "reason": "演示：延长旧规"}
    answer = await client.put(
        f"/v1/rules/{old['id']}/value", json=longer, headers={**city, "If-Match": '"v2"'}
    )

    assert (answer.status_code, answer.json()["type"]) == (409, "rule-overlaps")


async def test_of_two_who_set_a_rule_at_once_one_reads_again(live_client, city):
    found = await rule(live_client, "gpl.35.tender_period")
    address = f"/v1/rules/{found['id']}/value"

    async def put(value: int) -> int:
        body = {"value": value, "reason": "演示：同时修改"}
        answer = await live_client.put(address, json=body, headers={**city, "If-Match": '"v1"'})
        return answer.status_code

    statuses = await asyncio.gather(*[put(value) for value in (21, 22, 23)])

    assert sorted(statuses) == [200, 412, 412]


async def test_who_set_a_rule_from_what_to_what_and_why_is_in_the_audit_log(
    live_client, city, bearer
):
    found = await rule(live_client, "gpl.35.tender_period")
    body = {"value": 21, "reason": "演示：入审计"}
    await live_client.put(
        f"/v1/rules/{found['id']}/value", json=body, headers={**city, "If-Match": '"v1"'}
    )

    params = {"target_kind": "rule", "target_id": found["id"]}
    for _ in range(50):
        answer = await live_client.get("/v1/audit", params=params, headers=bearer(Role.AUDITOR))
        if entries := answer.json()["items"]:
            break
        await asyncio.sleep(0.1)

    (entry,) = entries
    assert entry["action"] == "rule.set"
    assert (entry["before"]["value"], entry["after"]["value"]) == ("20", "21")
    assert entry["reason"] == body["reason"]
