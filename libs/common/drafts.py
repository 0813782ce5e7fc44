"""Rows that no session will ever know: written by the statement that ends a transaction.

SQLAlchemy's constructor watches each value of an entity, so that a session may tell what changed.
Of a row of forty columns that costs as much as its statement, and nobody asks.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy.orm import DeclarativeBase

Row = TypeVar("Row", bound=DeclarativeBase)

_GIVEN: Final = "_given"


def drafted(kind: type[Row], /, **values: Any) -> Row:
    """A row; what is not given is its column's default, or nothing. TypeError: no such column."""
    plain, made = _columns(kind)
    names = frozenset(values)
    if unknown := names - plain.keys():
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    row = kind.__new__(kind)
    row.__dict__.update(plain)
    row.__dict__.update(values)
    for name, make in made.items():
        if name not in values:
            row.__dict__[name] = make(None)
    row.__dict__[_GIVEN] = names
    return row


def given(row: DeclarativeBase) -> frozenset[str]:
    """The columns of a row that somebody has set."""
    drawn: frozenset[str] | None = row.__dict__.get(_GIVEN)
    return frozenset(row.__dict__) if drawn is None else drawn


def held(row: DeclarativeBase, names: Iterable[str]) -> dict[str, Any]:
    """What a row holds of some columns; what it has not loaded is asked of it as always."""
    known = row.__dict__
    return {name: known[name] if name in known else getattr(row, name) for name in names}


@lru_cache
def _columns(
    kind: type[DeclarativeBase],
) -> tuple[Mapping[str, Any], Mapping[str, Callable[[Any], Any]]]:
    """What each column holds when nobody has set it, and what has to be made each time."""
    plain: dict[str, Any] = {}
    made: dict[str, Callable[[Any], Any]] = {}
    for column in kind.__table__.columns:
        default: Any = column.default
        plain[column.name] = default.arg if default is not None and default.is_scalar else None
        if default is not None and default.is_callable:
            made[column.name] = default.arg
    return plain, made
