"""The form of people. An export shows names, telephones and certificate numbers masked."""

from typing import Final

from common.crypto.masking import STAR
from common.errors import Text
from common.tabular.forms import Column, Form
from common.tabular.parsers import Parse, code, prose
from registry.domain.forms import words
from registry.domain.forms.columns import area, dated, external, key, listed, organisation, phone

_MASKED: Final = Text(
    "带 * 的为打码，导入时视为不变", "a masked value, with stars, leaves the record as it is"
)
_LANGUAGE: Final = code(
    r"[a-z]{2,3}(-[A-Za-z]{2,8})?",
    hint=Text("BCP 47，如 wuu 上海话、csl 手语", "BCP 47, such as wuu or csl"),
)
_CERTIFICATE: Final = code(
    r"[0-9A-Za-z-]{4,40}", hint=Text("字母、数字和 -", "letters, digits and -")
)


def is_masked(value: object) -> bool:
    """Whether a value came from an export, which shows no more than stars."""
    return isinstance(value, str) and STAR in value


def _masked_or(parse: Parse) -> Parse:
    return lambda cell: cell if is_masked(cell) else parse(cell)


PEOPLE: Final = Form(
    kind="person",
    title=Text("人员", "People"),
    key=("code",),
    about=Text(
        "姓名、电话、证书编号加密保存，导出时打码；职级在职业发展中办理。",
        "Names, telephones and certificates are sealed, and masked in exports; grades stand apart.",
    ),
    columns=(
        key("RY-0001"),
        listed("kind", "种类", "Kind", words.PERSON_KINDS, required=True, example="社会工作者"),
        Column(
            "name",
            "姓名",
            "Name",
            _masked_or(prose(40)),
            required=True,
            example="张三（演示）",
            note=_MASKED,
            is_private=True,
        ),
        Column("phone", "电话", "Phone", _masked_or(phone), note=_MASKED, is_private=True),
        organisation("organisation", "所在机构", "Organisation"),
        Column(
            "venue",
            "所在载体编码",
            "Venue",
            external,
            note=Text("载体表中的编码", "code of a venue"),
        ),
        area(required=True),
        Column("line", "条线", "Line", dictionary="department_line"),
        listed("qualification", "职业资格", "Qualification", words.QUALIFICATIONS),
        Column(
            "certificate_number",
            "证书编号",
            "Certificate",
            _masked_or(_CERTIFICATE),
            note=_MASKED,
            is_private=True,
        ),
        dated("qualified_from", "登记有效期起", "Qualified from"),
        dated("qualified_to", "登记有效期止", "Qualified to", note=Text("含当日", "inclusive")),
        Column("languages", "语言", "Languages", _LANGUAGE, several=True, example="wuu；csl"),
        Column("skills", "擅长类目", "Skills", dictionary="service_category", several=True),
        listed("status", "状态", "Status", words.PERSON_STATUSES),
    ),
)
