"""Forms of programmes and funds. Amounts stand in yuan, as offices keep them."""

import re
from collections.abc import Sequence
from typing import Any, Final

from common.errors import Text
from common.tabular.cells import BadCell, CellFault
from common.tabular.forms import Column, Form
from common.tabular.parsers import narrow, prose, show_yuan, yuan
from registry.domain.forms.columns import area, dated, external, key, organisation

_YEAR: Final = re.compile(r"(\d{4})\s*年?\s*[:：=]\s*(\S+)")
_TITLE: Final = prose(100)
_LINE: Final = Column("line", "条线", "Line", required=True, dictionary="department_line")
_PURPOSE: Final = Column("purpose", "用途", "Purpose", prose(1000), required=True)
_DAYS: Final = (
    dated("valid_from", "起始日期", "Valid from", required=True),
    dated(
        "valid_to",
        "终止日期",
        "Valid to",
        required=True,
        note=Text("不含当日", "the first day after it"),
    ),
)


def parse_years(cell: str) -> list[dict[str, int]]:
    """A plan by years in yuan, such as `2026：120000；2027：130000`."""
    parts = [part for part in re.split(r"[;；\n]+", narrow(cell)) if part.strip()]
    found = [_YEAR.fullmatch(part.strip()) for part in parts]
    if not all(found):
        raise BadCell(
            CellFault(
                "cell-not-years",
                Text("不是分年度金额", "Not a plan by years"),
                Text("写作 2026：120000；2027：130000", "Write 2026：120000；2027：130000"),
            )
        )
    return [{"year": int(each[1]), "planned_fen": yuan(each[2])} for each in found if each]


def show_years(years: Sequence[Any]) -> str:
    """The inverse of `parse_years`."""
    return "；".join(f"{each['year']}：{show_yuan(each['planned_fen'])}" for each in years)


PROGRAMMES: Final = Form(
    kind="programme",
    title=Text("项目", "Programmes"),
    key=("code",),
    about=Text(
        "新项目为草稿，公布在页面办理。", "New programmes are drafts; they are published by hand."
    ),
    columns=(
        key("XM-2026-01"),
        Column("title", "项目名称", "Title", _TITLE, required=True, example="社区助餐三年行动"),
        _PURPOSE,
        Column("category", "服务类目", "Category", required=True, dictionary="service_category"),
        _LINE,
        Column(
            "department",
            "主管部门",
            "Department",
            required=True,
            note=organisation("department", "", "").note,
        ),
        area(required=True),
        Column("target_groups", "服务对象", "Groups", dictionary="target_group", several=True),
        *_DAYS,
        Column(
            "years",
            "分年度计划（元）",
            "Plan by years (yuan)",
            parse_years,
            show_years,
            example="2026：120000；2027：130000",
        ),
    ),
)

FUNDS: Final = Form(
    kind="fund",
    title=Text("资金", "Funds"),
    key=("code",),
    about=Text(
        "余额由台账分录得出，不在此填写；所在区划建立后不可更改。",
        "Balances follow from the ledger and are not filled in; the area stays as it was.",
    ),
    columns=(
        key("ZJ-2026-07"),
        Column("title", "资金名称", "Title", _TITLE, required=True, example="为老服务专项经费"),
        Column("source", "来源", "Source", required=True, dictionary="funding_source"),
        _LINE,
        Column(
            "holder",
            "管理单位",
            "Holder",
            required=True,
            note=organisation("holder", "", "").note,
        ),
        Column(
            "programme",
            "所属项目编码",
            "Programme",
            external,
            note=Text("项目表中的编码", "code of a programme"),
        ),
        Column("category", "限用于", "Earmarked for", dictionary="service_category"),
        _PURPOSE,
        Column("document_number", "批准文号", "Document", prose(100)),
        area(required=True),
        Column("amount_fen", "批准金额（元）", "Amount (yuan)", yuan, show_yuan, required=True),
        *_DAYS,
    ),
)
