"""Telephone numbers as a Chinese office writes them: mobile, landline, 400, hotline."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from common.codes.wrong import WrongCode
from common.errors import Text


class WrongPhone(WrongCode):
    """A number that nobody can dial. It may be personal, so no message repeats it."""

    slug = "wrong-phone"
    title = Text("电话号码有误", "Wrong telephone number")


class PhoneKind(StrEnum):
    """What is at the other end."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    SERVICE = "service"  # 400 and 800 numbers
    HOTLINE = "hotline"  # 12345, 962200, 110


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in its canonical spelling, such as 021-62345678-102."""

    number: str
    kind: PhoneKind


_MOBILE: Final = re.compile(r"1[3-9]\d{9}", re.ASCII)
# 010 and 02x are three digits, the other area codes four; subscribers do not begin with 0 or 1.
_LANDLINE: Final = re.compile(
    r"(?P<area>010|02\d|0[3-9]\d{2})-?(?P<line>[2-9]\d{6,7})(?:-(?P<extension>\d{1,6}))?", re.ASCII
)
_SERVICE: Final = re.compile(r"([48]00)-?(\d{3})-?(\d{4})", re.ASCII)
# Emergency calls, the national 123xx lines and the cities' and enterprises' 95/96 lines.
_HOTLINE: Final = re.compile(r"11[09]|12[02]|123\d\d|9[56]\d{3,4}", re.ASCII)
_LOCAL: Final = re.compile(r"[2-9]\d{6,7}", re.ASCII)
_DASHES: Final = re.compile(r"[‐-―−ー－()转]+")


def check_phone(number: str) -> Phone:
    """The number in canonical spelling with its kind.

    Source: 《电信网编号计划（2017年版）》 for the number ranges, read from general knowledge.
    """
    if _MOBILE.fullmatch(number):
        return Phone(number, PhoneKind.MOBILE)
    if found := _LANDLINE.fullmatch(number):
        return Phone("-".join(filter(None, found.groups())), PhoneKind.LANDLINE)
    if found := _SERVICE.fullmatch(number):
        return Phone("-".join(found.groups()), PhoneKind.SERVICE)
    if _HOTLINE.fullmatch(number):
        return Phone(number, PhoneKind.HOTLINE)
    raise WrongPhone(_reason(number))


def clean_phone(typed: str) -> str:
    """A number as it was meant: half-width, one kind of dash, without spaces or +86."""
    plain = "".join(unicodedata.normalize("NFKC", typed).split())
    plain = _DASHES.sub("-", plain).strip("-")
    plain = re.sub(r"^(\+86|0086)-?", "", plain)
    bare = plain.replace("-", "")
    return bare if _MOBILE.fullmatch(bare) else plain


def _reason(number: str) -> Text:
    if _LOCAL.fullmatch(number):
        return Text(
            "固定电话请加区号，例如 021-62345678。",
            "A landline needs its area code, such as 021-62345678.",
        )
    return Text(
        "不是有效的电话号码：可填手机、带区号的固定电话、400 电话或政务热线（如 12345）。",
        "Not a telephone number: give a mobile, a landline with area code, a 400 number or a "
        "hotline such as 12345.",
    )
