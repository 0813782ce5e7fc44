"""A record as likeness sees it: taken apart once, compared many times. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from common.text import fold
from registry.domain.likeness.names import Gazetteer, Name, taken_apart

Key = UUID | str
_ROAD: Final = re.compile(
    r"(?P<road>[^\d\W]+?(?:路|街|弄|巷|道|村))(?P<number>\d+)(?:号|弄|-|$|\D)"
)
_CITY: Final = re.compile(r"^上海市?")
_NOT_DIGIT: Final = re.compile(r"\D+")
_LINE_DIGITS: Final = 8  # of a number in the city, without its area code
_MOBILE_DIGITS: Final = 11


@dataclass(frozen=True, slots=True)
class Likened:
    """What of a record can be compared."""

    id: Key
    sort: str
    name: Name
    shown: str
    credit_code: str | None
    phone: str | None
    address: str
    door: str | None
    point: tuple[float, float] | None
    area_code: str


def likened(row: Mapping[str, Any], gazetteer: Gazetteer) -> Likened:
    """A row with id, sort, name, credit_code, phone, address, lon, lat and area_code."""
    address = _CITY.sub("", fold(row["address"] or "").replace(" ", ""))
    point = None if row["lon"] is None or row["lat"] is None else (row["lon"], row["lat"])
    return Likened(
        id=row["id"],
        sort=row["sort"],
        name=taken_apart(row["name"], gazetteer),
        shown=row["name"],
        credit_code=row["credit_code"] or None,
        phone=dialled(row["phone"]),
        address=address,
        door=door_of(address),
        point=point,
        area_code=row["area_code"],
    )


def dialled(phone: str | None) -> str | None:
    """The digits that matter: a mobile number whole, a landline without its area code."""
    digits = _NOT_DIGIT.sub("", phone or "")
    if len(digits) >= _MOBILE_DIGITS and digits[-_MOBILE_DIGITS] == "1":
        return digits[-_MOBILE_DIGITS:]
    return digits[-_LINE_DIGITS:] or None


def door_of(address: str) -> str | None:
    """Road and number, such as 和平路12; None when the address has no number."""
    found = _ROAD.search(address)
    return found["road"] + found["number"] if found else None
