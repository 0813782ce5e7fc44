"""Areas through the public API: the tree, own areas, members."""

from typing import Any

import httpx
import pytest

from tests.registry.small_city import area, key

Header = dict[str, str]


async def _draw(
    client: httpx.AsyncClient, header: Header, kind: str, name: str, parent: str, **more: Any
) -> dict[str, Any]:
    home = await area(client, parent)
    body = {"kind": kind, "name": name, "parent_id": home["id"], **more}
    answer = await client.post("/v1/areas", json=body, headers={**header, **key()})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _hold(
    client: httpx.AsyncClient,
    header: Header,
    holder: dict[str, Any],
    member: dict[str, Any],
    **more: str,
) -> httpx.Response:
    body = {"member_id": member["id"], **more}
    return await client.post(
        f"/v1/areas/{holder['id']}/members", json=body, headers={**header, **key()}
    )


async def test_a_code_that_two_areas_had_on_a_day_tells_the_one_made_last(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    home = await area(small_city, "310101002000")
    grid = {"kind": "grid", "code": "G1", "parent_id": home["id"], "valid_from": "2024-01-01"}
    for name in ("旧网格", "新网格"):
        header = {**clerk, **key()}
        drawn = await small_city.post("/v1/areas", json={**grid, "name": name}, headers=header)
        assert drawn.status_code == 201, drawn.text
        if name == "旧网格":
            ended = await small_city.patch(
                f"/v1/areas/{drawn.json()['id']}",
                json={"valid_to": "2026-01-01"},
                headers={**clerk, "If-Match": '"v1"'},
            )
            assert ended.status_code == 200, ended.text

    then = await small_city.get("/v1/areas/by-code/G1?on=2025-01-01")

    assert (then.status_code, then.json()["name"]) == (200, "新网格")


async def test_the_tree_is_walked_down_and_up(small_city: httpx.AsyncClient) -> None:
    city = await area(small_city, "310000000000")
    below = (await small_city.get(f"/v1/areas/{city['id']}/children")).json()
    leaf = await area(small_city, "310101002001")
    above = (await small_city.get(f"/v1/areas/{leaf['id']}/ancestors")).json()

    assert [(a["name"], a["kind"]) for a in below["items"]] == [
        ("市辖区", "aggregate"),
        ("黄浦区", "district"),
        ("长宁区", "district"),
    ]
    assert [a["name"] for a in above] == ["上海市", "黄浦区", "南京东路街道"]
    assert leaf["path_name"] == "上海市/黄浦区/南京东路街道/云中居委会"
    assert (leaf["level"], leaf["short_code"], leaf["source_edition"]) == (
        4,
        "310101002001",
        "2023",
    )


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "changning"}, ["长宁区"]),
        ({"q": "滩"}, ["外滩街道"]),
        ({"area": "310105", "level": 4}, ["光明居委会"]),
        ({"kind": "town", "area": "310101"}, ["南京东路街道", "外滩街道"]),
        ({"q": "没有这里"}, []),
    ],
)
async def test_areas_are_found_by_words_prefix_and_level(
    small_city: httpx.AsyncClient, query: dict[str, Any], names: list[str]
) -> None:
    found = (await small_city.get("/v1/areas", params=query)).json()

    assert [each["name"] for each in found["items"]] == names


