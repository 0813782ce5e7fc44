"""Forms of service items and offerings."""

from typing import Final

from common.errors import Text
from common.tabular.forms import Column, Form
from common.tabular.parsers import code, integer, prose, show_yuan, yuan
from registry.domain.forms import words
from registry.domain.forms.columns import area, dated, external, key, listed, name, organisation
from registry.domain.forms.hours import parse_hours, show_hours

_PRINTABLE: Final = Text("只用可见的英文字符", "Printable ASCII only")


def _national(field: str, zh: str, en: str, longest: int) -> Column:
    return Column(field, zh, en, code(rf"[!-~]{{1,{longest}}}", longest=longest, hint=_PRINTABLE))


_CODES: Final = (
    _national("catalog_code", "基本编码", "Catalogue code", 12),
    _national("local_catalog_code", "地方基本编码", "Local catalogue code", 50),
    _national("task_code", "实施编码", "Task code", 36),
    _national("local_task_code", "地方实施编码", "Local task code", 50),
)
_GROUPS: Final = Column(
    "target_groups",
    "服务对象",
    "Target groups",
    dictionary="target_group",
    several=True,
    example="老年人；残疾人",
    note=Text("用 ； 分隔；不填为不限", "separated by ；; blank: everybody"),
)
_RESPONSIBLE: Final = (
    organisation("responsible_department", "责任部门", "Responsible department"),
    organisation("handling_body", "办理主体", "Handling body"),
)
_DESCRIPTION: Final = Column("description", "说明", "Description", prose(4000))

SERVICE_ITEMS: Final = Form(
    kind="service_item",
    title=Text("服务事项清单", "Service items"),
    key=("code",),
    columns=(
        key("SX-0001"),
        name(200, "社区老年人助餐服务（演示数据）"),
        _DESCRIPTION,
        Column("category", "服务类目", "Category", required=True, dictionary="service_category"),
        _GROUPS,
        area(required=True),
        *_RESPONSIBLE,
        Column("legal_basis", "设定依据", "Legal basis", prose(1000)),
        *_CODES,
        dated("valid_from", "生效日期", "Valid from"),
        dated("valid_to", "失效日期", "Valid to"),
        listed("status", "状态", "Status", words.ITEM_STATUSES),
    ),
)

OFFERINGS: Final = Form(
    kind="offering",
    title=Text("服务（资源清单）", "Offerings"),
    key=("code",),
    about=Text(
        "已发布的服务须有提供机构、服务方式、收费类型和责任部门；到点服务须有载体。",
        "What is published needs provider, channels, price and department; on site also a venue.",
    ),
    columns=(
        key("FW-310101002-0001"),
        name(200, "午餐助餐（演示数据）"),
        _DESCRIPTION,
        Column(
            "service_item",
            "所属事项编码",
            "Service item",
            external,
            note=Text("事项清单中的编码", "code of a service item"),
        ),
        Column("category", "服务类目", "Category", required=True, dictionary="service_category"),
        organisation("provider", "提供机构", "Provider"),
        Column(
            "venue",
            "所在载体编码",
            "Venue",
            external,
            note=Text("载体表中的编码", "code of a venue"),
        ),
        area(required=False),
        listed(
            "channels", "服务方式", "Channels", words.CHANNELS, several=True, example="到点；上门"
        ),
        _GROUPS,
        Column("age_min", "最低年龄", "Age from", integer(0, 150)),
        Column("age_max", "最高年龄", "Age to", integer(0, 150)),
        Column(
            "groups_any",
            "限定人群",
            "Only for groups",
            dictionary="target_group",
            several=True,
            note=Text("须属于其中任一人群", "at least one of them"),
        ),
        listed("hardship", "困难认定", "Hardship", words.HARDSHIP, several=True),
        listed("disability", "残疾要求", "Disability", words.DISABILITY),
        Column(
            "household_areas",
            "限定居民区划",
            "Only for areas",
            several=True,
            note=Text("区划代码或路径名称，用 ； 分隔", "codes or path names"),
        ),
        listed("residence", "居民认定方式", "Residence", words.RESIDENCE),
        listed("price_kind", "收费类型", "Price kind", words.PRICE_KINDS, example="公益"),
        Column(
            "price_fen", "价格（元）", "Price (yuan)", yuan, show_yuan, aliases=("价格", "收费标准")
        ),
        Column("price_unit", "计价单位", "Price unit", prose(20), example="份"),
        Column("capacity", "容量", "Capacity", integer(1, 1_000_000)),
        Column("capacity_unit", "容量单位", "Capacity unit", dictionary="capacity_unit"),
        listed("capacity_period", "容量周期", "Capacity period", words.CAPACITY_PERIODS),
        Column("schedule", "服务时间", "Schedule", parse_hours, show_hours),
        *_RESPONSIBLE,
        Column("funding_source", "资金来源", "Funding source", dictionary="funding_source"),
        *_CODES,
        listed(
            "status",
            "状态",
            "Status",
            words.OFFERING_STATUSES,
            note=Text("不填为草稿；发布须有发布权限", "a draft when blank"),
        ),
    ),
)
