"""Citizen identity number 公民身份号码, and the residence permits that share its form.

The number is personal data: no message, `repr` or log line of this module repeats it. Its first
six digits say where the number was first given, never where the person lives.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from common.codes.wrong import WrongCode
from common.errors import Text

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


class WrongResidentId(WrongCode):
    """A number that cannot be an identity number. Never carries the number itself."""

    slug = "wrong-resident-id"
    title = Text("身份证号码有误", "Wrong identity number")


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number that passed, with the two facts it states about its holder."""

    number: str = field(repr=False)
    born_on: date
    is_male: bool


def check_resident_id(number: str) -> ResidentId:
    """The number with birth date and sex, when its check character and date are right.

    The first six digits are not compared with any list of districts: districts were founded and
    dissolved after people were born there, and 81, 82, 83 (residents from Hong Kong, Macao, Taiwan)
    and 9 (foreign permanent residents) are in use.

    Source: GB 11643-1999 (ISO 7064 mod 11-2); reference/china.md, section 3.
    """
    if len(number) != 18 or not number[:17].isascii() or not number[:17].isdigit():
        raise WrongResidentId(
            Text(
                "身份证号码应为 18 位：前 17 位为数字，末位为数字或大写 X。",
                "An identity number has 17 digits and a last digit or capital X.",
            )
        )
    born_on = _birth_date(number[6:14])
    if number[17] != resident_check_character(number[:17]):
        raise WrongResidentId(
            Text(
                "身份证号码校验位不符，请核对是否录错。",
                "The check character does not fit the number; look for a typo.",
            )
        )
    return ResidentId(number, born_on, is_male=int(number[16]) % 2 == 1)


def resident_check_character(body: str) -> str:
    """The 18th character that belongs to the first 17. Source: GB 11643-1999, annex A."""
    return _CHECKS[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def _birth_date(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise WrongResidentId(
            Text(
                "身份证号码第 7 至 14 位不是有效的出生日期。",
                "Digits 7 to 14 are not a date of birth.",
            )
        ) from None
