"""Editions of the division list, through the public API."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from common.auth.roles import Role
from tests.registry.inventory import made, published
from tests.registry.service.test_pledges import lead, pledged
from tests.registry.small_city import DIVISIONS, area, key, listing, upload

Header = dict[str, str]
REAL = Path(__file__).parents[4] / "shared" / "data" / "shanghai_divisions_2023.csv"


async def test_the_real_list_is_imported_whole_and_once(
    client: httpx.AsyncClient, city: Header
) -> None:
    if not REAL.exists():
        pytest.skip("../shared/data/shanghai_divisions_2023.csv is not here")

    first = await upload(client, city, REAL.read_bytes())
    again = await upload(client, city, REAL.read_bytes())

    assert first.status_code == 201, first.text
    assert first.json()["counts"] == {"added": 6761}
    assert len(first.json()["changes"]) == 1000
    assert again.status_code == 201
    assert again.json() == first.json()
    levels = [await _count(client, level=str(level)) for level in (1, 2, 3, 4)]
    assert levels == [1, 16, 234, 6509]
    assert await _count(client, kind="aggregate") == 1
    assert (await area(client, "310110021000"))["path_name"] == "上海市/杨浦区/长海路街道"
    namesakes = await client.get("/v1/areas", params={"q": "光明村", "level": 4})
    paths = [each["path_name"] for each in namesakes.json()["items"]]
    assert len(paths) == len(set(paths)) >= 7


async def _count(client: httpx.AsyncClient, **query: str) -> int:
    count, after = 0, None
    while True:
        params = {**query, "limit": "200", **({"after": after} if after else {})}
        page = (await client.get("/v1/areas", params=params)).json()
        count, after = count + len(page["items"]), page["next"]
        if after is None:
            return count


async def test_a_rename_keeps_the_area_and_its_old_name_can_be_asked_for(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    before = await area(small_city, "310101013000")
    renamed = {"310101013000": "310101013000,新外滩街道,街道,"}

    report = await upload(
        small_city, city, listing(instead=renamed), name="2024", valid_from="2024-06-30"
    )

    assert report.json()["counts"] == {"renamed": 1, "path": 1}
    now = await area(small_city, "310101013000")
    then = await area(small_city, "310101013000", on="2024-01-01")
    assert (now["id"], now["name"]) == (before["id"], "新外滩街道")
    assert (then["id"], then["name"]) == (before["id"], "外滩街道")
    below = await area(small_city, "310101013001")
    assert below["path_name"] == "上海市/黄浦区/新外滩街道/中山东一路居委会"
    by_old_name = await small_city.get("/v1/areas", params={"q": "外滩", "kind": "town"})
    assert [each["id"] for each in by_old_name.json()["items"]] == [before["id"]]
    state = (await small_city.get(f"/v1/areas/{before['id']}")).json()
    assert [(p["name"], p["valid_from"], p["valid_to"]) for p in state["history"]] == [
        ("外滩街道", "2023-06-30", "2024-06-30"),
        ("新外滩街道", "2024-06-30", None),
    ]


async def test_a_new_code_with_its_old_one_moves_the_same_area(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    before = await area(small_city, "310101002003")
    moved = {"310101002003": "310101013003,承兴居委会,居委会,310101002003"}

    report = await upload(
        small_city, city, listing(instead=moved), name="2024", valid_from="2024-06-30"
    )

    assert report.json()["counts"] == {"moved": 1}
    after = await area(small_city, "310101013003")
    assert after["id"] == before["id"]
    assert after["path_name"] == "上海市/黄浦区/外滩街道/承兴居委会"
    assert (await area(small_city, "310101002003", on="2024-06-29"))["id"] == before["id"]
    gone = await small_city.get("/v1/areas/by-code/310101002003")
    assert gone.status_code == 404


async def test_merged_and_split_areas_are_tied_to_their_successors(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    merged = await area(small_city, "310101002002")
    split = await area(small_city, "310101002003")
    survivor = "310101002001,云中居委会,居委会,310101002002"
    pieces = (
        "310101002004,承南居委会,居委会,310101002003",
        "310101002005,承北居委会,居委会,310101002003",
    )
    content = listing(
        *pieces,
        without=("310101002002", "310101002003"),
        instead={"310101002001": survivor},
    )

    report = await upload(small_city, city, content, name="2024", valid_from="2024-06-30")

    assert report.json()["counts"] == {"merged": 1, "split": 1, "added": 2}
    state = (await small_city.get(f"/v1/areas/{merged['id']}")).json()
    assert state["valid_to"] == "2024-06-30"
    heir = await area(small_city, "310101002001")
    assert [(s["successor_id"], s["kind"]) for s in state["successors"]] == [(heir["id"], "merged")]
    kinds = {
        s["kind"] for s in (await small_city.get(f"/v1/areas/{split['id']}")).json()["successors"]
    }
    assert kinds == {"split"}
    then = await small_city.get(
        "/v1/areas", params={"area": "310101002", "level": "4", "on": "2024-01-01"}
    )
    assert [each["code"][-3:] for each in then.json()["items"]] == ["001", "002", "003"]


async def test_what_lies_in_a_merged_area_follows_its_only_heir(
    small_city: httpx.AsyncClient, city: Header, clerk: Header
) -> None:
    body = {"name": "贵州居委会", "kind": "residents_committee", "area_code": "310101002002"}
    body = await made(small_city, clerk, "/v1/organisations", body)
    home = await area(small_city, "310101002002")
    estate = await small_city.post(
        "/v1/areas",
        json={"kind": "estate", "name": "贵州小区", "parent_id": home["id"]},
        headers={**clerk, **key()},
    )
    survivor = {"310101002001": "310101002001,云中居委会,居委会,310101002002"}

    report = await upload(
        small_city,
        city,
        listing(without=("310101002002",), instead=survivor),
        name="2024",
        valid_from="2024-06-30",
    )

    assert report.json()["ended_in_use"] == []
    moved = (await small_city.get(f"/v1/organisations/{body['id']}")).json()
    assert moved["area_code"] == "310101002001"
    assert moved["version"] == 2
    own = (await small_city.get(f"/v1/areas/{estate.json()['id']}")).json()
    assert own["short_code"] == "310101002001"
    assert own["path_name"].endswith("云中居委会/贵州小区")


RECODED = (
    "310101022000,南京东路街道,街道,310101002000",
    "310101022001,云中居委会,居委会,310101002001",
    "310101022002,贵州居委会,居委会,310101002002",
    "310101022003,承兴居委会,居委会,310101002003",
)


async def test_all_that_a_street_keeps_follows_its_new_code(
    small_city: httpx.AsyncClient, city: Header, clerk: Header, bearer: Callable[..., Header]
) -> None:
    lines = [{"kind": "other", "title": "讲座", "callable_by": ["resident"], "how": "来电"}]
    days = {"valid_from": "2026-01-01", "valid_to": "2026-07-01", "lines": lines}
    house = {"name": "演示数据 旧厂房", "area_code": "310101002001"}
    await lead(small_city, clerk)
    promised = await pledged(small_city, clerk)
    await made(small_city, clerk, "/v1/idle-properties", house)
    street_list = {"title": "清单", "area_code": "310101002000", **days}
    await made(small_city, clerk, "/v1/delivery-lists", street_list)
    homes = {"eligibility": {"household_areas": ["310101002", "310105"]}}
    meal = await published(small_city, clerk, **homes)

    content = listing(*RECODED, without=("310101002",))
    report = await upload(small_city, city, content, name="2024", valid_from="2024-06-30")
    same = bearer(Role.CLERK, area="310101022", line="civil_affairs")
    paths = ("leads", "delivery-lists", "idle-properties")
    lists = [(await small_city.get(f"/v1/{path}", headers=same)).json()["items"] for path in paths]
    public = (await small_city.get("/v1/pledges?area=310101022")).json()["items"]
    open_to = (await small_city.get(f"/v1/offerings/{meal['id']}")).json()["eligibility"]

    assert report.json()["ended_in_use"] == []
    assert [len(found) for found in lists] == [2, 1, 1]
    assert [(each["id"], each["area_code"]) for each in public] == [
        (promised["id"], "310101022001")
    ]
    assert open_to["household_areas"] == ["310101022", "310105"]


async def test_the_list_of_a_street_that_was_merged_away_is_withdrawn(
    small_city: httpx.AsyncClient, city: Header, bearer: Callable[..., Header]
) -> None:
    head = bearer(Role.DISTRICT_OFFICE, area="310101", line="*")
    lines = [{"kind": "other", "title": "讲座", "callable_by": ["resident"], "how": "来电"}]
    days = {"valid_from": "2026-01-01", "valid_to": "2026-07-01", "lines": lines}
    lists = []
    for code in ("310101002000", "310101013000"):
        body = {"title": "清单", "area_code": code, **days}
        drafted = await made(small_city, head, "/v1/delivery-lists", body)
        path = f"/v1/delivery-lists/{drafted['id']}"
        match = {**head, **key(), "If-Match": '"v1"'}
        assert (await small_city.post(f"{path}/publication", headers=match)).status_code == 200
        lists.append(path)
    heir = {"310101002000": "310101002000,南京东路街道,街道,310101013000"}
    home = "310101002004,中山东一路居委会,居委会,310101013001"

    content = listing(home, without=("310101013",), instead=heir)
    report = await upload(small_city, city, content, name="2024", valid_from="2024-06-30")
    states = [(await small_city.get(path, headers=head)).json() for path in lists]

    assert report.status_code == 201, report.text
    assert [(s["status"], s["area_code"]) for s in states] == [
        ("published", "310101002000"),
        ("withdrawn", "310101002000"),
    ]


async def test_an_ended_area_with_something_in_it_and_no_heir_is_told(
    small_city: httpx.AsyncClient, city: Header, clerk: Header
) -> None:
    body = {"name": "贵州居委会", "kind": "residents_committee", "area_code": "310101002002"}
    await small_city.post("/v1/organisations", json=body, headers={**clerk, **key()})

    report = await upload(
        small_city, city, listing(without=("310101002002",)), name="2024", valid_from="2024-06-30"
    )

    assert report.json()["counts"] == {"ended": 1}
    assert report.json()["ended_in_use"] == ["310101002002"]


async def test_a_dry_run_tells_and_changes_nothing(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    content = listing(without=("310101002002",))

    report = await upload(
        small_city, city, content, name="2024", valid_from="2024-06-30", dry_run="true"
    )

    assert report.status_code == 200
    assert report.json()["counts"] == {"ended": 1}
    assert report.json()["id"] is None
    assert (await area(small_city, "310101002002"))["valid_to"] is None


async def test_faults_are_named_by_line_and_column_and_nothing_is_written(
    client: httpx.AsyncClient, city: Header
) -> None:
    content = listing(
        "310101002002,贵州居委会,居委会,",
        "3101010020,短码,居委会,",
        "310199001000,无区街道,街道,",
        "310101002009,,居委会,310101002999",
    )

    answer = await upload(client, city, content)

    assert answer.status_code == 422
    assert answer.json()["type"] == "bad-edition"
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    last = len(DIVISIONS) + 2
    assert pointers == {
        "/rows/7/code",
        f"/rows/{last}/code",
        f"/rows/{last + 1}/code",
        f"/rows/{last + 2}/code",
        f"/rows/{last + 3}/name",
        f"/rows/{last + 3}/previous_codes",
    }
    assert (await client.get("/v1/areas")).json()["items"] == []


@pytest.mark.parametrize(
    ("form", "status", "slug"),
    [
        ({"valid_from": "2023-06-30", "name": "same day"}, 409, "edition-not-later"),
        ({"valid_from": "2999-01-01"}, 422, "wrong-period"),
        ({"scope": "3101"}, 422, "bad-edition"),
        ({"scope": "310"}, 403, "out-of-area"),
    ],
)
async def test_an_edition_that_cannot_be_is_refused(
    small_city: httpx.AsyncClient, city: Header, form: dict[str, str], status: int, slug: str
) -> None:
    answer = await upload(
        small_city,
        city,
        listing("310101002009,新居委会,居委会,"),
        **{"valid_from": "2024-06-30", **form},
    )

    assert (answer.status_code, answer.json()["type"]) == (status, slug)


async def test_a_list_that_ends_half_the_city_wants_a_confirmation(
    client: httpx.AsyncClient, city: Header
) -> None:
    many = [f"3101010020{n:02},第{n}居委会,居委会," for n in range(10, 40)]
    await upload(client, city, listing(*many))

    refused = await upload(client, city, listing(), valid_from="2024-06-30")
    confirmed = await upload(
        client, city, listing(), valid_from="2024-06-30", confirm_endings="true"
    )

    assert refused.json()["type"] == "edition-ends-too-much"
    assert confirmed.json()["counts"] == {"ended": 30}


async def test_one_district_can_be_imported_by_itself(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    lines = [line for line in DIVISIONS if line.startswith("310105")]
    content = "\n".join(["code,name,kind", *lines, "310105001002,新居委会,居委会"])

    report = await upload(
        small_city, city, content, name="长宁2024", valid_from="2024-06-30", scope="310105"
    )

    assert report.status_code == 201, report.text
    assert report.json()["counts"] == {"added": 1}
    assert (await area(small_city, "310101013000"))["valid_to"] is None


async def test_only_the_city_office_imports_an_edition(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    answer = await upload(client, clerk, listing())

    assert (answer.status_code, answer.json()["type"]) == (403, "permission-missing")


async def test_a_list_without_headings_is_refused_by_name(
    client: httpx.AsyncClient, city: Header
) -> None:
    answer = await upload(client, city, "a,b\n1,2\n")

    assert (answer.status_code, answer.json()["type"]) == (422, "heading-missing")


async def test_reports_are_kept(small_city: httpx.AsyncClient) -> None:
    page = (await small_city.get("/v1/area-editions")).json()
    one = await small_city.get(f"/v1/area-editions/{page['items'][0]['id']}")

    assert one.json() == page["items"][0]
    assert one.json()["rows"] == len(DIVISIONS)


def test_the_small_city_is_made_of_real_lines() -> None:
    if not REAL.exists():
        pytest.skip("../shared/data/shanghai_divisions_2023.csv is not here")
    real = {row["code12"] for row in csv.DictReader(io.StringIO(REAL.read_text()))}

    towns = {line[:12] for line in DIVISIONS if line[9:12] == "000"}

    assert towns <= real