async def test_pages_hang_together(small_city: httpx.AsyncClient) -> None:
    seen, after = [], None
    while True:
        params = {"limit": 5, **({"after": after} if after else {})}
        page = (await small_city.get("/v1/areas", params=params)).json()
        seen += [each["code"] for each in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert len(seen) == len(set(seen)) == 12
    assert seen == sorted(seen)
    bad = await small_city.get("/v1/areas", params={"after": "nonsense"})
    assert (bad.status_code, bad.json()["type"]) == (422, "bad-page-token")


async def test_an_own_area_gets_prefix_path_and_point(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    home = await area(small_city, "310101002001")
    body = {
        "kind": "estate",
        "name": "云中小区",
        "parent_id": home["id"],
        "lon": 121.4837,
        "lat": 31.2381,
    }

    made = await small_city.post(
        "/v1/areas", json=body, params={"coordtype": "gcj02"}, headers={**clerk, **key()}
    )

    assert made.status_code == 201, made.text
    assert made.headers["etag"] == '"v1"'
    assert (made.json()["lon"], made.json()["lat"]) == pytest.approx((121.4837, 31.2381))
    stored = (await small_city.get(f"/v1/areas/{made.json()['id']}")).json()
    assert stored["lon"] == pytest.approx(121.4837 - 0.0045, abs=5e-4)
    assert stored["coord_source"] == "gcj02"
    assert stored["short_code"] == "310101002001"
    assert stored["path_name"] == "上海市/黄浦区/南京东路街道/云中居委会/云中小区"


async def test_a_clerk_draws_only_at_home(small_city: httpx.AsyncClient, clerk: Header) -> None:
    away = await area(small_city, "310105001001")
    body = {"kind": "estate", "name": "光明小区", "parent_id": away["id"]}

    answer = await small_city.post("/v1/areas", json=body, headers={**clerk, **key()})

    assert (answer.status_code, answer.json()["type"]) == (403, "out-of-area")


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"area_type": "no_such"}, "unknown-word"),
        ({"lon": 121.4}, "half-point"),
        ({"valid_from": "2999-01-01"}, "wrong-period"),
        ({"code": "310101002999"}, "invalid"),
        ({"kind": "town"}, "invalid"),
    ],
)
async def test_a_wrong_own_area_has_a_named_error(
    small_city: httpx.AsyncClient, clerk: Header, more: dict[str, Any], slug: str
) -> None:
    home = await area(small_city, "310101002000")
    body = {"kind": "grid", "name": "一网格", "parent_id": home["id"], **more}

    answer = await small_city.post("/v1/areas", json=body, headers={**clerk, **key()})

    assert (answer.status_code, answer.json()["type"]) == (422, slug)


