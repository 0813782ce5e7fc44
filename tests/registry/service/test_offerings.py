"""Offerings through the public API: drafts, life, scope of staff and providers, eligibility."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.registry.inventory import (
    OFFERING,
    draft,
    move,
    patched,
    pointers,
    published,
    slug,
    street,
    venue,
)
from tests.registry.small_city import key

Header = dict[str, str]
Bearer = Callable[..., Header]


async def refused(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    body = {**OFFERING, "area_code": "310101002000", **more}
    return await client.post("/v1/offerings", json=body, headers={**header, **key()})


async def test_an_offering_is_read_back_with_its_venue_and_category(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    public = await published(small_city, clerk, code="FW-1", capacity=30, capacity_unit="meal",
                             capacity_period="day")  # fmt: skip

    answer = await small_city.get(f"/v1/offerings/{public['id']}")
    shifted = await small_city.get(f"/v1/offerings/{public['id']}", params={"coordtype": "gcj02"})

    assert answer.json() == public
    assert answer.headers["etag"] == '"v2"'
    assert public["category_path"] == "eldercare/meal/meal_canteen"
    assert public["venue"]["name"] == "云中社区食堂"
    assert public["area_path"].endswith("云中居委会")
    assert public["eligibility"]["age_min"] == 60
    assert public["price_fen"] == 1200
    assert shifted.json()["venue"]["lon"] == pytest.approx(
        public["venue"]["lon"] + 0.0045, abs=2e-4
    )


async def test_each_step_of_a_life_leaves_who_when_and_why(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    public = await published(small_city, clerk)
    rest = (await move(small_city, clerk, public, "suspended", reason="设备检修")).json()
    unseen = await small_city.get(f"/v1/offerings/{public['id']}")
    again = (await move(small_city, clerk, rest, "published")).json()
    gone = (await move(small_city, clerk, again, "retired", reason="合同到期")).json()

    history = await small_city.get(f"/v1/offerings/{public['id']}/history", headers=clerk)
    steps = history.json()

    assert unseen.status_code == 404
    assert [(s["from_status"], s["to_status"], s["reason"]) for s in steps] == [
        (None, "draft", None),
        ("draft", "published", None),
        ("published", "suspended", "设备检修"),
        ("suspended", "published", None),
        ("published", "retired", "合同到期"),
    ]
    assert {step["by"] for step in steps} == {steps[0]["by"]}
    assert gone["status_since"] == steps[-1]["at"]


async def test_steps_that_do_not_exist_or_lack_a_reason_are_refused(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    public = await published(small_city, clerk)

    unexplained = await move(small_city, clerk, public, "suspended")
    backwards = await move(small_city, clerk, public, "draft")
    stale = await move(small_city, clerk, {**public, "version": 1}, "retired", reason="x")

    assert (unexplained.status_code, slug(unexplained)) == (422, "reason-needed")
    assert (backwards.status_code, slug(backwards)) == (409, "cannot-move")
    assert "已发布" in backwards.json()["detail"]
    assert (stale.status_code, slug(stale)) == (412, "stale-version")


async def test_publishing_names_what_a_draft_still_lacks(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    bare = await draft(
        small_city,
        clerk,
        area_code="310101002000",
        price_kind=None,
        price_fen=None,
        price_unit=None,
    )

    answer = await move(small_city, clerk, bare, "published")

    assert (answer.status_code, slug(answer)) == (422, "incomplete")
    assert pointers(answer) == [
        "/provider_id",
        "/price_kind",
        "/price_fen",
        "/responsible_department_id",
        "/venue_id",
    ]


async def test_on_site_service_needs_hours_of_its_own_or_of_the_venue(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    office = await street(small_city, clerk)
    silent = await venue(small_city, clerk, opening_hours=None)
    new = await draft(
        small_city,
        clerk,
        venue_id=silent["id"],
        provider_id=office["id"],
        responsible_department_id=office["id"],
    )

    first = await move(small_city, clerk, new, "published")
    hours = {"weekly": [{"weekdays": [6], "opens": "10:00", "closes": "12:00"}]}
    mended = (await patched(small_city, clerk, "/v1/offerings", new, {"schedule": hours})).json()
    second = await move(small_city, clerk, mended, "published")

    assert pointers(first) == ["/schedule"]
    assert second.status_code == 200


async def test_a_published_offering_stays_complete_and_a_retired_one_stays_as_it_is(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    public = await published(small_city, clerk)

    hollow = await patched(small_city, clerk, "/v1/offerings", public, {"provider_id": None})
    gone = (await move(small_city, clerk, public, "retired", reason="停办")).json()
    late = await patched(small_city, clerk, "/v1/offerings", gone, {"name": "新名"})

    assert (hollow.status_code, slug(hollow)) == (422, "incomplete")
    assert (late.status_code, slug(late)) == (409, "retired")


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"price_kind": "free"}, "wrong-offering", "/price_fen"),
        ({"price_fen": -1}, "invalid", "/price_fen"),
        ({"price_unit": None}, "wrong-offering", "/price_unit"),
        ({"capacity": 3}, "wrong-offering", "/capacity_unit"),
        ({"channels": ["on_site", "on_site"]}, "wrong-offering", "/channels"),
        ({"channels": ["by_owl"]}, "invalid", "/channels/0"),
        ({"area_code": None}, "area-needed", "/area_code"),
        ({"category": "castles"}, "unknown-word", "/category"),
        ({"eligibility": {"groups_any": ["knights"]}}, "unknown-word", "/eligibility/groups_any/0"),
        ({"eligibility": {"age_min": 9, "age_max": 3}}, "wrong-offering", "/eligibility/age_max"),
        ({"eligibility": {"household_areas": ["3101012"]}}, "invalid",
         "/eligibility/household_areas/0"),
        ({"venue_id": key()["Idempotency-Key"]}, "wrong-offering", "/venue_id"),
        ({"service_item_id": key()["Idempotency-Key"]}, "unknown-reference", "/service_item_id"),
        ({"schedule": {"weekly": [{"weekdays": [1], "opens": "22:00", "closes": "06:00"}]}},
         "wrong-hours", "/schedule/weekly/0/closes"),
        ({"shcedule": None}, "invalid", "/shcedule"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_by_name_and_field(
    small_city: httpx.AsyncClient, clerk: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    answer = await refused(small_city, clerk, **body)

    assert (answer.status_code, slug(answer)) == (422, kind), answer.text
    assert pointer in pointers(answer)


async def test_a_closed_venue_takes_no_offering(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    there = await venue(small_city, clerk)
    await patched(small_city, clerk, "/v1/venues", there, {"status": "closed"})

    answer = await refused(small_city, clerk, venue_id=there["id"])

    assert (answer.status_code, slug(answer)) == (409, "venue-closed")


async def test_staff_write_in_their_area_only(
    small_city: httpx.AsyncClient, clerk: Header, city: Header
) -> None:
    theirs = await draft(small_city, city, area_code="310101013000")

    answers = [
        await refused(small_city, clerk, area_code="310101013000"),
        await patched(small_city, clerk, "/v1/offerings", theirs, {"name": "我的"}),
        await move(small_city, clerk, theirs, "retired", reason="x"),
    ]

    assert [slug(each) for each in answers] == ["out-of-area"] * 3


async def test_a_provider_prepares_its_own_drafts_and_nothing_else(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Bearer
) -> None:
    own, other = [await street(small_city, clerk, name=f"社团{n}") for n in "甲乙"]
    provider = bearer(Role.PROVIDER, org=own["id"])
    here = {"area_code": "310101002000", "channels": ["at_home"]}
    mine = await draft(small_city, provider, provider_id=own["id"], **here)
    theirs = await draft(small_city, clerk, provider_id=other["id"], **here)

    mended = await patched(small_city, provider, "/v1/offerings", mine, {"name": "上门助浴"})
    foreign = await refused(small_city, provider, provider_id=other["id"], **here)
    touched = await patched(small_city, provider, "/v1/offerings", theirs, {"name": "我的"})
    given = await patched(
        small_city, provider, "/v1/offerings", mended.json(), {"provider_id": other["id"]}
    )
    listed = await small_city.get("/v1/offerings", params={"status": "draft"}, headers=provider)
    publishing = await move(small_city, provider, mended.json(), "published")

    assert mended.status_code == 200
    assert {slug(each) for each in (foreign, touched, given)} == {"not-your-organisation"}
    assert [each["id"] for each in listed.json()["items"]] == [mine["id"]]
    assert (publishing.status_code, slug(publishing)) == (403, "permission-missing")


async def test_a_provider_cannot_change_what_is_published(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Bearer
) -> None:
    public = await published(small_city, clerk)
    provider = bearer(Role.PROVIDER, org=public["provider_id"])

    answer = await patched(small_city, provider, "/v1/offerings", public, {"price_fen": 9900})

    assert (answer.status_code, slug(answer)) == (403, "only-drafts")


async def test_drafts_are_shown_to_their_street_and_to_nobody_else(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Bearer
) -> None:
    new = await draft(small_city, clerk, area_code="310101002000")
    neighbour = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    resident = bearer(Role.RESIDENT)

    async def sees(header: Header) -> tuple[int, list[str]]:
        one = await small_city.get(f"/v1/offerings/{new['id']}", headers=header)
        many = await small_city.get("/v1/offerings", params={"status": "draft"}, headers=header)
        return one.status_code, [each["id"] for each in many.json()["items"]]

    assert await sees(clerk) == (200, [new["id"]])
    for header in (neighbour, resident, {}):
        assert await sees(header) == (404, [])
    assert (await small_city.get("/v1/offerings", headers=clerk)).json()["items"] == []


async def test_history_is_for_those_whose_business_it_is(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Bearer
) -> None:
    public = await published(small_city, clerk)
    address = f"/v1/offerings/{public['id']}/history"
    neighbour = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    provider = bearer(Role.PROVIDER, org=public["provider_id"])

    answers = [
        (await small_city.get(address, headers=header)).status_code
        for header in (clerk, provider, neighbour, bearer(Role.RESIDENT), {})
    ]

    assert answers == [200, 200, 404, 403, 401]


async def dissolved(client: httpx.AsyncClient, header: Header, body_id: str) -> None:
    path = f"/v1/organisations/{body_id}"
    version = (await client.get(path)).json()["version"]
    end = {"on": "2026-03-01", "reason": "注销登记"}
    match = {**header, "If-Match": f'"v{version}"'}
    answer = await client.put(f"{path}/dissolution", json=end, headers=match)
    assert answer.status_code == 200, answer.text


async def test_what_a_dissolved_provider_offers_rests_until_another_takes_over(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    meal = await published(small_city, clerk)
    await dissolved(small_city, clerk, meal["provider_id"])
    path = f"/v1/offerings/{meal['id']}"
    public = await small_city.get(path)
    resting = (await small_city.get(path, headers=clerk)).json()
    last = (await small_city.get(f"{path}/history", headers=clerk)).json()[-1]
    again = await move(small_city, clerk, resting, "published")
    other = await street(small_city, clerk, name="演示数据 接手的中心")
    handed = await patched(
        small_city, clerk, "/v1/offerings", resting, {"provider_id": other["id"]}
    )
    resumed = await move(small_city, clerk, handed.json(), "published")

    assert (public.status_code, resting["status"]) == (404, "suspended")
    assert (last["to_status"], last["reason"]) == (
        "suspended",
        "提供机构“南京东路街道办事处”已注销",
    )
    assert (again.status_code, slug(again), pointers(again)) == (
        409,
        "provider-dissolved",
        ["/provider_id"],
    )
    assert resumed.status_code == 200, resumed.text


async def test_a_service_is_for_people_of_areas_that_exist(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    homes = {"household_areas": ["310101002", "310199", "310101002001"]}
    answer = await refused(small_city, clerk, eligibility=homes)

    assert (answer.status_code, slug(answer), pointers(answer)) == (
        422,
        "unknown-area",
        ["/eligibility/household_areas/1"],
    )


async def test_nobody_names_a_dissolved_provider(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    body = await street(small_city, clerk)
    await dissolved(small_city, clerk, body["id"])
    answer = await small_city.post(
        "/v1/offerings",
        json={**OFFERING, "area_code": "310101002000", "provider_id": body["id"]},
        headers={**clerk, **key()},
    )

    assert (answer.status_code, slug(answer), pointers(answer)) == (
        422,
        "unknown-reference",
        ["/provider_id"],
    )


async def test_eligibility_is_explained_rule_by_rule_and_nothing_is_kept(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    rules = {"age_min": 60, "hardship": ["minimum_living"], "household_areas": ["310101002"]}
    public = await published(small_city, clerk, eligibility=rules)
    person = {"age": 59, "hardship": [], "living_area": "310101002001"}

    path, english = f"/v1/offerings/{public['id']}/eligibility", {"Accept-Language": "en"}
    answer = await small_city.post(path, json=person)
    told = answer.json()
    (age, *_) = (await small_city.post(path, json=person, headers=english)).json()["rules"]

    assert answer.status_code == 200
    assert told["eligible"] is False
    assert [(rule["rule"], rule["met"]) for rule in told["rules"]] == [
        ("age_min", False),
        ("hardship", False),
        ("household_areas", True),
    ]
    assert told["rules"][0]["message"] == "最低年龄不符：要求 60，实际 59。"
    assert age["message"] == "The lowest age does not fit: 60 is asked, it is 59."


async def test_an_offering_moved_to_another_venue_takes_its_place(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    public = await published(small_city, clerk)
    other = await venue(
        small_city, clerk, name="贵州中心", area_code="310101002002", lon=121.47, lat=31.24
    )

    moved = await patched(small_city, clerk, "/v1/offerings", public, {"venue_id": other["id"]})
    found = await small_city.get("/v1/offerings", params={"q": "贵州中心"})

    assert moved.status_code == 200, moved.text
    assert moved.json()["area_code"] == "310101002002"
    assert moved.json()["venue"]["lon"] == 121.47
    assert [each["id"] for each in found.json()["items"]] == [public["id"]]
