"""A row put over the record that stands, and what differs then. No SQL is spoken here."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date
from sqlalchemy.dialects.postgresql import Range

from common.tabular.cells import clean
from registry.domain.forms.hours import show_hours
from registry.importing.chunk import Row, Values
from registry.importing.references import Answers, Missing
from registry.tables.base import Record

_OWN: Final = frozenset({"id", "version", "created_at", "updated_at", "created_by", "updated_by"})
_DERIVED: Final = frozenset(
    {
        *("search", "place", "area_id", "category_path", "status_since"),
        *("open_minutes", "exception_days", "exception_minutes"),
    }
)
_SHAPED: Final = frozenset({"open_minutes", "exception_minutes", "exception_days", "place"})
_EMPTIED: Final = object()  # a column that a blank cell empties
_CENTIMETRE: Final = 1e-7  # degrees: the same point, written by a spreadsheet


@dataclass(slots=True)
class Draft:
    """A record as it will be: the row it comes from, the columns, and what stands now."""

    row: Row
    id: UUID
    values: Values
    current: Mapping[str, Any] | None
    found: Values
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


class Merger:
    """Puts rows that have the same columns over what stands: worked out once, done for each row."""

    def __init__(
        self,
        table: type[Record],
        references: Mapping[str, str],
        defaults: Mapping[str, Any],
        given: Iterable[str],
        several: Container[str],
    ) -> None:
        kinds = _kinds(table)
        names = set(given)
        self._names = list(kinds)
        self._blank = {name: defaults.get(name) for name in kinds}
        self._plain = [
            (name, kinds[name] is not None, defaults.get(name, _EMPTIED))
            for name in names
            if name in kinds and name not in references
        ]
        named = [(name, kind) for name, kind in references.items() if name in names]
        self._single = [(n, kind, f"{n}_id") for n, kind in named if n not in several]
        self._several = [(n, kind) for n, kind in named if n in several]
        self._searched = "search" in names

    def draft(
        self,
        row: Row,
        new_id: UUID,
        current: Mapping[str, Any] | None,
        answers: Mapping[str, Answers],
    ) -> Draft | None:
        """The full record; None when it names something that is missing.

        A blank cell empties its column, or keeps it where it cannot be empty.
        """
        values = row.values
        merged = {n: current[n] for n in self._names} if current else self._blank.copy()
        for name, shaped, default in self._plain:
            value = values[name]
            if value is not None:
                merged[name] = _typed(value, name) if shaped else value
            elif default is _EMPTIED or default == []:
                merged[name] = None if default is _EMPTIED else []
        found: Values = {}
        if not self._refer(values, merged, found, answers):
            return None
        if self._searched:
            merged["search"] = values["search"]
        if current is None:
            return Draft(row, new_id, merged, None, found)
        _keep_point(merged, current)
        return Draft(row, current["id"], merged, current, found)

    def _refer(
        self, values: Values, merged: Values, found: Values, answers: Mapping[str, Answers]
    ) -> bool:
        """Ids for names. An area fills its code too; several names are the kind's own business."""
        for name, kind, column in self._single:
            called = values[name]
            answer = None if called is None else answers[kind][called]
            if isinstance(answer, Missing):
                return False
            merged[column] = answer and answer.id
            found[name] = answer
            if name == "area":
                merged["area_code"] = answer and answer.code
        for name, kind in self._several:
            found[name] = [answers[kind][called] for called in values[name] or ()]
            if any(isinstance(answer, Missing) for answer in found[name]):
                return False
        return True


def used(drafts: Sequence[Draft]) -> list[str]:
    """The columns in which some draft has or had something; the others need not be sent."""
    rows: list[Mapping[str, Any]] = [draft.values for draft in drafts]
    rows += [draft.current for draft in drafts if draft.current is not None]
    return [n for n in drafts[0].values if any(row.get(n) is not None for row in rows)]


def differs(draft: Draft) -> bool:
    """Note what changes; a text that only differs by blanks and wide digits stays."""
    current = draft.current
    if current is None:
        draft.after = {
            n: v for n, v in draft.values.items() if v is not None and v != [] and n not in _DERIVED
        }
        return True
    for name, value in draft.values.items():
        if name in _DERIVED:
            continue
        if _same(current[name], value):
            draft.values[name] = current[name]
        else:
            draft.before[name], draft.after[name] = current[name], value
    return bool(draft.after)


@cache
def _kinds(table: type[Record]) -> dict[str, str | None]:
    """The columns that a row fills; with a name where JSON is not what the column takes."""
    columns = [c for c in table.__table__.columns if c.name not in _OWN and c.name != "search"]
    return {
        c.name: c.name if isinstance(c.type, Date) or c.name in _SHAPED else None for c in columns
    }


def _typed(value: Any, name: str) -> Any:  # JSON to column
    """A JSON value as its column takes it."""
    if name in {"open_minutes", "exception_minutes"}:
        return [Range(start, end) for start, end in value]
    if name == "exception_days":
        return [date.fromisoformat(day) for day in value]
    if name == "place":
        return tuple(value)
    return date.fromisoformat(value) if isinstance(value, str) else value


def _keep_point(merged: Values, current: Mapping[str, Any] | None) -> None:
    """A point that came back from an export is the point that stands, whatever its system was."""
    if current is None or merged.get("lon") is None or current.get("lon") is None:
        return
    off = max(abs(merged[axis] - current[axis]) for axis in ("lon", "lat"))
    if off < _CENTIMETRE:
        merged |= {n: current[n] for n in ("lon", "lat", "coord_source", "place") if n in current}


def _same(stands: Any, comes: Any) -> bool:  # values of any column
    if stands == comes:
        return True
    if isinstance(stands, str) and isinstance(comes, str):
        return clean(stands).replace("\r\n", "\n") == comes.replace("\r\n", "\n")
    if isinstance(stands, float) and isinstance(comes, float):
        return f"{stands:.15g}" == f"{comes:.15g}"
    if isinstance(stands, dict) and isinstance(comes, dict):  # hours, however they are grouped
        return show_hours(stands) == show_hours(comes)
    return False
