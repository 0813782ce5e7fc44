"""Columns that several forms share."""

import re
from typing import Final

from common.codes import WrongCode, check_credit_code
from common.codes.phone import check_phone, clean_phone
from common.codes.wrong import clean_code
from common.errors import Text
from common.tabular.cells import BadCell, CellFault
from common.tabular.forms import Column
from common.tabular.parsers import choice, code, decimal, iso_date, narrow, prose, show_choice
from registry.domain.forms.words import SYSTEMS, Names

AREA_NOTE: Final = Text(
    "12 位区划代码，或路径名称，如 黄浦区/外滩街道/某某居委会；居村有重名，请写到街镇",
    "12-digit code, or path name; names of neighbourhoods repeat, so name the street too",
)
ORGANISATION_NOTE: Final = Text(
    "机构编码、统一社会信用代码或全称", "external code, credit code or full name"
)
_CODE_HINT: Final = Text(
    "只用字母、数字和 . _ : / -，不超过 64 位",
    "Letters, digits and . _ : / - only, at most 64",
)
external = code(r"[0-9A-Za-z][0-9A-Za-z_.:/-]{0,63}", hint=_CODE_HINT)


def key(example: str) -> Column:
    """The external code, by which an import finds the record again."""
    note = Text(
        "本单位自定的唯一编码；再次导入时据此更新，前导零保留",
        "own unique code; the key when the file is imported again",
    )
    return Column("code", "编码", "Code", external, required=True, example=example, note=note)


def name(longest: int, example: str) -> Column:
    """The name of the record."""
    return Column("name", "名称", "Name", prose(longest), required=True, example=example)


def area(*, required: bool, heading: str = "所在区划") -> Column:
    """An area by code or path."""
    return Column(
        "area",
        heading,
        "Area",
        required=required,
        example="黄浦区/外滩街道",
        note=AREA_NOTE,
        aliases=("区划代码", "所属区划", "所在街镇"),
    )


def organisation(field: str, zh: str, en: str) -> Column:
    """Another organisation by code, credit code or name."""
    return Column(field, zh, en, note=ORGANISATION_NOTE)


def listed(field: str, zh: str, en: str, names: Names, **more: object) -> Column:
    """A word of a closed list."""
    first = {value: word for word, value in reversed(list(names.items()))}
    return Column(
        field,
        zh,
        en,
        choice(names),
        show_choice(names),
        choices=tuple(word for word, value in names.items() if first[value] == word),
        **more,  # type: ignore[arg-type]  # the remaining fields of a column
    )


def dated(field: str, zh: str, en: str, **more: object) -> Column:
    """A day."""
    return Column(field, zh, en, iso_date, example="2026-03-02", **more)  # type: ignore[arg-type]


def point() -> tuple[Column, Column, Column]:
    """A place: longitude, latitude, and the system they are in."""
    together = Text("经纬度须同时填写或同时留空", "both or neither")
    return (
        Column("lon", "经度", "Longitude", decimal(-1e9, 1e9), note=together, example="121.4903"),
        Column("lat", "纬度", "Latitude", decimal(-1e9, 1e9), note=together, example="31.2397"),
        listed(
            "system",
            "坐标系",
            "Coordinate system",
            SYSTEMS,
            note=Text("不填视为 WGS84", "WGS84 when blank"),
        ),
    )


def credit_code(cell: str) -> str:
    """A unified social credit code with the right check character."""
    try:
        return check_credit_code(clean_code(cell))
    except WrongCode as wrong:
        remedy = Text("对照登记证书核对", "Compare with the certificate")
        raise BadCell(CellFault(wrong.slug, wrong.text, remedy)) from None


def phone(cell: str) -> str:
    """A telephone number, in canonical spelling where it has one, else as offices write it."""
    try:
        return check_phone(clean_phone(cell)).number
    except WrongCode as wrong:
        if _PHONE.fullmatch(narrow(cell)):
            return narrow(cell)
        remedy = Text("填写一个号码，如 021-62345678", "One number, such as 021-62345678")
        raise BadCell(CellFault(wrong.slug, wrong.text, remedy)) from None


_PHONE = re.compile(r"[0-9+() -]{3,30}")  # as the contract takes it: local numbers too
PHONE: Final = Column("phone", "对外电话", "Phone", phone, example="021-62345678")
