"""A table through the public API: what comes in, what is told, what stands afterwards."""

import httpx

from tests.registry.importing.tables_of import (
    ORGANISATIONS,
    VENUES,
    as_csv,
    as_xlsx,
    errors,
    imported,
    offering,
    send,
)
from tests.registry.inventory import patched
from tests.registry.small_city import key

Caller = dict[str, str]


async def test_good_rows_of_every_format_are_found_again(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    first = await imported(inventory, city, "offering", as_csv([offering(1), offering(2)]))
    second = await imported(inventory, city, "offering", as_xlsx([offering(2), offering(3)]))

    assert (first["state"], first["rows_inserted"], first["format"]) == ("done", 2, "csv")
    assert (second["rows_inserted"], second["rows_unchanged"], second["format"]) == (1, 1, "xlsx")
    found = await inventory.get("/v1/offerings", params={"q": "助餐"})
    codes = sorted(each["code"] for each in found.json()["items"])
    assert codes == ["FW-0001", "FW-0002", "FW-0003"]


async def test_a_bad_row_is_named_by_cell_and_the_good_ones_stay(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    rows = [offering(1), offering(2, **{"价格（元）": "十二"}), offering(3, 提供机构="没有此机构")]
    told = await imported(inventory, city, "offering", as_csv(rows))

    assert (told["state"], told["rows_inserted"], told["rows_failed"]) == ("done", 1, 2)
    found = await errors(inventory, city, told)
    assert [(e["cell"], e["type"], e["column"]) for e in found] == [
        ("I3", "cell-not-money", "价格（元）"),
        ("D4", "unknown-reference", "提供机构"),
    ]
    assert "没有此机构" in found[1]["message"]


async def test_all_or_nothing_takes_nothing_when_a_row_is_bad(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    rows = [offering(1), offering(2, 服务类目="不存在的类目")]
    told = await imported(inventory, city, "offering", as_csv(rows), mode="all_or_nothing")

    assert (told["state"], told["problem"]["type"]) == ("failed", "nothing-imported")
    assert len(await errors(inventory, city, told)) == 1
    found = await inventory.get("/v1/offerings", headers=city, params={"code": "FW-0001"})
    assert found.json()["items"] == []


async def test_a_dry_run_tells_all_and_writes_nothing(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    told = await imported(inventory, city, "offering", as_csv([offering(1)]), dry_run=True)

    assert (told["state"], told["rows_inserted"], told["percent"]) == ("done", 1, 100.0)
    found = await inventory.get("/v1/offerings", params={"code": "FW-0001"})
    assert found.json()["items"] == []


async def test_rows_outside_the_callers_area_are_refused(
    inventory: httpx.AsyncClient, clerk: Caller
) -> None:
    there = {**VENUES[0], "编码": "V-9", "所在区划": "长宁区/华阳路街道", "运营单位": ""}
    told = await imported(inventory, clerk, "venue", as_csv([VENUES[0], there]))

    assert (told["rows_unchanged"], told["rows_failed"]) == (1, 1)
    assert (await errors(inventory, clerk, told))[0]["type"] == "out-of-area"


async def test_the_same_file_again_changes_nothing(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    told = await imported(inventory, city, "organisation", as_xlsx(ORGANISATIONS))

    assert (told["rows_unchanged"], told["rows_updated"], told["rows_inserted"]) == (2, 0, 0)


async def test_an_imported_offering_tells_its_whole_life(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    for status, prose in (("已发布", "初次"), ("已暂停", "装修"), ("已暂停", "仍在装修")):
        table = as_csv([offering(1, 状态=status, 说明=prose)])
        told = await imported(inventory, city, "offering", table)
        assert told["rows_failed"] == 0, await errors(inventory, city, told)
    sought = {"code": "FW-0001", "status": "suspended"}
    found = (await inventory.get("/v1/offerings", headers=city, params=sought)).json()
    record = found["items"][0]["id"]

    steps = (await inventory.get(f"/v1/offerings/{record}/history", headers=city)).json()

    assert [(step["from_status"], step["to_status"]) for step in steps] == [
        (None, "published"),
        ("published", "suspended"),
    ]
    assert steps[0]["by"] == steps[1]["by"]
    assert "导入" in steps[1]["reason"]


async def test_a_file_refused_as_a_whole_has_no_report_and_says_so(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    told = await imported(inventory, city, "offering", "甲,乙\n1,2\n".encode())
    assert (told["state"], told["problem"]["type"]) == ("failed", "file-headings-not-found")

    answer = await inventory.get(f"/v1/imports/{told['id']}/errors.csv", headers=city)

    assert (answer.status_code, answer.json()["type"]) == (422, "file-unreadable")
    assert "problem" in answer.json()["detail"]


async def test_a_file_neither_publishes_for_a_dissolved_provider_nor_leaves_a_room_behind(
    inventory: httpx.AsyncClient, city: Caller
) -> None:
    await imported(inventory, city, "venue", as_csv([{**VENUES[0], "编码": "V-2"}]))
    rows = [offering(1, 状态="草稿"), offering(2)]
    await imported(inventory, city, "offering", as_csv(rows))
    found = (await inventory.get("/v1/offerings", params={"q": "助餐"})).json()["items"]
    (meal,) = (each for each in found if each["code"] == "FW-0002")
    room = {"venue_id": meal["venue"]["id"], "name": "厅", "capacity": 30}
    spaces = await inventory.post("/v1/spaces", json=room, headers={**city, **key()})
    assert spaces.status_code == 201, spaces.text
    await patched(inventory, city, "/v1/offerings", meal, {"space_id": spaces.json()["id"]})
    moved = await imported(inventory, city, "offering", as_csv([offering(2, 所在载体编码="V-2")]))
    body = (await inventory.get(f"/v1/organisations/{meal['provider_id']}")).json()
    await inventory.put(
        f"/v1/organisations/{body['id']}/dissolution",
        json={"on": "2026-03-01", "reason": "注销登记"},
        headers={**city, "If-Match": f'"v{body["version"]}"'},
    )
    row = {name: value for name, value in offering(1).items() if name != "提供机构"}
    late = await imported(inventory, city, "offering", as_csv([row]))

    assert [e["type"] for e in await errors(inventory, city, moved)] == ["wrong-offering"]
    assert [(e["type"], e["column"]) for e in await errors(inventory, city, late)] == [
        ("provider-dissolved", "提供机构")
    ]


async def test_residents_cannot_import(office: httpx.AsyncClient) -> None:
    answer = await send(office, {}, "venue", as_csv(VENUES))

    assert answer.status_code == 401
