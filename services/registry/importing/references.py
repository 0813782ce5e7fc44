"""What a cell calls another record: an area by code or path, an organisation by code or name.

A name that fits several records is refused with the candidates; nothing is guessed.
"""

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeVar, cast
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import AREA_DIGITS
from common.errors import Text
from registry import tables

A, O = tables.Area, tables.Organisation
V, S = tables.Venue, tables.ServiceItem
_SEPARATOR = re.compile(r"[/\\>›→、\s-]+")
_KEPT: Final = 200_000  # remembered names, some 40 MB
_OFFERED: Final = 5
_NOTHING: Final = (None, None)


class Found(NamedTuple):
    """The record that a cell names. `code` is the division code where there is one."""

    id: UUID
    code: str
    name: str
    row: Any


class Missing(NamedTuple):
    """Why a cell names no record."""

    slug: str
    message: Text
    remedy: Text


T = TypeVar("T")
Answer = Found | Missing
Answers = Mapping[str, Answer]
Finder = Callable[[AsyncSession, list[str]], Coroutine[Any, Any, dict[str, Answer]]]


class Lookup:
    """Names and what they stand for, remembered for the length of one import."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Answer]] = {kind: {} for kind in FINDERS}
        self._told: dict[UUID, tuple[Any, Any]] = {}

    def forget(self) -> None:
        """Ask for every name again: areas were renamed or ended, or what was made was undone."""
        for known in self._known.values():
            known.clear()

    def told(self, row: Row[Any], tell: Callable[[Row[Any]], T]) -> T:
        """What is made of a row, made once while the row, its id first, is the same."""
        values = tuple(row)
        of, told = self._told.get(values[0], _NOTHING)
        if of != values:
            if len(self._told) > _KEPT:
                self._told.clear()
            told = tell(row)
            self._told[values[0]] = values, told
        return cast("T", told)

    async def __call__(self, session: AsyncSession, kind: str, names: Iterable[str]) -> Answers:
        """An answer for each name. What was missing is asked for again: it may stand by now."""
        known = self._known[kind]
        if len(known) > _KEPT:
            known.clear()
        answers = {name: known.get(name) for name in names}
        asked = [name for name, answer in answers.items() if not isinstance(answer, Found)]
        found = await FINDERS[kind](session, asked) if asked else {}
        known.update(found)
        return {**answers, **found}  # type: ignore[dict-item]  # every name is in one of them


def unknown(name: str, what: Text) -> Missing:
    """Nothing has this code or name."""
    return Missing(
        "unknown-reference",
        Text(f"没有{what.zh}“{name[:60]}”", f"There is no {what.en} {name[:60]}"),
        Text(
            f"核对名称或编码；若属本次导入，请先导入该{what.zh}",
            f"Check it; if it is new, import that {what.en} first",
        ),
    )


def ambiguous(name: str, candidates: list[str]) -> Missing:
    """Several have this name."""
    listed = "、".join(candidates[:_OFFERED])
    more = f" 等 {len(candidates)} 个" if len(candidates) > _OFFERED else ""
    return Missing(
        "ambiguous-reference",
        Text(
            f"“{name[:60]}”不唯一：{listed}{more}",
            f"{name[:60]} could be {listed} ({len(candidates)} in all)",
        ),
        Text("改填编码或写全路径", "Give the code, or the full path"),
    )


_AREA: Final = Text("区划", "area")


async def areas(session: AsyncSession, names: list[str]) -> dict[str, Answer]:
    """Present divisions by 12-digit code, significant digits, path or unique name."""
    codes = {name: name.ljust(12, "0") for name in names if _is_code(name)}
    paths = {name: [p for p in _SEPARATOR.split(name) if p] for name in names if name not in codes}
    lasts = {parts[-1] for parts in paths.values() if parts}
    joined = {name.replace("/", "") for name in paths}
    statement = select(A.id, A.code, A.name, A.path_name, A.kind, A.short_code).where(
        A.valid_to.is_(None),
        A.level.is_not(None),
        or_(
            A.code.in_(codes.values()),
            A.name.in_(lasts),
            func.replace(A.path_name, "/", "").in_(joined | {f"上海市{each}" for each in joined}),
        ),
    )
    rows: list[Row[Any]] = list(await session.execute(statement))
    by_code = {row.code: row for row in rows}
    answers: dict[str, Answer] = {}
    for name in names:
        fitting = (
            [by_code[codes[name]]]
            if codes.get(name) in by_code
            else _on_path(rows, paths.get(name))
        )
        answers[name] = _one(name, fitting, _AREA, lambda row: row.path_name)
    return answers


def _is_code(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) in AREA_DIGITS


def _on_path(rows: list[Row[Any]], parts: list[str] | None) -> list[Row[Any]]:
    """Areas on whose path all the parts stand, in order, the last one being the area itself."""
    if not parts:
        return []
    joined = "".join(parts)
    return [
        row
        for row in rows
        if (row.name == parts[-1] and _in_order(parts, row.path_name.split("/")))
        or row.path_name.replace("/", "") in {joined, f"上海市{joined}"}
    ]


def _in_order(parts: list[str], path: list[str]) -> bool:
    rest = iter(path)
    return all(part in rest for part in parts)


async def members(session: AsyncSession, names: list[str]) -> dict[str, Answer]:
    """Divisions, and areas outside the division code by their own code."""
    answers = await areas(session, names)
    left = [name for name in names if not isinstance(answers[name], Found)]
    if left:
        own = select(A.id, A.code, A.name, A.path_name, A.kind, A.short_code).where(
            A.valid_to.is_(None), A.level.is_(None), A.code.in_(left)
        )
        rows: list[Row[Any]] = list(await session.execute(own))
        found = {row.code: row for row in rows}
        answers |= {name: _found(found[name]) for name in left if name in found}
    return answers


_ORGANISATION: Final = Text("机构", "organisation")


async def organisations(session: AsyncSession, names: list[str]) -> dict[str, Answer]:
    """Organisations that stand, by external code, credit code or full name, in this order.

    One that was merged into another is still found by what it was called: the other is meant.
    """
    meant = aliased(O)
    told = (meant.id, meant.code, meant.name, meant.credit_code, meant.area_code, meant.kind)
    called = {name: getattr(O, name) for name in ("code", "credit_code", "name")}
    statement = (
        select(*told, *(column.label(f"called_{name}") for name, column in called.items()))
        .join(meant, meant.id == func.coalesce(O.merged_into_id, O.id))
        .where(
            O.status == "active",
            meant.status == "active",
            or_(*(column.in_(names) for column in called.values())),
        )
    )
    rows: list[Row[Any]] = list(await session.execute(statement))
    answers: dict[str, Answer] = {}
    for name in names:
        fitting: dict[UUID, Row[Any]] = {}
        for column in called:
            by = f"called_{column}"
            fitting = fitting or {row.id: row for row in rows if getattr(row, by) == name}
        answers[name] = _one(
            name,
            list(fitting.values()),
            _ORGANISATION,
            lambda row: row.code or row.credit_code or str(row.id),
        )
    return answers


def _by_code(table: Any, what: Text, *columns: str, name: str = "name") -> Finder:  # classes
    meant = aliased(table)
    itself = (
        func.coalesce(table.merged_into_id, table.id)
        if hasattr(table, "merged_into_id")
        else table.id
    )
    told = (getattr(meant, column) for column in ("id", "code", *columns))
    called = (getattr(meant, name).label("name"), table.code.label("called"))
    every: Select[Any] = select(*told, *called).join(meant, meant.id == itself)

    async def find(session: AsyncSession, names: list[str]) -> dict[str, Answer]:
        statement = every.where(table.code.in_(names))
        rows = {row.called: row for row in await session.execute(statement)}
        return {n: _found(rows[n]) if n in rows else unknown(n, what) for n in names}

    return find


def _one(
    name: str, fitting: list[Row[Any]], what: Text, shown: Callable[[Row[Any]], str]
) -> Answer:
    if len(fitting) == 1:
        return _found(fitting[0])
    return ambiguous(name, [shown(row) for row in fitting]) if fitting else unknown(name, what)


def _found(row: Row[Any]) -> Found:
    return Found(row.id, row.code or "", row.name, row)


FINDERS: Final[Mapping[str, Finder]] = {
    "area": areas,
    "member": members,
    "organisation": organisations,
    "venue": _by_code(
        V,
        Text("载体", "venue"),
        *("area_id", "area_code", "lon", "lat", "place", "hours", "status"),
    ),
    "service_item": _by_code(S, Text("事项", "service item"), "status"),
    "offering": _by_code(tables.Offering, Text("服务", "offering")),
    "programme": _by_code(tables.Programme, Text("项目", "programme"), name="title"),
    "fund": _by_code(tables.Fund, Text("资金", "fund"), name="title"),
    "person": _by_code(tables.Person, Text("人员", "person"), name="code"),
}
