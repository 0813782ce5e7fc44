"""The calls of a story as files that editors run: `docs/walkthrough/*.http`, one a chapter.

What differs from one telling to the next is written as a variable: an id by the call that brought
it, an instant by its distance from now, a sealed bid by a word. So two tellings write the same.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from common.clock import city_day, utc_now

HEADERS: Final = ("If-Match", "Development-Time")
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERED: Final = re.compile(r"\d{6}|^[\d.]+$")  # a number of a register, a day, an amount
_YEAR: Final = re.compile(r'"(\{\{\$datetime \'YYYY\' [^}]*\}\})"')  # a number, not a text
_OF_THE_DAY: Final = frozenset({"is_provisional", "is_due_provisional"})  # by how far calendars go
_HOUR_S: Final = 3600
_SEALED: Final = re.compile(r"[\w+/=.-]{44,}", re.ASCII)  # no break: a key, a digest, a bid


@dataclass(frozen=True, slots=True)
class Told:
    """One call and its answer, with the words for it."""

    title: str
    who: str
    role: str
    method: str
    address: str
    body: Any
    headers: Mapping[str, str]
    status: int
    found: Any


@dataclass
class Walkthrough:
    """Files of a directory, a new one with each chapter."""

    directory: Path
    addresses: Sequence[str]
    variables: dict[str, str] = field(default_factory=dict)
    _numbers: Counter[str] = field(default_factory=Counter)
    _chapters: int = 0
    _title: str = ""
    _calls: list[str] = field(default_factory=list)

    def chapter(self, zh: str, en: str) -> None:
        """Write what there is and begin anew."""
        self.close()
        self._title = f"# {zh} / {en}"
        self._chapters += 1

    def close(self) -> None:
        """Write the chapter; what an earlier one brought is declared at its head."""
        if not self._calls:
            return
        text = "\n".join(self._calls)
        made = set(re.findall(r"^@(\w+) =", text, re.MULTILINE))
        used = dict.fromkeys(re.findall(r"\{\{(\w+)\}\}", text))
        known = {name: f"http://127.0.0.1:8000/{name}" for name in self.addresses}
        head = [f"@{name} = {known.get(name, '')}".rstrip() for name in used if name not in made]
        file = self.directory / f"{self._chapters - 1}.http"
        file.write_text("\n".join([self._title, "", *head, text]) + "\n")
        self._calls.clear()

    def add(self, told: Told) -> None:
        """One more call."""
        service, _, path = told.address.partition("/")
        lines = ["", f"### {told.title}"]
        asked = [
            f"{told.method} {{{{{service}}}}}/{self._known(path)}",
            *self._headers(told),
            *self._body(told.body),
        ]
        name = self._named(path, told.found) if told.method == "POST" else None
        if name is not None:
            lines.append(f"# @name {name}")
        lines += [*asked, "", f"# → {told.status} {self._answer(told.found)}"]
        if name is not None:
            lines += ["", *self._ids(name, told.found)]
        self._calls += lines

    def _headers(self, told: Told) -> Iterator[str]:
        if told.role:
            yield f"Authorization: Bearer {{{{{told.role}}}}}"
        if "Idempotency-Key" in told.headers:
            yield "Idempotency-Key: {{$guid}}"
        for name in HEADERS:
            if name in told.headers:
                yield f"{name}: {self._plain('', told.headers[name])}"

    def _body(self, body: Any) -> Iterator[str]:
        if body is not None:
            yield "Content-Type: application/json"
            yield ""
            text = json.dumps(self._value("", body), ensure_ascii=False, indent=2)
            yield _YEAR.sub(r"\1", text)

    def _named(self, path: str, found: Any) -> str | None:
        """A name for the call that brings a record; a step of a known record has none."""
        if not isinstance(found, dict) or found.get("id") in {None, *self.variables}:
            return None
        kind = path.partition("?")[0].rpartition("/")[2].replace("-", "_").removesuffix("s")
        self._numbers[kind] += 1
        return f"{kind}_{self._numbers[kind]}"

    def _ids(self, name: str, found: Any) -> Iterator[str]:
        """The ids that an answer brings, as variables of their own."""
        for where, value in _strings(found):
            if _ID.fullmatch(value) and value not in self.variables:
                variable = name if where == "id" else f"{name}_{re.sub(r'[^a-z0-9]+', '_', where)}"
                self.variables[value] = f"{{{{{variable}}}}}"
                yield f"@{variable} = {{{{{name}.response.body.{where}}}}}"

    def _known(self, text: str, key: str = "id") -> str:
        return _ID.sub(lambda found: self.variables.get(found[0], f"{{{{{key}}}}}"), text)

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._value(key, each) for each in value]
        if key == "year":
            return f"{{{{$datetime 'YYYY' {value - city_day(utc_now()).year} y}}}}"
        return self._plain(key, value) if isinstance(value, str) else value

    def _plain(self, key: str, value: str) -> str:
        if (at := _instant(value)) is not None:
            hours = round((at - utc_now()).total_seconds() / _HOUR_S)
            return f"{{{{$datetime iso8601 {hours} h}}}}"
        if (on := _day(value)) is not None:
            return f"{{{{$datetime 'YYYY-MM-DD' {(on - city_day(utc_now())).days} d}}}}"
        if _is_sealed(value):
            return f"{{{{{key}}}}}"
        return self._known(value, key or "id")

    def _answer(self, found: Any) -> str:
        """What an answer says in itself, on whatever day: its words and states."""
        said = found if isinstance(found, dict) else {"items": found}
        short = {
            name: _stable(value)
            for name, value in said.items()
            if name not in _OF_THE_DAY and _is_told(value)
        }
        return json.dumps(short, ensure_ascii=False)


def _is_told(value: Any) -> bool:
    if isinstance(value, str):
        hidden = _is_sealed(value) or _ID.search(value) or _NUMBERED.search(value)
        return not hidden and _instant(value) is None and _day(value) is None
    return isinstance(value, bool | list)


def _is_sealed(value: str) -> bool:
    """Whether nobody would read it; an id with a prefix is for `_ID`."""
    return _SEALED.fullmatch(value) is not None and not _ID.search(value)


def _stable(value: Any) -> Any:
    if isinstance(value, list):
        return "[…]" if value else "[]"  # how many there are, the next telling may say otherwise
    return value


def _strings(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every string of an answer, with the way to it."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _strings(each, f"{where}.{name}" if where else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _strings(each, f"{where}[{number}]")


def _instant(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == len("2026-01-01") else None
    except ValueError:
        return None
