"""Whose business a record is: staff by area and line, a provider by organisation, a resident own.

Predicates on columns; the same rules as `Actor` has for one record. Those a hot route asks of a
record that it has read stand beside them.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, and_, bindparam, false, func, or_

from common.auth.actor import ALL_LINES, Actor, is_area
from common.auth.pseudonym import Purpose
from common.auth.roles import OFFICES, STAFF, Role

_CITY_DIGITS: Final = 2


def under(column: SQLColumnExpression[Any], prefix: str) -> ColumnElement[bool]:
    """Whether an area code lies under a prefix: a range, for an index in any collation.

    A plan for any range takes each for one in two hundred, which of the city is so wrong that a
    page of 20 rows was cut from all rows, sorted: its range is told with the statement.
    """
    ends = (prefix.ljust(12, filler) for filler in "09")
    low, high = (bindparam(None, end, Text, literal_execute=_is_city(prefix)) for end in ends)
    return and_(column >= low, column <= high)


def _is_city(prefix: str) -> bool:
    return len(prefix) == _CITY_DIGITS and prefix.isascii() and prefix.isdigit()


def under_given(column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
    """The same of a prefix that is a parameter of a kept select (`common.spelt`)."""
    prefix = bindparam(name, type_=Text)
    return and_(column >= func.rpad(prefix, 12, "0"), column <= func.rpad(prefix, 12, "9"))


def area_ways(column: SQLColumnExpression[Any]) -> dict[str, ColumnElement[bool]]:
    """The conditions for `area_given`; that of the whole city no index is looked up for."""
    whole = func.coalesce(under_given(column, "city"), false())
    return {"area": under_given(column, "area"), "city": whole}


def area_given(prefix: str | None) -> dict[str, str | None]:
    """The prefix of a list, by the name of its condition."""
    return {"city" if prefix is not None and _is_city(prefix) else "area": prefix}


def reach_ways(
    public: ColumnElement[bool], area: SQLColumnExpression[Any]
) -> dict[str, ColumnElement[bool]]:
    """The conditions for `reach_given`: what is public, and what else lies within reach."""
    return {"public": public, "within": or_(public, under_given(area, "within"))}


def reach_given(actor: Actor) -> dict[str, Any]:
    """How far a caller sees, by the name of its condition."""
    within = reach(actor)
    return {"public": True} if within is None else {"within": within}


def is_staff(actor: Actor) -> bool:
    """Whether the caller works for the administration."""
    return not actor.roles.isdisjoint(STAFF)


def by_area(actor: Actor, area: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Staff and services within the caller's area; a malformed area reaches nothing."""
    prefix = reach(actor)
    return false() if prefix is None else under(area, prefix)


def reach(actor: Actor) -> str | None:
    """The prefix of what `by_area` lets through; None where that is nothing."""
    reaches = is_staff(actor) or Role.SERVICE in actor.roles
    return actor.area if reaches and is_area(actor.area) else None


def by_line(
    actor: Actor, area: SQLColumnExpression[str], line: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Staff within their area and department line."""
    if not is_staff(actor) or actor.line is None:
        return false()
    within = by_area(actor, area)
    if actor.line == ALL_LINES:
        return within if not actor.roles.isdisjoint(OFFICES) else false()
    return and_(within, line == actor.line)


def is_in_line(actor: Actor, area_code: str, line: str) -> bool:
    """`by_line` for one record."""
    return is_staff(actor) and actor.covers(area_code) and actor.sees_line(line)


def own(actor: Actor, resident: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Records of the resident who calls."""
    if Role.RESIDENT not in actor.roles:
        return false()
    return resident == actor.alias(Purpose.CASES)


def is_own(actor: Actor, resident: str | None) -> bool:
    """`own` for one record."""
    return Role.RESIDENT in actor.roles and resident == actor.alias(Purpose.CASES)


def either(*ways: ColumnElement[bool]) -> ColumnElement[bool]:
    """Any of several ways to a record."""
    return or_(*ways)
