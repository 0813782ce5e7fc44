"""What changed between the versions of a record. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final, NamedTuple

OWN: Final = frozenset({"id", "version", "created_at", "updated_at", "created_by", "updated_by"})
_DERIVED: Final = frozenset(
    {"area_id", "category_path", "path", "path_name", "status_since", "promised_at"}
)


class Version(NamedTuple):
    """A version of a record: when and by whom it was made, and its columns."""

    version: int
    at: datetime
    by: str
    facts: Mapping[str, Any]


class Changed(NamedTuple):
    """A column that an edit changed."""

    name: str
    before: Any
    after: Any


def differences(before: Version | None, after: Version) -> list[Changed]:
    """The columns in which two versions differ; without a former one, all that say something.

    Columns that follow from others (paths, ids beside codes) are told by those alone.
    """
    now = after.facts
    was = dict.fromkeys(now) if before is None else before.facts
    told = [name for name in now if name not in OWN and name not in _DERIVED]
    found = [Changed(name, was.get(name), now[name]) for name in told]
    return [each for each in found if _said(each.before) != _said(each.after)]


def _said(value: Any) -> Any:
    """What a column says. An empty list says nothing; 0 and no are answers."""
    return None if value in ("", [], {}) else value


def steps(versions: Sequence[Version]) -> list[tuple[Version, list[Changed]]]:
    """Each version with what it changed. `versions` newest first; the oldest has no former one."""
    return [(new, differences(old, new)) for new, old in zip_longest(versions, versions[1:])]
