"""A new edition of the division list against what is known: what changes, and nothing else.

Pure. An edition covers one prefix (`scope`) completely: what it does not list has ended. An area
keeps its identity through a rename, and through a new code when the list says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from common.codes import Division, WrongCode
from common.contracts.registry.areas import EditionChange as Change
from common.contracts.registry.areas import SuccessionKind
from common.errors import FieldError, Text
from registry.domain.areas import path_of

MOST_ENDINGS: Final = 0.1  # an edition that ends a tenth of all areas is likely a cut-off file
_LESS_IS_NORMAL: Final = 10  # but a few endings are a few endings


class EditionRow(NamedTuple):
    """One line of the list. `previous` are codes that it follows, if the list says so."""

    line: int
    code: str
    name: str
    division_kind: str
    previous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A division as it stands now."""

    id: UUID
    code: str
    name: str
    division_kind: str | None
    path_name: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Renewed:
    """A known division with what the edition makes of it."""

    known: Known
    row: EditionRow
    change: Change
    path_name: str


@dataclass(frozen=True, slots=True)
class Follow:
    """One code follows another."""

    predecessor: str
    successor: str
    kind: SuccessionKind


@dataclass(slots=True)
class Plan:
    """What an edition does. `added` stands parents first."""

    added: list[tuple[EditionRow, str]] = field(default_factory=list)
    renewed: list[Renewed] = field(default_factory=list)
    ended: list[Known] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)
    unchanged: int = 0

    def successors(self, code: str) -> list[str]:
        """The codes that follow a code."""
        return [follow.successor for follow in self.follows if follow.predecessor == code]

    def ends_too_much(self, known: int) -> bool:
        """Whether the list looks cut off rather than new."""
        return len(self.ended) > max(_LESS_IS_NORMAL, known * MOST_ENDINGS)


def faults(
    rows: Sequence[EditionRow], known: Mapping[str, Known], *, scope: str
) -> list[FieldError]:
    """Every fault of a list, with line and column; none when it can be planned."""
    seen = Counter(row.code for row in rows)
    return [
        fault
        for row in rows
        for fault in (*_code_faults(row, seen, known, scope), *_other_faults(row, known))
    ]


def _at(row: EditionRow, column: str, value: str, zh: str, en: str) -> FieldError:
    return FieldError(f"/rows/{row.line}/{column}", value, Text(f"第 {row.line} 行：{zh}", en))


def _code_faults(
    row: EditionRow, seen: Mapping[str, int], known: Mapping[str, Known], scope: str
) -> Iterable[FieldError]:
    try:
        division = Division.parse(row.code)
    except WrongCode as wrong:
        yield _at(row, "code", row.code, wrong.text.zh, wrong.text.en)
        return
    if not row.code.startswith(scope):
        zh = f"代码不在本次导入范围 {scope} 之内"
        yield _at(row, "code", row.code, zh, f"the code lies outside the scope {scope}")
    if seen[row.code] > 1:
        yield _at(row, "code", row.code, "代码在文件中重复", "the code is listed more than once")
    parent = division.parent
    if parent is not None and parent.code not in seen and _unknown(parent.code, known, scope):
        zh = f"上级区划 {parent.code} 不存在"
        yield _at(row, "code", row.code, zh, f"there is no division {parent.code} above it")


def _unknown(code: str, known: Mapping[str, Known], scope: str) -> bool:
    """Whether a parent exists neither here nor, being inside the scope, in the list."""
    return code.startswith(scope) or code not in known


def _other_faults(row: EditionRow, known: Mapping[str, Known]) -> Iterable[FieldError]:
    if not row.name:
        yield _at(row, "name", row.name, "缺少名称", "the name is missing")
    elif len(row.name) > 100 or "/" in row.name:
        zh = "名称过长（至多 100 字）或含有 /"
        yield _at(row, "name", row.name, zh, "the name is too long (100) or contains /")
    for code in row.previous:
        if code not in known:
            zh = f"原代码 {code} 不在现行区划中"
            yield _at(row, "previous_codes", code, zh, f"{code} is no present division")


def plan(rows: Sequence[EditionRow], known: Mapping[str, Known], *, scope: str) -> Plan:
    """What a faultless edition does to the known divisions.

    - A code in both is the same area; a new name, kind, parent or path renews it.
    - A new code that alone follows one vanished code is that area moved: it keeps its identity.
    - Any other new code is a new area; what it follows is told by successions.
    - A known code under `scope` that neither stands in the list nor moved has ended.
    """
    listed = {row.code: row for row in rows}
    moved = _moves(rows, listed, known)
    made = Plan()
    paths = {code: area.path_name for code, area in known.items() if not code.startswith(scope)}
    for row in sorted(rows, key=lambda each: each.code):
        parent = Division.parse(row.code).parent
        path = paths[row.code] = path_of(paths[parent.code] if parent else None, row.name)
        before = known.get(row.code) or known.get(moved.get(row.code, ""))
        if before is None:
            made.added.append((row, path))
        else:
            _renew(made, before, row, path)
    gone = set(moved.values())
    made.ended = [
        area
        for code, area in known.items()
        if code.startswith(scope) and code not in listed and code not in gone
    ]
    made.follows = _follows(rows, listed, known, moved)
    return made


def _renew(made: Plan, before: Known, row: EditionRow, path: str) -> None:
    change = _change(before, row, path)
    if change is None:
        made.unchanged += 1
    else:
        made.renewed.append(Renewed(before, row, change, path))


def _change(before: Known, row: EditionRow, path: str) -> Change | None:
    if before.code != row.code:
        return Change.MOVED
    if (before.name, before.division_kind) != (row.name, row.division_kind):
        return Change.RENAMED
    return None if before.path_name == path else Change.PATH


def _moves(
    rows: Sequence[EditionRow], listed: Mapping[str, EditionRow], known: Mapping[str, Known]
) -> dict[str, str]:
    """New code -> old code, where exactly one new code follows exactly one vanished code."""
    claims = Counter(code for row in rows for code in row.previous)
    return {
        row.code: row.previous[0]
        for row in rows
        if len(row.previous) == 1
        and row.code not in known
        and row.previous[0] not in listed
        and claims[row.previous[0]] == 1
    }


def _follows(
    rows: Sequence[EditionRow],
    listed: Mapping[str, EditionRow],
    known: Mapping[str, Known],
    moved: Mapping[str, str],
) -> list[Follow]:
    heirs = Counter(code for row in rows for code in row.previous if code != row.code)
    return [
        Follow(
            code,
            row.code,
            _succession(
                split=code in listed or heirs[code] > 1,
                merged=row.code in known or len(row.previous) > 1,
            ),
        )
        for row in rows
        if row.code not in moved
        for code in row.previous
        if code != row.code
    ]


def _succession(*, split: bool, merged: bool) -> SuccessionKind:
    """Split when the old area goes on or has several heirs; merged when the heir has several."""
    if split:
        return SuccessionKind.SPLIT
    return SuccessionKind.MERGED if merged else SuccessionKind.REPLACED
