"""Service items through the public API: codes, validity, life, scope, finding."""

from typing import Any

import httpx
import pytest

from tests.registry.inventory import made, patched, pointers, slug, street
from tests.registry.small_city import key

Header = dict[str, str]
ITEM: dict[str, Any] = {
    "name": "社区老年人助餐服务",
    "category": "meal",
    "target_groups": ["elderly"],
    "area_code": "310101002000",
    "legal_basis": "《上海市养老服务条例》",
    "valid_from": "2026-01-01",
}


async def item(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    return await made(client, header, "/v1/service-items", {**ITEM, **more})


async def moved(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], status: str
) -> httpx.Response:
    return await client.post(
        f"/v1/service-items/{record['id']}/status",
        json={"status": status},
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def test_an_item_is_drafted_published_and_retired(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    office = await street(small_city, clerk)
    draft = await item(small_city, clerk, responsible_department_id=office["id"])

    unseen = await small_city.get(f"/v1/service-items/{draft['id']}")
    public = (await moved(small_city, clerk, draft, "published")).json()
    seen = await small_city.get(f"/v1/service-items/{draft['id']}")
    retired = (await moved(small_city, clerk, public, "retired")).json()
    again = await moved(small_city, clerk, retired, "published")
    mended = await patched(small_city, clerk, "/v1/service-items", retired, {"name": "新"})

    assert unseen.status_code == 404
    assert seen.json() == public
    assert [each["status"] for each in (draft, public, retired)] == [
        "draft",
        "published",
        "retired",
    ]
    assert (again.status_code, slug(again)) == (409, "cannot-move")
    assert (mended.status_code, slug(mended)) == (409, "retired")


async def test_what_was_retired_before_it_was_promised_stays_a_matter_of_the_street(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    idea = await item(small_city, clerk)
    dropped = (await moved(small_city, clerk, idea, "retired")).json()
    path = f"/v1/service-items/{idea['id']}"
    public = await small_city.get(path)
    listed = (await small_city.get("/v1/service-items?status=retired")).json()["items"]
    ours = await small_city.get(path, headers=clerk)

    assert dropped["status"] == "retired"
    assert (public.status_code, listed) == (404, [])
    assert ours.json() == dropped


async def test_a_promise_names_who_answers_for_it_and_from_when(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    draft = await item(small_city, clerk, valid_from=None)

    answer = await moved(small_city, clerk, draft, "published")

    assert (answer.status_code, slug(answer)) == (422, "incomplete")
    assert pointers(answer) == ["/responsible_department_id", "/valid_from"]
    assert "责任部门、生效日期" in answer.json()["detail"]


async def test_a_published_item_cannot_lose_what_publishing_asked_for(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    office = await street(small_city, clerk)
    draft = await item(small_city, clerk, responsible_department_id=office["id"])
    public = (await moved(small_city, clerk, draft, "published")).json()

    answer = await patched(
        small_city, clerk, "/v1/service-items", public, {"responsible_department_id": None}
    )

    assert (answer.status_code, slug(answer)) == (422, "incomplete")


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"catalog_code": "1234567890123"}, "invalid", "/catalog_code"),
        ({"task_code": "编码"}, "invalid", "/task_code"),
        ({"category": "castles"}, "unknown-word", "/category"),
        ({"target_groups": ["elderly", "knights"]}, "unknown-word", "/target_groups/1"),
        ({"valid_to": "2025-12-31"}, "wrong-period", "/valid_to"),
        ({"area_code": "310999000000"}, "unknown-area", "/area_code"),
        ({"handling_body_id": key()["Idempotency-Key"]}, "unknown-reference", "/handling_body_id"),
    ],
    ids=["catalogue", "task", "category", "group", "period", "area", "body"],
)
async def test_bad_input_is_refused_by_name_and_field(
    small_city: httpx.AsyncClient, city: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    answer = await small_city.post(
        "/v1/service-items", json={**ITEM, **body}, headers={**city, **key()}
    )

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]


async def test_another_streets_item_is_out_of_area(
    small_city: httpx.AsyncClient, clerk: Header, city: Header
) -> None:
    theirs = await item(small_city, city, area_code="310101013000")

    answers = [
        await patched(small_city, clerk, "/v1/service-items", theirs, {"name": "我的"}),
        await moved(small_city, clerk, theirs, "retired"),
    ]

    assert [slug(each) for each in answers] == ["out-of-area"] * 2


async def test_items_are_found_by_words_category_group_area_and_day(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    office = await street(small_city, city)
    meal = await item(small_city, city, responsible_department_id=office["id"], code="SX-1")
    child = await item(
        small_city,
        city,
        name="社区托育服务",
        category="childcare",
        target_groups=["infant"],
        area_code="310101000000",
        valid_from="2026-06-01",
        responsible_department_id=office["id"],
    )
    for each in (meal, child):
        assert (await moved(small_city, city, each, "published")).status_code == 200

    async def found(**query: str) -> list[str]:
        answer = await small_city.get("/v1/service-items", params=query)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert await found(q="助餐") == [meal["id"]]
    assert await found(q="tuoyu") == [child["id"]]
    assert await found(category="eldercare") == [meal["id"]]
    assert await found(target_group="child") == [child["id"]]
    assert await found(area="310101002") == [meal["id"]]
    assert await found(code="SX-1") == [meal["id"]]
    assert await found(on="2026-03-01") == [meal["id"]]
    assert await found() == [child["id"], meal["id"]]
    assert await found(status="draft") == []


async def test_pages_go_by_area_and_miss_nothing(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    office = await street(small_city, city)
    for number in range(5):
        new = await item(
            small_city, city, name=f"事项{number}", responsible_department_id=office["id"]
        )
        await moved(small_city, city, new, "published")

    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        page = (await small_city.get("/v1/service-items", params=query)).json()
        seen += [each["name"] for each in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]

    assert seen == [f"事项{number}" for number in range(5)]
