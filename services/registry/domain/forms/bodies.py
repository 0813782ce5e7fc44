"""Forms of organisations, their incubation ties, and dictionary entries."""

from typing import Final

from common.errors import Text
from common.tabular.forms import Column, Form
from common.tabular.parsers import code, integer, prose
from registry.domain.forms import words
from registry.domain.forms.columns import (
    ORGANISATION_NOTE,
    PHONE,
    area,
    credit_code,
    dated,
    key,
    listed,
    name,
    organisation,
)

ORGANISATIONS: Final = Form(
    kind="organisation",
    title=Text("机构", "Organisations"),
    key=("code",),
    about=Text(
        "社会组织、事业单位、企业须填统一社会信用代码；街镇备案的社区组织填备案号和备案街镇。",
        "Kinds that are registered need a credit code; filed groups their number and street.",
    ),
    columns=(
        key("ORG-0001"),
        name(100, "上海某某社区服务中心（演示数据）"),
        Column("short_name", "简称", "Short name", prose(100)),
        listed(
            "kind", "类型", "Kind", words.ORGANISATION_KINDS, required=True, example="社会服务机构"
        ),
        Column("platform_kind", "平台类型", "Platform kind", dictionary="platform_kind"),
        Column(
            "credit_code",
            "统一社会信用代码",
            "Credit code",
            credit_code,
            note=Text("18 位，按校验位核对；请按文本录入", "18 characters, checked"),
            aliases=("信用代码", "社会信用代码"),
        ),
        Column("filing_number", "备案号", "Filing number", prose(40)),
        organisation("filed_with", "备案街镇", "Filed with"),
        listed("evaluation_grade", "评估等级", "Grade", words.GRADES),
        dated("grade_valid_from", "等级起始日期", "Grade from"),
        dated("grade_valid_to", "等级终止日期", "Grade to"),
        organisation("supervisor", "业务主管单位", "Supervisor"),
        area(required=True),
        Column("line", "条线", "Department line", dictionary="department_line"),
        Column("address", "地址", "Address", prose(200)),
        PHONE,
    ),
)

INCUBATIONS: Final = Form(
    kind="incubation",
    title=Text("孵化培育关系", "Incubation ties"),
    key=("incubated", "incubator", "valid_from"),
    columns=(
        Column(
            "incubated",
            "被孵化机构",
            "Incubated",
            required=True,
            example="ORG-0002",
            note=ORGANISATION_NOTE,
        ),
        Column(
            "incubator",
            "孵化机构",
            "Incubator",
            required=True,
            example="ORG-0001",
            note=ORGANISATION_NOTE,
        ),
        dated("valid_from", "起始日期", "Valid from", required=True),
        dated("valid_to", "终止日期", "Valid to", note=Text("不含当日", "exclusive")),
    ),
)

_ENTRY_CODE = code(
    r"[a-z0-9][a-z0-9_.-]{0,63}",
    hint=Text("小写字母、数字和 _ . -", "Lower-case letters, digits, _ . -"),
)

DICTIONARY_ENTRIES: Final = Form(
    kind="dictionary_entry",
    title=Text("字典词条", "Dictionary entries"),
    key=("code", "dictionary"),
    columns=(
        listed(
            "dictionary",
            "字典",
            "Dictionary",
            words.DICTIONARIES,
            required=True,
            example="载体类型",
        ),
        Column(
            "code",
            "代码",
            "Code",
            _ENTRY_CODE,
            required=True,
            example="elderly_canteen",
            note=Text("建立后不可更改", "never changes"),
        ),
        Column("name_zh", "中文名", "Name (zh)", prose(60), required=True, example="老年食堂"),
        Column("name_en", "英文名", "Name (en)", prose(60), required=True, example="Canteen"),
        Column("parent_code", "上级代码", "Parent code", _ENTRY_CODE),
        Column("description", "说明", "Description", prose(500)),
        Column("sort", "排序", "Sort", integer(0, 1_000_000)),
        dated("valid_from", "启用日期", "Valid from"),
        dated("valid_to", "停用日期", "Valid to"),
    ),
)
