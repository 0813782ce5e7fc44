"""Delivery lists through the public API: drafted, published for a time, kept honest."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import httpx
import openpyxl
import pytest

from common.auth.roles import Role
from tests.registry.inventory import draft as an_offering
from tests.registry.inventory import (
    made,
    move,
    patched,
    pointers,
    published,
    slug,
    street,
    venue,
)
from tests.registry.service.test_pledges import pledged
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
TOWN = "310101002000"


@pytest.fixture
def office(bearer: Callable[..., Header]) -> Header:
    """The head of 南京东路街道."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*")


def line(kind: str, record: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    told = {"kind": kind, "callable_by": ["neighbourhood"], "how": "拨打 021-63210000", **more}
    return told if record is None else {**told, "resource_id": record["id"]}


async def draft(
    client: httpx.AsyncClient, header: Header, *lines: dict[str, Any], **more: Any
) -> dict[str, Any]:
    body = {
        "title": "演示数据 一季度资源配送清单",
        "area_code": TOWN,
        "valid_from": "2026-01-01",
        "valid_to": "2026-04-01",
        "lines": list(lines),
        **more,
    }
    return await made(client, header, "/v1/delivery-lists", body)


async def step(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], name: str
) -> httpx.Response:
    return await client.post(
        f"/v1/delivery-lists/{record['id']}/{name}",
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def test_a_list_says_what_can_be_called_by_whom_and_how(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    meal, room = await published(small_city, office), await pledged(small_city, office)
    talk = line("other", title="演示数据 法律讲座", quota="每月 2 场")
    mine = await draft(small_city, office, line("offering", meal), line("pledge", room), talk)
    hidden = await small_city.get(f"/v1/delivery-lists/{mine['id']}")
    answer = await step(small_city, office, mine, "publication")
    public = (await small_city.get("/v1/delivery-lists", params={"on": "2026-02-01"})).json()

    assert hidden.status_code == 404
    assert answer.json()["status"] == "published"
    assert [each["id"] for each in public["items"]] == [mine["id"]]
    first, second, third = public["items"][0]["lines"]
    assert (first["title"], first["provider_name"]) == ("老年人助餐", "南京东路街道办事处")
    assert second["title"] == "演示数据 会议室"
    assert (third["resource_id"], third["quota"]) == (None, "每月 2 场")
    assert answer.json()["not_available"] == []


async def test_a_resource_that_is_gone_is_marked_on_the_published_list(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    meal, room = await published(small_city, office), await pledged(small_city, office)
    mine = await draft(small_city, office, line("pledge", room), line("offering", meal))
    await step(small_city, office, mine, "publication")
    await move(small_city, office, meal, "suspended", reason="装修")

    now = (await small_city.get(f"/v1/delivery-lists/{mine['id']}")).json()
    file = await small_city.get(f"/v1/delivery-lists/{mine['id']}/file")
    rows = list(openpyxl.load_workbook(io.BytesIO(file.content)).active.values)

    assert now["not_available"] == [1]
    assert [row[-1] for row in rows] == ["目前可用", "是", "否"]


async def test_a_line_drafted_before_its_service_is_public_is_published_under_its_name(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    body, house = await street(small_city, office), await venue(small_city, office)
    who = {"provider_id": body["id"], "responsible_department_id": body["id"]}
    meal = await an_offering(small_city, office, venue_id=house["id"], **who)
    mine = await draft(small_city, office, line("offering", meal))
    await move(small_city, office, meal, "published")
    (told,) = (await step(small_city, office, mine, "publication")).json()["lines"]

    assert mine["lines"][0]["title"] == meal["id"]
    assert (told["title"], told["provider_name"]) == ("老年人助餐", "南京东路街道办事处")


async def test_a_pledge_whose_days_are_over_is_neither_suggested_nor_promised(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    room = await pledged(small_city, office, available_to="2026-03-31")
    mine = await draft(small_city, office, line("pledge", room), valid_to="2100-01-01")
    path = "/v1/delivery-lists/suggestions?area=310101002"
    suggested = (await small_city.get(path, headers=office)).json()
    answer = await step(small_city, office, mine, "publication")

    assert suggested == []
    assert mine["not_available"] == [0]
    assert pointers(answer) == ["/lines/0/resource_id"]


async def test_what_cannot_be_called_is_not_published(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    meal = await published(small_city, office)
    await move(small_city, office, meal, "retired", reason="停办")
    gone = await draft(small_city, office, line("other", title="甲"), line("offering", meal))
    wrong = await draft(small_city, office, line("venue", meal))
    empty = await draft(small_city, office)

    answers = [await step(small_city, office, each, "publication") for each in (gone, wrong, empty)]

    assert [(a.status_code, slug(a)) for a in answers] == [(422, "wrong-delivery-list")] * 3
    assert [pointers(a) for a in answers] == [
        ["/lines/1/resource_id"],
        ["/lines/0/resource_id"],
        ["/lines"],
    ]


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        ([line("offering")], "/lines/0/resource_id"),
        ([line("other")], "/lines/0/title"),
        (
            [line("other", {"id": str(key()["Idempotency-Key"])}, title="甲")],
            "/lines/0/resource_id",
        ),
        (
            [line("pledge", {"id": "0198c0de-0000-7000-8000-000000000001"})] * 2,
            "/lines/1/resource_id",
        ),
    ],
    ids=["no id", "no title", "id of nothing", "twice"],
)
async def test_faulty_lines_are_named(
    small_city: httpx.AsyncClient, office: Header, lines: list[dict[str, Any]], pointer: str
) -> None:
    mine = await draft(small_city, office)
    answer = await patched(small_city, office, "/v1/delivery-lists", mine, {"lines": lines})

    assert (answer.status_code, slug(answer)) == (422, "wrong-delivery-list")
    assert pointers(answer) == [pointer]


async def test_a_published_list_stays_as_it_was_until_it_is_withdrawn(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    talk = line("other", title="演示数据 讲座")
    mine = await draft(small_city, office, talk)
    mine = (await step(small_city, office, mine, "publication")).json()
    edited = await patched(small_city, office, "/v1/delivery-lists", mine, {"title": "新"})
    second = await draft(small_city, office, talk, valid_from="2026-03-01", valid_to="2026-07-01")
    overlapping = await step(small_city, office, second, "publication")
    withdrawn = await step(small_city, office, mine, "withdrawal")
    after = await step(small_city, office, second, "publication")

    assert (edited.status_code, slug(edited)) == (409, "list-not-draft")
    assert (overlapping.status_code, slug(overlapping)) == (409, "list-overlaps")
    assert withdrawn.json()["status"] == "withdrawn"
    assert after.json()["status"] == "published"
    assert (await small_city.get(f"/v1/delivery-lists/{mine['id']}")).status_code == 404


async def test_two_offices_at_once_publish_one_list(
    live_client: httpx.AsyncClient, city: Header, office: Header
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    talk = line("other", title="演示数据 讲座")
    drafts = [await draft(live_client, office, talk) for _ in range(4)]

    answers = await asyncio.gather(
        *(step(live_client, office, each, "publication") for each in drafts)
    )

    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]


async def test_suggestions_offer_what_is_public_in_the_area(
    small_city: httpx.AsyncClient, office: Header
) -> None:
    meal, room = await published(small_city, office), await pledged(small_city, office)
    answer = await small_city.get(
        "/v1/delivery-lists/suggestions", headers=office, params={"area": "310101002"}
    )
    away = await small_city.get(
        "/v1/delivery-lists/suggestions", headers=office, params={"area": "310101013"}
    )

    assert {(each["kind"], each["resource_id"]) for each in answer.json()} == {
        ("offering", meal["id"]),
        ("pledge", room["id"]),
    }
    assert away.status_code == 403


async def test_a_list_belongs_to_a_street(small_city: httpx.AsyncClient, office: Header) -> None:
    body = {"title": "x", "area_code": "310101002001", "lines": []}
    days = {"valid_from": "2026-01-01", "valid_to": "2026-04-01"}
    answer = await small_city.post(
        "/v1/delivery-lists", json={**body, **days}, headers={**office, **key()}
    )

    assert (answer.status_code, slug(answer)) == (422, "unknown-area")
