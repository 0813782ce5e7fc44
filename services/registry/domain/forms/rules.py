"""What must fit together in one row, beyond its single cells. Pure; the database is asked later."""

from collections.abc import Callable, Mapping
from typing import Any

from common import opening
from common.contracts.registry.hours import OpeningHours
from common.contracts.vocabulary import PriceKind
from common.errors import FieldError, Problem, Text
from common.geo import System
from registry.domain import places

Values = dict[str, Any]
Rule = Callable[[Values], list[FieldError]]


def period(row: Values) -> list[FieldError]:
    """A period runs forward."""
    start, end = row.get("valid_from"), row.get("valid_to")
    if start is None or end is None or start < end:
        return []
    told = Text("终止日期须晚于起始日期", "must be after the first day")
    return [FieldError("/valid_to", end, told)]


def place(row: Values) -> list[FieldError]:
    """A point lies in the city; it is put into the row in every form that is kept."""
    system = System(row.pop("system", None) or System.WGS84)
    if "lon" not in row and "lat" not in row:
        return []
    try:
        there = places.locate(row.get("lon"), row.get("lat"), system)
    except Problem as wrong:
        return list(wrong.errors)
    row["lon"], row["lat"], row["coord_source"], row["place"] = there or (None,) * 4
    return []


def own_area(row: Values) -> list[FieldError]:
    """Period and place."""
    return [*period(row), *place(row)]


def venue(row: Values) -> list[FieldError]:
    """Place; and the hours as an index keeps them."""
    found = place(row)
    if not found:
        index_hours(row, "opening_hours")
    return found


def offering(row: Values) -> list[FieldError]:
    """Free costs nothing; ages run upwards."""
    if row.get("price_kind") == PriceKind.FREE and row.get("price_fen") is None:
        row["price_fen"] = 0
    youngest, oldest = row.get("age_min"), row.get("age_max")
    if youngest is not None and oldest is not None and youngest > oldest:
        told = Text("最高年龄低于最低年龄", "below the lowest age")
        return [FieldError("/age_max", oldest, told)]
    index_hours(row, "schedule")
    return []


def index_hours(row: Values, name: str) -> None:
    """Put beside the hours what `registry.tables.opening` keeps of them."""
    if name not in row:
        return
    hours = row.pop(name)
    axes = None if hours is None else opening.axes(OpeningHours.model_validate(hours))
    row["hours"] = hours
    row["open_minutes"] = axes and axes.week
    row["exception_days"] = axes and [day.isoformat() for day in axes.days]
    row["exception_minutes"] = axes and axes.dated


def nothing(_: Values) -> list[FieldError]:
    """What must fit together is only known with what stands in the database."""
    return []


RULES: Mapping[str, Rule] = {
    "area": own_area,
    "organisation": nothing,
    "incubation": period,
    "venue": venue,
    "service_item": period,
    "offering": offering,
    "dictionary_entry": period,
    "programme": period,
    "fund": period,
    "space": nothing,
    "person": nothing,
    "bundle": period,
    "concession": period,
}