async def test_own_areas_are_edited_by_version_and_keep_their_history(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    made = await _draw(
        small_city, clerk, "grid", "一网格", "310101002000", code="G1", valid_from="2024-01-01"
    )
    address = f"/v1/areas/{made['id']}"

    missing = await small_city.patch(address, json={"name": "第一网格"}, headers=clerk)
    done = await small_city.patch(
        address, json={"name": "第一网格"}, headers={**clerk, "If-Match": '"v1"'}
    )
    stale = await small_city.patch(
        address, json={"name": "另一网格"}, headers={**clerk, "If-Match": '"v1"'}
    )

    assert missing.status_code == 428
    assert (done.status_code, done.headers["etag"]) == (200, '"v2"')
    assert (stale.status_code, stale.json()["type"]) == (412, "stale-version")
    state = (await small_city.get(address)).json()
    assert [p["name"] for p in state["history"]] == ["一网格", "第一网格"]
    old = (await small_city.get("/v1/areas", params={"q": "一网格", "on": "2024-06-01"})).json()
    assert [each["name"] for each in old["items"]] == ["一网格"]


async def test_two_present_areas_cannot_share_a_code(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    await _draw(small_city, clerk, "grid", "一网格", "310101002000", code="G1")
    home = await area(small_city, "310101002000")
    body = {"kind": "grid", "name": "二网格", "parent_id": home["id"], "code": "G1"}

    answer = await small_city.post("/v1/areas", json=body, headers={**clerk, **key()})

    assert (answer.status_code, answer.json()["type"]) == (409, "area-code-taken")


async def test_an_ended_area_leaves_the_lists_and_stays_in_the_past(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    made = await _draw(
        small_city, clerk, "sector", "东片区", "310101002000", valid_from="2024-01-01"
    )

    ended = await small_city.patch(
        f"/v1/areas/{made['id']}",
        json={"valid_to": "2025-01-01"},
        headers={**clerk, "If-Match": '"v1"'},
    )

    assert ended.status_code == 200
    now = (await small_city.get("/v1/areas", params={"kind": "sector"})).json()["items"]
    then = await small_city.get("/v1/areas", params={"kind": "sector", "on": "2024-12-31"})
    after = await small_city.get("/v1/areas", params={"kind": "sector", "on": "2025-01-01"})
    assert (now, len(then.json()["items"]), after.json()["items"]) == ([], 1, [])


async def test_divisions_are_not_renamed_by_hand_but_take_a_type(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    town = await area(small_city, "310101002000")
    address = f"/v1/areas/{town['id']}"
    header = {**clerk, "If-Match": '"v1"'}

    renamed = await small_city.patch(address, json={"name": "新名街道"}, headers=header)
    typed = await small_city.patch(address, json={"area_type": "central"}, headers=header)

    assert (renamed.status_code, renamed.json()["type"]) == (409, "divisions-come-by-edition")
    assert (typed.status_code, typed.json()["area_type"]) == (200, "central")


async def test_a_catchment_holds_neighbourhoods_for_a_time(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    circle = await _draw(small_city, clerk, "catchment", "助餐圈", "310101002000")
    one = await area(small_city, "310101002001")

    held = await _hold(small_city, clerk, circle, one, valid_from="2024-01-01")
    twice = await _hold(small_city, clerk, circle, one, valid_from="2024-06-01")
    row = held.json()["members"][0]
    ended = await small_city.patch(
        f"/v1/areas/{circle['id']}/members/{row['id']}",
        json={"valid_to": "2025-01-01"},
        headers={**clerk, "If-Match": held.headers["etag"]},
    )
    again = await _hold(small_city, clerk, circle, one, valid_from="2025-01-01")

    assert held.status_code == 201, held.text
    assert (twice.status_code, twice.json()["type"]) == (409, "member-overlaps")
    assert ended.json()["members"][0]["valid_to"] == "2025-01-01"
    assert again.status_code == 201
    address = f"/v1/areas/{circle['id']}/members"
    on_a_day = (await small_city.get(address, params={"on": "2024-02-01"})).json()["items"]
    assert [each["member_id"] for each in on_a_day] == [one["id"]]
    assert len((await small_city.get(address)).json()["items"]) == 2


async def test_areas_never_contain_each_other(small_city: httpx.AsyncClient, clerk: Header) -> None:
    a, b, c = [await _draw(small_city, clerk, "grid", f"{n}网格", "310101002000") for n in "甲乙丙"]
    assert (await _hold(small_city, clerk, a, b)).status_code == 201
    assert (await _hold(small_city, clerk, b, c)).status_code == 201

    circle = await _hold(small_city, clerk, c, a)
    itself = await _hold(small_city, clerk, a, a)

    assert (circle.status_code, circle.json()["type"]) == (409, "area-cycle")
    assert (itself.status_code, itself.json()["type"]) == (409, "area-cycle")


async def test_members_fit_by_kind_and_place(small_city: httpx.AsyncClient, clerk: Header) -> None:
    circle = await _draw(small_city, clerk, "catchment", "助餐圈", "310101002000")
    away = await area(small_city, "310101013001")
    district = await area(small_city, "310101000000")

    outside = await _hold(small_city, clerk, circle, away)
    too_big = await _hold(small_city, clerk, circle, district)

    assert (outside.status_code, outside.json()["type"]) == (422, "member-outside")
    assert (too_big.status_code, too_big.json()["type"]) == (422, "area-cannot-hold")


async def test_unknown_areas_are_404(small_city: httpx.AsyncClient) -> None:
    nowhere = "01900000-0000-7000-8000-000000000000"

    answers = [
        await small_city.get(f"/v1/areas/{nowhere}{rest}")
        for rest in ("", "/children", "/ancestors", "/members")
    ]
    answers.append(await small_city.get("/v1/areas/by-code/310199000000"))

    assert {(a.status_code, a.json()["type"]) for a in answers} == {(404, "not-found")}
