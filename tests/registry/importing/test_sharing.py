"""Rooms, people, bundles and concessions go out as tables and come back through the same door."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Urls
from registry.tables import ImportPart
from tests.registry.importing.tables_of import (
    ORGANISATIONS,
    VENUES,
    as_csv,
    errors,
    imported,
    offering,
)

Header = dict[str, str]
Record = dict[str, object]
_NOTED = "SELECT entry FROM audit_inbox UNION ALL SELECT CAST(entry AS jsonb) FROM audit_entry"
ROOM: Record = {
    "编码": "A",
    "所在载体编码": "V-1",
    "名称": "演示数据 厅A",
    "可容纳人数": 30,
    "设备": "投影；白板",
    "允许用途": "居民活动；议事",
    "须审批": "是",
    "最长时长（分钟）": 240,
}
ROOMS: list[Record] = [
    ROOM,
    {**ROOM, "编码": "B", "名称": "演示数据 厅B", "须审批": "否"},
    {**ROOM, "编码": "AB", "名称": "演示数据 大厅", "组成房间编码": "A；B", "可容纳人数": 60},
]
PERSON: Record = {
    "编码": "RY-1",
    "种类": "社会工作者",
    "姓名": "欧阳演示",
    "电话": "13800138000",
    "所在机构": "ORG-1",
    "所在载体编码": "V-1",
    "所在区划": "黄浦区/南京东路街道",
    "条线": "民政",
    "职业资格": "助理社会工作师",
    "证书编号": "DEMO2024000123",
    "登记有效期起": "2026-01-01",
    "登记有效期止": "2028-12-31",
    "语言": "wuu；csl",
    "擅长类目": "助餐",
}
BUNDLE: Record = {
    "编码": "ZT-1",
    "组团名称": "为老服务组团（演示数据）",
    "组团目的": "一并运营",
    "运营单位": "ORG-1",
    "所在区划": "黄浦区/南京东路街道",
    "服务编码": "FW-0001",
    "载体编码": "V-1",
    "人员工号": "RY-1",
    "起始日期": "2026-03-01",
}
CONCESSION: Record = {
    "编码": "SQ-1",
    "所在载体编码": "V-1",
    "空间编码": "A",
    "经营单位": "ORG-1",
    "用途性质": "低偿",
    "服务类目": "助餐",
    "面积（平方米）": 40,
    "承诺最高价（元）": 12,
    "市场参考价（元）": 25.5,
    "参考价依据": "周边三家均价（演示数据）",
    "计价单位": "份",
    "起始日期": "2026-01-01",
    "终止日期": "2027-01-01",
}


@pytest.fixture
def district(bearer: Callable[..., Header]) -> Header:
    """The district's office, over all lines."""
    return bearer(Role.DISTRICT_OFFICE, area="310101", line="*")


@pytest.fixture
async def inventory(office: httpx.AsyncClient, district: Header) -> httpx.AsyncClient:
    """A registry that knows an organisation, its venue and an offering."""
    tables = {"organisation": ORGANISATIONS, "venue": VENUES, "offering": [offering(1)]}
    for kind, records in tables.items():
        came = await imported(office, district, kind, as_csv(records))
        assert came["rows_failed"] == 0, await errors(office, district, came)
    return office


async def test_what_is_shared_comes_in_goes_out_and_comes_back_unchanged(
    inventory: httpx.AsyncClient, district: Header
) -> None:
    came_in: dict[str, list[Record]] = {
        "space": ROOMS,
        "person": [PERSON],
        "bundle": [BUNDLE],
        "concession": [CONCESSION],
    }
    for kind, records in came_in.items():
        came = await imported(inventory, district, kind, as_csv(records))
        assert came["rows_inserted"] == len(records), await errors(inventory, district, came)
        file = await inventory.get(f"/v1/exports/{kind}.csv", headers=district)
        again = await imported(inventory, district, kind, file.content)

        assert file.status_code == 200
        assert again["rows_unchanged"] == len(records), await errors(inventory, district, again)
        assert "欧阳演示" not in file.text
    rooms = (await inventory.get("/v1/spaces")).json()["items"]
    (person,) = (await inventory.get("/v1/people", headers=district)).json()["items"]
    (bundle,) = (await inventory.get("/v1/bundles", headers=district)).json()["items"]
    (concession,) = (await inventory.get("/v1/concessions", headers=district)).json()["items"]
    inside = await inventory.get(f"/v1/people?bundle_id={bundle['id']}", headers=district)
    by_code = {each["code"]: each for each in rooms}

    assert set(by_code["AB"]["parts"]) == {by_code["A"]["id"], by_code["B"]["id"]}
    assert (person["name"], person["languages"]) == ("欧阳**", ["wuu", "csl"])
    assert (len(bundle["offering_ids"]), bundle["people"]) == (1, 1)
    assert [each["id"] for each in inside.json()["items"]] == [person["id"]]
    assert concession["space_id"] == by_code["A"]["id"]
    assert concession["reference_price_fen"] == 2_550


