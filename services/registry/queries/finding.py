"""What lists of venues, items and offerings share: words, area, nearness, and keyset order.

Lists go by area code and id, so that a street's page is one stretch of an index; with a point they
go by distance and id. Predicates are written so that the planner can estimate them
(docs/decisions/0012).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from common import text
from common.auth.actor import Actor, is_area
from common.auth.roles import Role
from common.geo import METRES_PER_DEGREE, planar

_ENDS: Final = (2, 4, 6, 9, 12)  # significant digits of a division code, level by level
_OUTSIDERS: Final = frozenset({Role.PUBLIC, Role.RESIDENT, Role.PROVIDER})


class Near(NamedTuple):
    """A point in WGS-84 and how far to look."""

    lon: float
    lat: float
    radius_m: float


class Key(NamedTuple):
    """Where a page ended: `rank` is an area code, or a distance on the plane."""

    rank: str | float
    id: UUID


class Asked(NamedTuple):
    """What somebody typed, and the words for the same thing as they stand."""

    typed: str
    synonyms: text.Groups


def says(column: SQLColumnExpression[Any], words: Asked) -> ColumnElement[bool]:
    """Whether a search column has what somebody typed, or a synonym of it."""
    asked = bindparam(None, text.query(*words), type_=Text)
    found: ColumnElement[bool] = column.op("@@")(cast(asked, TSQUERY))
    return found


def under(column: SQLColumnExpression[str], prefix: str) -> ColumnElement[bool]:
    """Whether an area code lies under a prefix: a range, for an index in any collation."""
    return and_(column >= prefix.ljust(12, "0"), column <= prefix.ljust(12, "9"))


def holds(column: SQLColumnExpression[str], prefix: str) -> ColumnElement[bool]:
    """Whether an area code is the area of a prefix, or of one that it lies in."""
    return column.in_([prefix[:end].ljust(12, "0") for end in _ENDS if end <= len(prefix)])


def within_reach(
    actor: Actor,
    area_code: SQLColumnExpression[str],
    organisation_id: SQLColumnExpression[Any] | None = None,
) -> list[ColumnElement[bool]]:
    """Rows that are the caller's own business: staff by area, a provider by organisation."""
    own: list[ColumnElement[bool]] = []
    if actor.area is not None and is_area(actor.area) and not actor.roles <= _OUTSIDERS:
        own.append(under(area_code, actor.area))
    if organisation_id is not None and Role.PROVIDER in actor.roles and actor.org is not None:
        own.append(organisation_id == actor.org)
    return own


def distance(place: SQLColumnExpression[Any], near: Near) -> ColumnElement[float]:
    """Distance on the plane (unit: degree of latitude); an index orders by exactly this."""
    found: ColumnElement[float] = place.op("<->")(_point(near))
    return found


def metres(place: SQLColumnExpression[Any], near: Near) -> ColumnElement[float]:
    """The distance in metres, straight line, within 0.8 % of the sphere's inside the city."""
    return distance(place, near) * METRES_PER_DEGREE


def around(place: SQLColumnExpression[Any], near: Near) -> ColumnElement[bool]:
    """Whether a place lies within the radius, by the same measure as `metres`."""
    circle = func.circle(_point(near), near.radius_m / METRES_PER_DEGREE)
    found: ColumnElement[bool] = place.op("<@")(circle)
    return found


def ranked(
    wanted: Select[Any],
    rank: SQLColumnExpression[Any],
    record_id: SQLColumnExpression[UUID],
    *,
    after: Key | None,
    limit: int,
) -> CTE:
    """The ids of a page and one more, in order of rank and id, after the key of the page before.

    Only these rows are joined and read in full: a sort of many matches carries no wide rows.
    """
    if after is not None:
        wanted = wanted.where(tuple_(rank, record_id) > tuple_(*after))
    wanted = wanted.add_columns(record_id.label("id"), rank.label("rank"))
    rows: ColumnElement[int] = literal_column(str(int(limit) + 1))  # a blind plan knows it, too
    return wanted.order_by(rank, record_id).limit(rows).cte("page")


def in_order(shown: Select[Any], page: CTE, record_id: SQLColumnExpression[UUID]) -> Select[Any]:
    """The rows of a page, read in full, in its order."""
    statement = shown.add_columns(page.c.rank).join(page, page.c.id == record_id)
    return statement.order_by(page.c.rank, page.c.id)


def unindexed(rank: SQLColumnExpression[Any], *, text_like: bool) -> ColumnElement[Any]:
    """The same order, which no index gives: where words are asked, they are looked up first.

    Walking an index in order and testing each row for the words looks cheap to the planner, but
    words go with places (the street's name is in the venue's): it may walk through half the city.
    """
    nothing: ColumnElement[Any] = literal_column("''" if text_like else "0")
    return rank.op("||" if text_like else "+")(nothing)


def any_of(column: SQLColumnExpression[str], codes: Sequence[str]) -> ColumnElement[bool]:
    """Equality with one code, which a GiST index can use, or membership of several."""
    return column == codes[0] if len(codes) == 1 else column.in_(codes)


def chosen(
    *pairs: tuple[Any, Callable[[Any], ColumnElement[bool]]],
) -> list[ColumnElement[bool]]:
    """The conditions of the filters that were given."""
    return [condition(value) for value, condition in pairs if value is not None]


def either(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """At least one of the conditions."""
    return or_(*conditions)


def _point(near: Near) -> ColumnElement[Any]:
    x, y = planar(near.lon, near.lat)
    return func.point(x, y)
