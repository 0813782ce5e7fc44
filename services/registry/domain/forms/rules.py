"""What must fit together in one row, beyond its single cells. Pure; the database is asked later."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from common.contracts.registry.organisations import OrganisationKind
from common.errors import FieldError, Problem, Text
from common.geo import System
from registry.domain import offerings, organisations, places

Values = dict[str, Any]
Rule = Callable[[Values], list[FieldError]]


def none(_: Values) -> list[FieldError]:
    """Nothing to compare."""
    return []


def organisation(row: Values) -> list[FieldError]:
    """How the kind proves who it is, and its grade."""
    standing = organisations.Standing(
        kind=OrganisationKind(row["kind"]),
        credit_code=row.get("credit_code"),
        filing_number=row.get("filing_number"),
        has_filing_street=row.get("filed_with") is not None,
        evaluation_grade=row.get("evaluation_grade"),
        grade_valid_from=_day(row.get("grade_valid_from")),
        grade_valid_to=_day(row.get("grade_valid_to")),
    )
    return organisations.faults(standing)


def period(row: Values) -> list[FieldError]:
    """A period runs forward."""
    start, end = row.get("valid_from"), row.get("valid_to")
    if start is None or end is None or start < end:
        return []
    told = Text("终止日期须晚于起始日期", "must be after the first day")
    return [FieldError("/valid_to", end, told)]


def place(row: Values) -> list[FieldError]:
    """A point lies in the city; it is put into the row in every form that is kept."""
    if "lon" not in row and "lat" not in row:
        row.pop("system", None)
        return []
    try:
        there = places.locate(
            row.get("lon"), row.get("lat"), System(row.pop("system", None) or System.WGS84)
        )
    except Problem as wrong:
        return list(wrong.errors)
    row["lon"], row["lat"], row["coord_source"], row["place"] = there or (None,) * 4
    return []


def own_area(row: Values) -> list[FieldError]:
    """Period and place."""
    return [*period(row), *place(row)]


def offering(row: Values) -> list[FieldError]:
    """Price, capacity and age, each whole in itself."""
    if row.get("price_kind") == "free" and row.get("price_fen") is None:
        row["price_fen"] = 0
    found = [
        *offerings.price_faults(row.get("price_kind"), row.get("price_fen"), row.get("price_unit")),
        *offerings.capacity_faults(
            row.get("capacity"), row.get("capacity_unit"), row.get("capacity_period")
        ),
    ]
    youngest, oldest = row.get("age_min"), row.get("age_max")
    if youngest is not None and oldest is not None and youngest > oldest:
        told = Text("最高年龄低于最低年龄", "below the lowest age")
        found.append(FieldError("/age_max", oldest, told))
    if row.get("venue") is None and row.get("area") is None:
        told = Text("所在载体与所在区划至少填一项", "a venue or an area is needed")
        found.append(FieldError("/area", None, told))
    return found


def _day(iso: str | None) -> date | None:
    return None if iso is None else date.fromisoformat(iso)


RULES: Mapping[str, Rule] = {
    "area": own_area,
    "organisation": organisation,
    "incubation": period,
    "venue": place,
    "service_item": period,
    "offering": offering,
    "dictionary_entry": period,
}
