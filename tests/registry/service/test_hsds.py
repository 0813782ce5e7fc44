"""The HSDS 3.1 face: the standard's own schemas accept every answer, and pages add up."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jsonschema_rs
import pytest

from tests.registry.inventory import draft, move, patched, published, street, venue

STANDARD = Path(__file__).parents[4] / "shared/conformance/hsds-3.1"
LISTS = ("services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms")
HEADER = {
    "total_items",
    "total_pages",
    "page_number",
    "size",
    "first_page",
    "last_page",
    "empty",
    "contents",
}
Header = dict[str, str]

pytestmark = pytest.mark.skipif(
    not STANDARD.exists(), reason="the HSDS 3.1 schemas are not beside the repository"
)


@cache
def standard(name: str) -> jsonschema_rs.Draft202012Validator:
    """A source schema with what it points to, or a compiled schema of a list."""
    base = "hsds:///"
    schema = json.loads((STANDARD / name).read_text())
    if "/" in name:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    schema["$id"] = base + name
    registry = jsonschema_rs.Registry(
        [(base + each.name, json.loads(each.read_text())) for each in STANDARD.glob("*.json")]
    )
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, registry=registry)


def accepted(record: dict[str, Any], name: str) -> None:
    """The standard's schema has nothing to say about a record."""
    faults = [f"{list(e.instance_path)}: {e.message}" for e in standard(name).iter_errors(record)]
    assert not faults, faults


def of_list(path: str) -> str:
    """The schema of the records of a list."""
    return {
        "services": "compiled/service_list.json",
        "service_at_locations": "compiled/service_at_location_list.json",
        "organizations": "compiled/organization_list.json",
        "taxonomies": "taxonomy.json",
        "taxonomy_terms": "taxonomy_term.json",
    }[path]


def of_one(path: str) -> str:
    """The source schema of one record."""
    return of_list(path) if "/" not in of_list(path) else path.removesuffix("s") + ".json"