async def test_a_row_edits_what_stands_and_a_mask_leaves_it_alone(
    inventory: httpx.AsyncClient, district: Header
) -> None:
    await imported(inventory, district, "person", as_csv([PERSON]))
    masked: Record = {
        "编码": "RY-1",
        "种类": "社会工作者",
        "姓名": "欧阳**",
        "所在区划": "黄浦区/南京东路街道",
        "语言": "wuu",
    }
    edited = await imported(inventory, district, "person", as_csv([masked]))
    (person,) = (await inventory.get("/v1/people", headers=district)).json()["items"]
    clear = await inventory.post(
        f"/v1/people/{person['id']}/identity",
        json={"reason": "核实"},
        headers={**district, "Idempotency-Key": "identity"},
    )

    assert edited["rows_updated"] == 1, await errors(inventory, district, edited)
    assert person["languages"] == ["wuu"]
    assert clear.json()["name"] == "欧阳演示"


async def test_files_of_people_are_sealed_and_their_errors_quote_nobody(
    inventory: httpx.AsyncClient,
    district: Header,
    city: Header,
    fresh_database: Urls,
) -> None:
    bad = {**PERSON, "编码": "RY-2", "姓名": "上官演示" * 20, "电话": "一三八"}
    came = await imported(inventory, district, "person", as_csv([PERSON, bad]))
    told = await errors(inventory, district, came)
    path = f"/v1/imports/{came['id']}/errors.csv"
    report = await inventory.get(path, headers=district)
    city_reads = await inventory.get(path, headers=city)
    async with (
        database(fresh_database.owner, pool_size=1, journal=False) as opened,
        opened.sessions() as session,
    ):
        parts = select(ImportPart.content).where(ImportPart.job_id == came["id"])
        kept = b"".join((await session.scalars(parts)).all())
        noted = list(await session.scalars(text(_NOTED)))

    assert (came["rows_inserted"], came["rows_failed"]) == (1, 1)
    assert {each["column"] for each in told} == {"姓名", "电话"}
    assert {each["value"] for each in told} == {""}
    assert "上官演示" in report.text  # the file itself, for who uploaded it
    assert (city_reads.status_code, city_reads.json()["type"]) == (403, "report-of-people")
    assert [each["outcome"] for each in noted if each["action"] == "import.read_report"] == ["read"]
    assert kept.startswith(b"v1|sm4-gcm|")
    assert "欧阳演示".encode() not in kept


@pytest.mark.parametrize(
    ("kind", "record", "slug"),
    [
        ("space", {**ROOM, "编码": "C", "组成房间编码": "A；Z9"}, "unknown-reference"),
        ("person", {**PERSON, "姓名": "欧阳**"}, "wrong-person"),
        ("bundle", {**BUNDLE, "人员工号": "RY-9"}, "unknown-reference"),
        ("concession", {**CONCESSION, "空间编码": "", "承诺最高价（元）": 99}, "wrong-concession"),
    ],
)
async def test_a_bad_row_is_told_by_its_reason(
    inventory: httpx.AsyncClient, district: Header, kind: str, record: dict[str, Any], slug: str
) -> None:
    came = await imported(inventory, district, kind, as_csv([record]))

    assert came["rows_failed"] == 1, came
    assert (await errors(inventory, district, came))[0]["type"] == slug


async def test_a_clerks_table_of_concessions_tells_no_draft(
    inventory: httpx.AsyncClient, district: Header, bearer: Callable[..., Header]
) -> None:
    for kind, records in (("space", ROOMS), ("concession", [CONCESSION])):
        await imported(inventory, district, kind, as_csv(records))
    clerk = bearer(Role.CLERK, area="310101", line="civil_affairs")
    path = "/v1/exports/concession.csv"
    told, whole = [(await inventory.get(path, headers=by)).text for by in (clerk, district)]

    assert "SQ-1" not in told
    assert "SQ-1" in whole
