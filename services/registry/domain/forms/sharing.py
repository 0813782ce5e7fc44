"""Forms of what is shared: rooms, bundles, concessions. Prices stand in yuan."""

from typing import Final

from common.errors import Text
from common.tabular.forms import Column, Form
from common.tabular.parsers import (
    decimal,
    integer,
    prose,
    show_yes_no,
    show_yuan,
    yes_no,
    yuan,
)
from registry.domain.forms import words
from registry.domain.forms.columns import (
    ORGANISATION_NOTE,
    area,
    dated,
    external,
    key,
    listed,
    name,
)
from registry.domain.forms.hours import parse_hours, show_hours

_VENUE: Final = Column(
    "venue",
    "所在载体编码",
    "Venue",
    external,
    required=True,
    example="V-310101002-001",
    note=Text("载体表中的编码", "code of a venue"),
)
_OPERATOR: Final = Column("operator", "运营单位", "Operator", note=ORGANISATION_NOTE)


def _codes(field: str, zh: str, en: str, note: Text) -> Column:
    """Other records by their codes."""
    return Column(field, zh, en, external, several=True, note=note)


def _whole(field: str, zh: str, en: str, least: int, most: int) -> Column:
    return Column(field, zh, en, integer(least, most))


SPACES: Final = Form(
    kind="space",
    title=Text("可预约空间", "Spaces"),
    key=("code", "venue"),
    about=Text(
        "编码在载体内唯一；可分隔的厅写在其组成房间之后。",
        "Codes are unique in a venue; a hall stands behind the rooms that it divides into.",
    ),
    columns=(
        key("A101"),
        _VENUE,
        name(100, "多功能厅（演示数据）"),
        Column("floor", "楼层", "Floor", prose(20), example="1F"),
        _codes(
            "parts",
            "组成房间编码",
            "Parts",
            Text("可分隔的厅所含房间，建立后不可更改", "rooms of a hall; never change"),
        ),
        Column(
            "capacity",
            "可容纳人数",
            "Capacity",
            integer(1, 10_000),
            required=True,
            example="30",
        ),
        Column("floor_area_m2", "面积（平方米）", "Floor area (m2)", decimal(0.01, 1e6)),
        listed("equipment", "设备", "Equipment", words.EQUIPMENT, several=True),
        listed("purposes", "允许用途", "Purposes", words.SPACE_PURPOSES, several=True),
        Column(
            "opening_hours",
            "开放时间",
            "Opening hours",
            parse_hours,
            show_hours,
            note=Text("不填为按载体开放时间", "those of the venue when blank"),
        ),
        Column("is_approval_needed", "须审批", "Approval needed", yes_no, show_yes_no),
        _whole("buffer_before_minutes", "之前预留（分钟）", "Buffer before (min)", 0, 240),
        _whole("buffer_after_minutes", "之后预留（分钟）", "Buffer after (min)", 0, 240),
        _whole("lead_minutes", "至少提前（分钟）", "Lead time (min)", 0, 43_200),
        _whole("ahead_days", "最多提前（天）", "Days ahead", 1, 366),
        _whole("shortest_minutes", "最短时长（分钟）", "Shortest (min)", 5, 1440),
        _whole("longest_minutes", "最长时长（分钟）", "Longest (min)", 5, 1440),
        listed("status", "状态", "Status", words.SPACE_STATUSES),
    ),
)

BUNDLES: Final = Form(
    kind="bundle",
    title=Text("资源组团", "Bundles"),
    key=("code",),
    about=Text(
        "新组团为拟订，运营与结束在页面办理；所在区划建立后不可更改。",
        "New bundles are drafts; they run and end by hand. The area stays as it was.",
    ),
    columns=(
        key("ZT-2026-01"),
        Column("title", "组团名称", "Title", prose(100), required=True, example="为老服务组团"),
        Column("purpose", "组团目的", "Purpose", prose(1000), required=True),
        _OPERATOR,
        area(required=True),
        _codes("offerings", "服务编码", "Offerings", Text("服务表中的编码", "codes of offerings")),
        _codes("venues", "载体编码", "Venues", Text("载体表中的编码", "codes of venues")),
        _codes("funds", "资金编码", "Funds", Text("资金表中的编码", "codes of funds")),
        _codes(
            "programmes", "项目编码", "Programmes", Text("项目表中的编码", "codes of programmes")
        ),
        _codes("people", "人员工号", "People", Text("人员表中的工号", "numbers of people")),
        dated("valid_from", "起始日期", "Valid from", required=True),
        dated("valid_to", "终止日期", "Valid to", note=Text("不含当日", "the first day after it")),
    ),
)

CONCESSIONS: Final = Form(
    kind="concession",
    title=Text("经营授权", "Concessions"),
    key=("code",),
    about=Text(
        "新授权为拟订，授权与终止在页面办理；内容建立后不可更改。",
        "New concessions are drafts, granted and ended by hand; what they say stays.",
    ),
    columns=(
        key("SQ-2026-01"),
        _VENUE,
        Column(
            "space",
            "空间编码",
            "Space",
            external,
            note=Text("该载体内的空间；不填为载体的一部分", "a room of the venue, if it is one"),
        ),
        Column(
            "operator",
            "经营单位",
            "Operator",
            required=True,
            note=ORGANISATION_NOTE,
        ),
        listed("use", "用途性质", "Use", words.SPACE_USES, required=True, example="低偿"),
        Column("category", "服务类目", "Category", required=True, dictionary="service_category"),
        Column(
            "floor_area_m2",
            "面积（平方米）",
            "Floor area (m2)",
            decimal(0.01, 100_000),
            required=True,
        ),
        Column(
            "price_ceiling_fen",
            "承诺最高价（元）",
            "Ceiling (yuan)",
            yuan,
            show_yuan,
            required=True,
        ),
        Column(
            "reference_price_fen",
            "市场参考价（元）",
            "Reference price (yuan)",
            yuan,
            show_yuan,
            required=True,
        ),
        Column("price_basis", "参考价依据", "Basis of the price", prose(500), required=True),
        Column("price_unit", "计价单位", "Unit", prose(20), required=True, example="份"),
        Column("document_number", "授权文号", "Document", prose(100)),
        dated("valid_from", "起始日期", "Valid from", required=True),
        dated(
            "valid_to",
            "终止日期",
            "Valid to",
            required=True,
            note=Text("不含当日", "the first day after it"),
        ),
    ),
)
