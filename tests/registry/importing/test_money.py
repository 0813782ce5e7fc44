"""Programmes and funds go out as a table and come back through the same door."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.registry.importing.tables_of import ORGANISATIONS, as_csv, errors, imported

Header = dict[str, str]
PROGRAMME: dict[str, object] = {
    "编码": "XM-1",
    "项目名称": "社区助餐三年行动（演示数据）",
    "用途": "步行可达助餐点",
    "服务类目": "助餐",
    "条线": "民政",
    "主管部门": "ORG-MZ",
    "所在区划": "黄浦区/南京东路街道",
    "服务对象": "老年人",
    "起始日期": "2026-01-01",
    "终止日期": "2029-01-01",
    "分年度计划（元）": "2026：120000；2027：130000.5",
}
FUND: dict[str, object] = {
    "编码": "ZJ-1",
    "资金名称": "为老服务专项经费（演示数据）",
    "来源": "专项经费",
    "条线": "民政",
    "管理单位": "ORG-MZ",
    "所属项目编码": "XM-1",
    "限用于": "为老服务",
    "用途": "补贴助餐",
    "所在区划": "黄浦区/南京东路街道",
    "批准金额（元）": "1,200,000",
    "起始日期": "2026-01-01",
    "终止日期": "2027-01-01",
}


@pytest.fixture
def district(bearer: Callable[..., Header]) -> Header:
    """The district's office, over all lines."""
    return bearer(Role.DISTRICT_OFFICE, area="310101", line="*")


async def test_money_comes_in_goes_out_and_comes_back_unchanged(
    office: httpx.AsyncClient, district: Header
) -> None:
    assert (await imported(office, district, "organisation", as_csv(ORGANISATIONS)))[
        "rows_inserted"
    ] == 2
    for kind, record in (("programme", PROGRAMME), ("fund", FUND)):
        came = await imported(office, district, kind, as_csv([record]))
        assert came["rows_inserted"] == 1, came
        file = await office.get(f"/v1/exports/{kind}.csv", headers=district)
        again = await imported(office, district, kind, file.content)

        assert file.status_code == 200
        assert (again["rows_unchanged"], again["rows_failed"]) == (1, 0)
    (fund,) = (await office.get("/v1/funds", headers=district)).json()["items"]
    (programme,) = (await office.get("/v1/programmes", headers=district)).json()["items"]

    assert (fund["amount_fen"], fund["received_fen"]) == (120_000_000, 0)
    assert fund["programme_id"] == programme["id"]
    assert programme["years"][1] == {"year": 2027, "planned_fen": 13_000_050}


@pytest.mark.parametrize(
    ("kind", "more", "slug"),
    [
        ("programme", {"分年度计划（元）": "每年一万"}, "cell-not-years"),
        ("programme", {"主管部门": "无此部门"}, "unknown-reference"),
        ("fund", {"批准金额（元）": "很多"}, "cell-not-money"),
        ("fund", {"来源": "天上掉下"}, "cell-not-in-list"),
    ],
)
async def test_a_bad_row_is_told_by_its_reason(
    office: httpx.AsyncClient, district: Header, kind: str, more: dict[str, Any], slug: str
) -> None:
    await imported(office, district, "organisation", as_csv(ORGANISATIONS))
    record = {**(PROGRAMME if kind == "programme" else {**FUND, "所属项目编码": ""}), **more}
    came = await imported(office, district, kind, as_csv([record]))
    told = await errors(office, district, came)

    assert came["rows_failed"] == 1, came
    assert told[0]["type"] == slug, told


async def test_an_amount_that_no_decimal_holds_spoils_no_other_row(
    office: httpx.AsyncClient, district: Header
) -> None:
    await imported(office, district, "organisation", as_csv(ORGANISATIONS))
    good = {**FUND, "所属项目编码": ""}
    bad = {**good, "编码": "ZJ-2", "批准金额（元）": "1e999999"}
    came = await imported(office, district, "fund", as_csv([bad, good]))
    told = await errors(office, district, came)

    assert (came["rows_inserted"], came["rows_failed"]) == (1, 1), came
    assert [each["type"] for each in told] == ["cell-not-money"]


async def test_a_table_tells_no_draft_that_its_reader_is_refused(
    office: httpx.AsyncClient, district: Header, bearer: Callable[..., Header]
) -> None:
    await imported(office, district, "organisation", as_csv(ORGANISATIONS))
    await imported(office, district, "programme", as_csv([PROGRAMME]))
    (draft,) = (await office.get("/v1/programmes", headers=district)).json()["items"]
    one, table = f"/v1/programmes/{draft['id']}", "/v1/exports/programme.csv"

    for line, role, is_seen in (
        ("*", Role.CLERK, False),
        ("health", Role.CLERK, False),
        ("civil_affairs", Role.CLERK, True),
        ("*", Role.DISTRICT_OFFICE, True),
    ):
        reader = bearer(role, area="310101", line=line)
        read, told = [await office.get(path, headers=reader) for path in (one, table)]

        assert read.status_code == (200 if is_seen else 404), (line, role)
        assert (draft["code"] in told.text) is is_seen, (line, role)
