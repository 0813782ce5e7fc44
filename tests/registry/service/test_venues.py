"""Venues through the public API: places in three systems, hours, scope, closing."""

from typing import Any

import httpx
import pytest

from common.geo import distance_m, from_wgs84
from tests.registry.inventory import (
    VENUE,
    WORKDAYS,
    patched,
    pointers,
    published,
    slug,
    venue,
)
from tests.registry.small_city import key

Header = dict[str, str]
HERE = (VENUE["lon"], VENUE["lat"])


async def refused(
    client: httpx.AsyncClient, header: Header, query: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    return await client.post(
        "/v1/venues", json={**VENUE, **more}, headers={**header, **key()}, params=query or {}
    )


async def test_a_new_venue_is_read_back_as_it_was_given(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    new = await venue(small_city, clerk, code="V-1", accessibility=["ramp", "lift", "ramp"])

    answer = await small_city.get(f"/v1/venues/{new['id']}")

    assert answer.headers["etag"] == '"v1"'
    assert answer.json() == new
    assert new["area_path"] == "上海市/黄浦区/南京东路街道/云中居委会"
    assert new["accessibility"] == ["ramp", "lift"]
    assert new["opening_hours"]["weekly"][0]["closes"] == "11:30"
    assert new["status"] == "active"


@pytest.mark.parametrize("system", ["gcj02", "bd09", "cgcs2000"])
async def test_a_point_goes_in_and_out_in_any_system(
    small_city: httpx.AsyncClient, clerk: Header, system: str
) -> None:
    lon, lat = from_wgs84(*HERE, system)
    answer = await refused(small_city, clerk, {"coordtype": system}, lon=lon, lat=lat)
    new = answer.json()

    plain = (await small_city.get(f"/v1/venues/{new['id']}")).json()

    assert answer.status_code == 201
    assert (new["lon"], new["lat"]) == pytest.approx((lon, lat), abs=1e-9)
    assert distance_m((plain["lon"], plain["lat"]), HERE) < 0.01
    assert plain["coord_source"] == system


@pytest.mark.parametrize(
    ("body", "kind", "pointer", "word"),
    [
        ({"lon": 31.23, "lat": 121.48}, "place-outside-city", "/lon", "填反"),
        ({"lon": 116.4, "lat": 39.9}, "place-outside-city", "/lon", "本市范围之外"),
        ({"lon": 13524240.0, "lat": 3663000.0}, "place-outside-city", "/lon", "投影坐标"),
        ({"lat": None}, "half-a-point", "/lat", "缺少"),
        ({"kind": "castle"}, "unknown-word", "/kind", "没有此代码"),
        ({"area_code": "310101002999"}, "unknown-area", "/area_code", "没有此代码"),
        ({"owner_id": str(key()["Idempotency-Key"])}, "unknown-reference", "/owner_id", "没有"),
        (
            {
                "opening_hours": {
                    "weekly": [
                        {"weekdays": [1], "opens": "09:00", "closes": "12:00"},
                        {"weekdays": [1, 2], "opens": "11:00", "closes": "13:00"},
                    ]
                }
            },
            "wrong-hours",
            "/opening_hours/weekly/1",
            "第 1 行",
        ),
    ],
    ids=["swapped", "far", "metres", "half", "kind", "area", "owner", "hours"],
)
async def test_bad_input_is_refused_by_name_field_and_remedy(
    small_city: httpx.AsyncClient,
    clerk: Header,
    body: dict[str, Any],
    kind: str,
    pointer: str,
    word: str,
) -> None:
    answer = await refused(small_city, clerk, **body)

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]
    assert word in answer.json()["errors"][0]["message"]


async def test_a_venue_stands_in_a_street_or_neighbourhood_never_in_a_district(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    answer = await refused(small_city, city, area_code="310101000000")

    assert slug(answer) == "unknown-area"
    assert "街镇或居村" in answer.json()["errors"][0]["message"]


async def test_another_street_is_out_of_area_to_come_from_and_to_go_to(
    small_city: httpx.AsyncClient, clerk: Header, city: Header
) -> None:
    elsewhere = {"area_code": "310101013001"}
    theirs = await venue(small_city, city, **elsewhere)
    ours = await venue(small_city, clerk)

    answers = [
        await refused(small_city, clerk, **elsewhere),
        await patched(small_city, clerk, "/v1/venues", theirs, {"name": "我的"}),
        await patched(small_city, clerk, "/v1/venues", ours, elsewhere),
    ]

    assert [(a.status_code, slug(a)) for a in answers] == [(403, "out-of-area")] * 3


async def test_an_external_code_belongs_to_one_venue(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    await venue(small_city, clerk, code="V-1")

    answer = await refused(small_city, clerk, code="V-1")

    assert (answer.status_code, slug(answer)) == (409, "venue-code-taken")


async def test_an_edit_needs_the_version_that_was_read(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    old = await venue(small_city, clerk)
    new = await patched(small_city, clerk, "/v1/venues", old, {"phone": "021-12345678"})
    stale = await patched(small_city, clerk, "/v1/venues", old, {"phone": None})
    without = await small_city.patch(f"/v1/venues/{old['id']}", json={}, headers=clerk)

    assert new.headers["etag"] == '"v2"'
    assert new.json()["phone"] == "021-12345678"
    assert (stale.status_code, slug(stale)) == (412, "stale-version")
    assert (without.status_code, slug(without)) == (428, "if-match-missing")


async def test_a_patch_lists_fields_and_leaves_the_others(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    old = await venue(small_city, clerk)

    same = (await patched(small_city, clerk, "/v1/venues", old, {"name": old["name"]})).json()
    moved = (
        await patched(
            small_city, clerk, "/v1/venues", old, {"lon": None, "lat": None, "address": None}
        )
    ).json()

    assert same["version"] == 1
    changed = {name for name, value in moved.items() if value != old[name]}
    assert changed == {"lon", "lat", "coord_source", "address", "version", "updated_at"}


async def test_a_closed_venue_is_gone_for_the_public_and_kept_for_its_staff(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    old = await venue(small_city, clerk)
    closed = await patched(small_city, clerk, "/v1/venues", old, {"status": "closed"})

    public = await small_city.get(f"/v1/venues/{old['id']}")
    listed = (await small_city.get("/v1/venues")).json()["items"]
    staff = await small_city.get(f"/v1/venues/{old['id']}", headers=clerk)

    assert closed.status_code == 200
    assert public.status_code == 404
    assert listed == []
    assert staff.json()["status"] == "closed"


async def test_a_venue_with_published_offerings_neither_closes_nor_forgets_its_hours(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    offering = await published(small_city, clerk)
    there = (await small_city.get(f"/v1/venues/{offering['venue']['id']}")).json()

    closing = await patched(small_city, clerk, "/v1/venues", there, {"status": "closed"})
    forgetting = await patched(small_city, clerk, "/v1/venues", there, {"opening_hours": None})

    assert (closing.status_code, slug(closing)) == (409, "venue-in-use")
    assert "1 项" in closing.json()["detail"]
    assert (forgetting.status_code, slug(forgetting)) == (409, "venue-in-use")


async def test_offerings_follow_the_venue_when_it_moves_and_is_renamed(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    before = await published(small_city, clerk)
    there = (await small_city.get(f"/v1/venues/{before['venue']['id']}")).json()
    news = {"name": "贵州食堂", "area_code": "310101002002", "lon": 121.4790, "lat": 31.2400}

    answer = await patched(small_city, clerk, "/v1/venues", there, news)
    after = (await small_city.get(f"/v1/offerings/{before['id']}")).json()
    found = (await small_city.get("/v1/offerings", params={"q": "贵州"})).json()["items"]
    lost = (await small_city.get("/v1/offerings", params={"q": "云中"})).json()["items"]

    assert answer.status_code == 200, answer.text
    assert after["venue"]["name"] == "贵州食堂"
    assert (after["venue"]["lon"], after["venue"]["lat"]) == (121.4790, 31.2400)
    assert after["area_code"] == "310101002002"
    assert after["version"] == before["version"] + 1
    assert [each["id"] for each in found] == [before["id"]]
    assert lost == []


async def test_what_a_visitor_asks_is_answered_for_a_day(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    there = await venue(small_city, clerk)
    unknown = await venue(small_city, clerk, opening_hours=None)
    day = {"on": "2026-10-01"}

    holiday = (await small_city.get(f"/v1/venues/{there['id']}/opening", params=day)).json()
    monday = (
        await small_city.get(f"/v1/venues/{there['id']}/opening", params={"on": "2026-03-02"})
    ).json()
    silent = (await small_city.get(f"/v1/venues/{unknown['id']}/opening")).json()

    assert holiday["day"] == {"on": "2026-10-01", "rule": "holiday", "hours": []}
    assert [row["opens"] for row in monday["day"]["hours"]] == ["09:00", "13:00"]
    assert monday["next_opening_at"] is not None
    assert silent == {"known": False, "open_now": None, "day": None, "next_opening_at": None}


async def test_venues_are_found_by_words_kind_area_place_and_time(
    small_city: httpx.AsyncClient, clerk: Header, city: Header
) -> None:
    canteen = await venue(small_city, clerk, code="V-1")
    library = await venue(
        small_city,
        city,
        name="外滩图书室",
        kind="library",
        area_code="310101013001",
        lon=121.4903,
        lat=31.2397,
        opening_hours={**WORKDAYS, "on_holiday": "as_sunday"},
    )
    monday, noon = "2026-03-02T10:00:00+08:00", "2026-03-02T12:00:00+08:00"
    point = {"lon": "121.4837", "lat": "31.2363"}

    async def names(**query: str) -> list[str]:
        answer = await small_city.get("/v1/venues", params=query)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert await names(q="shitang") == [canteen["id"]]
    assert await names(q="图书") == [library["id"]]
    assert await names(kind="library") == [library["id"]]
    assert await names(area="310101002") == [canteen["id"]]
    assert await names(code="V-1") == [canteen["id"]]
    assert await names(open_at=monday) == [canteen["id"], library["id"]]
    assert await names(open_at=noon) == []
    assert await names(open_at="2026-10-01T10:00:00+08:00") == []
    assert await names(**point, radius_m="50") == [canteen["id"]]
    assert await names(**point) == [canteen["id"], library["id"]]


async def test_the_distance_is_told_in_metres_nearest_first(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    await venue(small_city, clerk, lat=31.2453)
    await venue(small_city, clerk)
    query = {"lon": "121.4837", "lat": "31.2363", "limit": "1"}

    first = (await small_city.get("/v1/venues", params=query)).json()
    second = (await small_city.get("/v1/venues", params={**query, "after": first["next"]})).json()
    other = await small_city.get("/v1/venues", params={"after": first["next"]})

    assert first["items"][0]["distance_m"] == pytest.approx(0, abs=0.01)
    assert second["items"][0]["distance_m"] == pytest.approx(1000.8, abs=8)
    assert second["next"] is None
    assert (other.status_code, slug(other)) == (422, "bad-page-token")


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"lon": "121.48"}, "half-a-point"),
        ({"lon": "31.2", "lat": "121.5"}, "place-outside-city"),
        ({"radius_m": "500"}, "point-needed"),
        ({"after": "nonsense"}, "bad-page-token"),
        ({"open_at": "1999-01-01T10:00:00+08:00"}, "day-not-covered"),
    ],
)
async def test_half_a_question_is_refused_by_name(
    small_city: httpx.AsyncClient, query: dict[str, str], kind: str
) -> None:
    answer = await small_city.get("/v1/venues", params=query)

    assert (answer.status_code, slug(answer)) == (422, kind)
