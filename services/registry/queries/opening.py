"""Opening hours in SQL: the columns that a value fills, and the one predicate that reads them."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, literal
from sqlalchemy.dialects.postgresql import Range

from common import opening
from common.contracts.registry.hours import OpeningHours
from registry.tables.opening import Opens

NO_HOURS: Final[Mapping[str, Any]] = {
    "hours": None,
    "open_minutes": None,
    "exception_days": None,
    "exception_minutes": None,
}


def stored(hours: OpeningHours | None) -> dict[str, Any]:
    """The four columns of `registry.tables.opening.Opens`, from one checked value."""
    if hours is None:
        return dict(NO_HOURS)
    axes = opening.axes(hours)
    return {
        "hours": hours.model_dump(mode="json"),
        "open_minutes": [Range(start, end) for start, end in axes.week],
        "exception_days": axes.days,
        "exception_minutes": [Range(start, end) for start, end in axes.dated],
    }


def open_at(table: type[Opens], moment: opening.Moment) -> ColumnElement[bool]:
    """Whether a row is open at a moment; what has no known hours is not."""
    exceptional = literal(moment.day) == func.any(table.exception_days)
    found: ColumnElement[bool] = case(
        (exceptional, table.exception_minutes.op("@>")(literal(moment.dated_minute))),
        else_=table.open_minutes.op("@>")(literal(moment.week_minute)),
    )
    return found
