"""Forms of areas outside the division code, and of venues."""

from typing import Final

from common.errors import Text
from common.tabular.forms import Column, Form
from common.tabular.parsers import code, decimal, prose
from registry.domain.forms import words
from registry.domain.forms.columns import (
    AREA_NOTE,
    PHONE,
    area,
    dated,
    key,
    listed,
    name,
    organisation,
    point,
)
from registry.domain.forms.hours import parse_hours, show_hours

_OWN_CODE = code(
    r"(?![0-9]{12}$)[0-9A-Za-z][0-9A-Za-z_.-]{0,39}",
    longest=40,
    hint=Text("自编代码，不得是 12 位数字", "Own code, not 12 digits"),
)

AREAS: Final = Form(
    kind="area",
    title=Text("网格、小区、服务圈、片区", "Grids, estates, catchments, sectors"),
    key=("code",),
    about=Text("市、区、街镇、居村随区划版本更新，不在此导入。", "Divisions come by edition."),
    columns=(
        Column(
            "code",
            "编码",
            "Code",
            _OWN_CODE,
            required=True,
            example="WG-001",
            note=Text("自编代码，不得形如 12 位区划代码", "own code, not 12 digits"),
        ),
        listed("kind", "类型", "Kind", words.OWN_AREA_KINDS, required=True, example="网格"),
        name(100, "外滩第一网格（演示数据）"),
        area(required=True),
        Column("area_type", "区域类型", "Area type", dictionary="area_type"),
        *point(),
        Column(
            "members",
            "包含区划",
            "Members",
            several=True,
            note=Text("服务圈、片区所含的区划，用 ； 分隔。" + AREA_NOTE.zh, AREA_NOTE.en),
        ),
        dated("valid_from", "启用日期", "Valid from"),
        dated("valid_to", "终止日期", "Valid to"),
    ),
)

VENUES: Final = Form(
    kind="venue",
    title=Text("载体", "Venues"),
    key=("code",),
    columns=(
        key("V-310101002-001"),
        name(100, "外滩街道社区食堂（演示数据）"),
        Column("kind", "载体类型", "Kind", required=True, dictionary="venue_kind"),
        area(required=True),
        Column("address", "地址", "Address", prose(200), example="某某路 1 号"),
        *point(),
        listed("operator_mode", "运营方式", "Operator mode", words.OPERATOR_MODES),
        organisation("owner", "产权单位", "Owner"),
        organisation("operator", "运营单位", "Operator"),
        Column(
            "floor_area_m2",
            "建筑面积（平方米）",
            "Floor area (m2)",
            decimal(0.01, 1e6),
            aliases=("建筑面积", "面积"),
        ),
        PHONE,
        listed("accessibility", "无障碍设施", "Accessibility", words.ACCESSIBILITY, several=True),
        Column(
            "opening_hours",
            "开放时间",
            "Opening hours",
            parse_hours,
            show_hours,
            example="周一至周五 09:00-11:30,13:00-17:00；周六 09:00-12:00；节假日 休息",
            note=Text(
                "各段用 ； 分隔；节假日写 休息、按周日 或时段；调休日写 按周一 或 休息；"
                "个别日期写 2026-10-08 休息（原因）",
                "parts separated by ；",
            ),
        ),
        listed("status", "状态", "Status", words.VENUE_STATUSES),
    ),
)