async def got(client: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    """A page or an object, its page header checked by its arithmetic."""
    answer = await client.get(f"/hsds/{path}", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    if "total_items" in body:
        adds_up(body, query.get("per_page"))
    return body


def adds_up(body: dict[str, Any], per_page: int | None) -> None:
    """The header of a page tells of this page."""
    assert set(body) == HEADER
    size = per_page or 50
    number, total = body["page_number"], body["total_items"]
    assert body["total_pages"] == -(-total // size)
    assert body["size"] == len(body["contents"]) == max(0, min(size, total - (number - 1) * size))
    assert body["first_page"] is (number == 1)
    assert body["last_page"] is (number >= body["total_pages"])
    assert body["empty"] is (body["size"] == 0)


@pytest.fixture
async def stocked(small_city: httpx.AsyncClient, clerk: Header) -> httpx.AsyncClient:
    """A registry with five published services of two organisations, a draft, a service at home."""
    office = await street(small_city, clerk)
    other = await street(
        small_city, clerk, name="云中助老服务队", phone="021-63230000", short_name="助老队"
    )
    house = await venue(
        small_city, clerk, phone="021-63231111", accessibility=["ramp"], operator_id=other["id"]
    )
    common = {"responsible_department_id": office["id"], "provider_id": office["id"]}
    for name in ("午餐", "晚餐", "点心"):
        await published(small_city, clerk, **common, name=name, venue_id=house["id"])
    await published(
        small_city,
        clerk,
        **{**common, "provider_id": other["id"]},
        name="上门助浴",
        category="bathing",
        channels=["at_home"],
        area_code="310101002000",
        price_kind="free",
        price_fen=0,
        price_unit=None,
    )
    await published(
        small_city,
        clerk,
        **{**common, "provider_id": other["id"]},
        name="特困老人助餐",
        venue_id=house["id"],
        eligibility={
            "age_min": 60,
            "age_max": 99,
            "groups_any": ["living_alone"],
            "hardship": ["destitute"],
            "disability": "severe",
            "household_areas": ["310101002", "310105"],
        },
        capacity=40,
        capacity_unit="person",
        capacity_period="day",
        schedule={
            "weekly": [{"weekdays": [6, 7], "opens": "13:00", "closes": "24:00"}],
            "on_holiday": "own_hours",
            "holiday_hours": [{"opens": "10:00", "closes": "12:00"}],
            "makeup_as_weekday": None,
            "exceptions": [
                {"on": "2026-10-02", "hours": []},
                {"on": "2026-10-03", "hours": [{"opens": "09:00", "closes": "10:00"}]},
            ],
        },
    )
    await draft(small_city, clerk, name="草稿", area_code="310101002000")
    return small_city


async def test_it_tells_its_version_profile_and_document(client: httpx.AsyncClient) -> None:
    meta = await got(client, "")

    assert meta["version"].startswith("3.1")
    assert meta["profile"].endswith("/hsds/profile")
    assert (await got(client, "profile"))["standard"] == "HSDS 3.1"
    assert meta["openapi_url"].endswith("/openapi.json")
    assert "/hsds/services" in (await client.get("/openapi.json")).json()["paths"]


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_and_every_record_on_it_fits_the_standard(stocked, path: str) -> None:
    body = await got(stocked, path)

    assert body["contents"]
    for record in body["contents"]:
        accepted(record, of_list(path))
        whole = await got(stocked, f"{path}/{record['id']}")
        accepted(whole, of_one(path))
        assert whole["id"] == record["id"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("services", {"full": True}),
        ("services", {"minimal": True}),
        ("service_at_locations", {"full": True}),
        ("organizations", {"full": True}),
        ("organizations", {"full_service": True}),
    ],
)
async def test_nested_and_minimal_records_fit_the_standard(stocked, path: str, query: Any) -> None:
    answer = await stocked.get(f"/hsds/{path}", params=query)

    assert answer.json()["contents"]
    for record in answer.json()["contents"]:
        accepted(record, of_one(path))
        if query.get("full") and path != "organizations":
            assert record == await got(stocked, f"{path}/{record['id']}")


async def test_services_inside_organisations_are_services_of_the_standard(stocked) -> None:
    found = (await got(stocked, "organizations", full_service=True))["contents"]

    told = [each for organisation in found for each in organisation["services"]]
    assert len(told) == 5
    for each in told:
        accepted(each, "service.json")


async def test_only_what_is_published_is_told(stocked) -> None:
    names = {each["name"] for each in (await got(stocked, "services"))["contents"]}

    assert names == {"午餐", "晚餐", "点心", "上门助浴", "特困老人助餐"}


async def test_pages_add_up_and_hold_each_record_once(stocked) -> None:
    pages = [await got(stocked, "services", page=number, per_page=2) for number in (1, 2, 3)]

    ids = [each["id"] for page in pages for each in page["contents"]]
    assert len(ids) == len(set(ids)) == pages[0]["total_items"] == 5
    assert [page["last_page"] for page in pages] == [False, False, True]


async def test_a_list_of_nothing_is_one_empty_page(stocked) -> None:
    body = await got(stocked, "services", search="无此服务")

    assert (body["total_items"], body["total_pages"], body["empty"]) == (0, 0, True)


@pytest.mark.parametrize("path", LISTS)
async def test_lines_are_the_records_of_the_pages(stocked, path: str) -> None:
    answer = await stocked.get(f"/hsds/{path}", params={"format": "ndjson"})
    body = await got(stocked, path, per_page=1000)

    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in answer.text.splitlines()] == body["contents"]


@pytest.mark.parametrize("path", LISTS)
async def test_a_query_by_post_answers_as_by_get(stocked, path: str) -> None:
    answer = await stocked.post(f"/hsds/{path}", params={"per_page": 3})

    assert answer.status_code == 200
    assert answer.json() == await got(stocked, path, per_page=3)


async def test_a_service_tells_who_when_where_and_for_how_much(stocked) -> None:
    (found,) = (await got(stocked, "services", search="特困老人"))["contents"]
    service = await got(stocked, f"services/{found['id']}")

    (cost,) = service["cost_options"]
    assert (cost["amount"], cost["currency"]) == (12.0, "CNY")
    assert service["fees_description"] == "12.00 元/份（公益）"
    assert (service["minimum_age"], service["maximum_age"]) == (60, 99)
    assert "特困" in service["eligibility_description"]
    assert [each["name"] for each in service["service_areas"]] == ["南京东路街道", "长宁区"]
    week, closed, other = service["schedules"]
    assert (week["byday"], week["opens_at"], week["closes_at"]) == (
        "SA,SU",
        "13:00+08:00",
        "24:00+08:00",
    )
    assert (closed["dtstart"], "opens_at" in closed) == ("2026-10-02", False)
    assert other["opens_at"] == "09:00+08:00"
    (there,) = service["service_at_locations"]
    (address,) = there["location"]["addresses"]
    assert (address["city"], address["region"]) == ("上海市", "黄浦区")
    assert there["location"]["accessibility"][0]["description"] == "坡道"
    (capacity,) = service["capacities"]
    assert (capacity["maximum"], capacity["unit"]["identifier"]) == (40, "person")
    codes = [each["taxonomy_term"]["code"] for each in service["attributes"]]
    assert codes == ["meal_canteen", "elderly"]


async def test_filters_hold_together(stocked) -> None:
    everything = (await got(stocked, "services", full=True))["contents"]
    one = next(each for each in everything if each["name"] == "上门助浴")
    category = one["attributes"][0]["taxonomy_term"]

    async def names(path: str = "services", **query: Any) -> set[str]:
        found = (await got(stocked, path, **query))["contents"]
        return {each["name"] if path == "services" else each["service"]["name"] for each in found}

    assert await names(taxonomy_term_id=category["id"]) == {"上门助浴"}
    assert len(await names(taxonomy_term_id=category["parent_id"])) >= 1
    assert len(await names(taxonomy_id=category["taxonomy_id"])) == 5
    assert await names(taxonomy_id=str(uuid4())) == set()
    assert await names(taxonomy_term_id=str(uuid4())) == set()
    assert await names(organization_id=one["organization_id"]) == {"上门助浴", "特困老人助餐"}
    assert await names(organization_id=one["organization_id"], search="助餐") == {"特困老人助餐"}
    assert "上门助浴" not in await names("service_at_locations")
    assert await names("service_at_locations", postcode="310105") == {"特困老人助餐"}
    assert len(await names("service_at_locations", postcode="310101002")) == 4
    assert await names("service_at_locations", postcode="310101013") == set()
    bathers = await got(stocked, "organizations", taxonomy_term_id=category["id"])
    assert [each["name"] for each in bathers["contents"]] == ["云中助老服务队"]


async def test_terms_are_found_by_taxonomy_parent_and_top(stocked) -> None:
    (category, *_) = (await got(stocked, "taxonomies"))["contents"]
    tops = await got(
        stocked, "taxonomy_terms", taxonomy_id=category["id"], top_only=True, per_page=1000
    )
    assert tops["contents"]
    assert not [each for each in tops["contents"] if "parent_id" in each]
    parent = tops["contents"][0]["id"]
    under = await got(stocked, "taxonomy_terms", parent_id=parent)
    assert {each["parent_id"] for each in under["contents"]} <= {parent}


async def test_changes_of_a_service_its_venue_and_its_provider_are_modifications(
    stocked, clerk
) -> None:
    every = (await got(stocked, "services", minimal=True, per_page=100))["contents"]
    last = max(datetime.fromisoformat(each["last_modified"]) for each in every)
    later = last.replace(year=last.year + 1).isoformat()

    assert (await got(stocked, "services", modified_after=later))["empty"]
    since = [each for each in every if datetime.fromisoformat(each["last_modified"]) >= last]
    found = await got(stocked, "services", modified_after=last.isoformat())
    assert {each["id"] for each in found["contents"]} == {each["id"] for each in since}

    (first, *_) = (await got(stocked, "service_at_locations"))["contents"]
    house = (await stocked.get(f"/v1/venues/{first['location_id']}")).json()
    answer = await patched(stocked, clerk, "/v1/venues", house, {"phone": "021-63239999"})
    assert answer.status_code == 200, answer.text
    changed = answer.json()["updated_at"]
    found = await got(stocked, "services", modified_after=changed)
    assert len(found["contents"]) == 4  # all that happen there

    provider = first["service"]["organization_id"]
    row = (await stocked.get(f"/v1/organisations/{provider}")).json()
    answer = await patched(stocked, clerk, "/v1/organisations", row, {"phone": "021-63238888"})
    assert answer.status_code == 200, answer.text
    found = await got(stocked, "services", modified_after=answer.json()["updated_at"])
    assert {each["organization_id"] for each in found["contents"]} == {provider}


async def test_a_suspended_service_is_gone_from_every_list(stocked, clerk) -> None:
    (found,) = (await got(stocked, "services", search="晚餐"))["contents"]
    record = (await stocked.get(f"/v1/offerings/{found['id']}")).json()
    answer = await move(stocked, clerk, record, "suspended", reason="检修")
    assert answer.status_code == 200, answer.text

    for path in ("services", "service_at_locations"):
        assert (await stocked.get(f"/hsds/{path}/{found['id']}")).status_code == 404
        assert found["id"] not in {each["id"] for each in (await got(stocked, path))["contents"]}


async def test_what_happens_in_a_suspended_venue_alone_is_temporarily_closed(
    stocked, clerk
) -> None:
    (first, *_) = (await got(stocked, "service_at_locations"))["contents"]
    house = (await stocked.get(f"/v1/venues/{first['location_id']}")).json()
    answer = await patched(stocked, clerk, "/v1/venues", house, {"status": "suspended"})
    assert answer.status_code == 200, answer.text

    listed = (await got(stocked, "services"))["contents"]
    least = (await got(stocked, "services", minimal=True, per_page=100))["contents"]
    whole = await got(stocked, f"services/{first['id']}")

    told = {each["name"]: each["status"] for each in listed}
    assert told.pop("上门助浴") == "active"
    assert set(told.values()) == {"temporarily closed"}
    assert [each["status"] for each in least] == [each["status"] for each in listed]
    assert whole["status"] == "temporarily closed"
    for each in (*listed, *least):
        accepted(each, of_list("services"))
    accepted(whole, of_one("services"))


async def test_ids_of_parts_stay_the_same(stocked) -> None:
    (found, *_) = (await got(stocked, "services"))["contents"]

    first = await got(stocked, f"services/{found['id']}")
    again = await got(stocked, f"services/{found['id']}")

    assert first == again
    assert UUID(first["cost_options"][0]["id"]).version == 5
