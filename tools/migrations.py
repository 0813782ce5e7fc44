"""Expand, migrate, contract: refuse a migration with which the release before could not run.

`python -m tools.migrations` looks at each `upgrade()`. What takes something away or asks more of a
writer than before is allowed only where the module says which revision expanded first, for example
`contracts = "0012"`: by then no running release uses what goes.

What would lock a table that is in use for as long as its rows are many is refused as well, in
migrations of a later day than the first release's: `common.gently` has these steps.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WHERE: Final = ("services/*/migrations/versions/*.py", "libs/common/migrations/*_*.py")
# Older than the first release: nobody has run anything before them.
UNRELEASED: Final = frozenset(
    {"2026-11-24_search_in_memory.py", "2026-11-28_seat_representatives_by_account.py"}
)
GENTLE_AFTER: Final = "2026-11-29"  # until then nobody had a large table
_LOCKING: Final = {
    "create_index": "builds an index that writers wait for: gently.index",
    "create_unique_constraint": "builds an index that writers wait for: gently.index, unique",
    "create_exclude_constraint": "builds an index that all wait for: do it on a new table",
    "create_check_constraint": "looks at all rows while all wait: gently.constrain",
    "create_foreign_key": "looks at all rows while writers wait: gently.constrain",
}
_LOCKING_STATEMENTS: Final = (
    (
        re.compile(r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON\s+(?:ONLY\s+)?(\w+)", re.I | re.S),
        "builds an index that writers wait for: gently.index",
    ),
    (
        re.compile(
            r"\bALTER\s+TABLE\s+(?:ONLY\s+)?(\w+)\b.*\bADD\s+(?:CONSTRAINT|CHECK|FOREIGN|UNIQUE|EXCLUDE)\b",
            re.I | re.S,
        ),
        "looks at all rows while others wait: gently.constrain",
    ),
    (
        re.compile(r"\bALTER\s+TABLE\s+(?:ONLY\s+)?(\w+)\b.*\bVALIDATE\b", re.I | re.S),
        "looks at all rows under the locks taken before: gently.constrain",
    ),
    (
        re.compile(r"\bALTER\s+DOMAIN\s+(\w+)\b.*\b(?:ADD|VALIDATE)\b", re.I | re.S),
        "looks at all rows while writers wait: gently.rule",
    ),
)
_IN_COLUMN: Final = frozenset({"CheckConstraint", "ForeignKey"})
_TAKEN_AWAY: Final = {
    "drop_column": "takes a column away",
    "drop_table": "takes a table away",
    "rename_table": "renames a table",
}
_STATEMENTS: Final = (
    (re.compile(r"\bDROP\s+(?:TABLE|COLUMN)\b", re.I), "takes a table or a column away"),
    (re.compile(r"\bRENAME\s+(?:COLUMN\b|TO\b)", re.I), "renames"),
    (re.compile(r"\bSET\s+NOT\s+NULL\b", re.I), "forbids what writers may leave out"),
    (re.compile(r"\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b", re.I), "changes a type"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A step that the release before would not survive."""

    file: str
    line: int
    words: str

    def __str__(self) -> str:
        """As compilers say it."""
        return f"{self.file}:{self.line}: {self.words}"


def findings(source: str, file: str) -> list[Finding]:
    """What the upgrade of one migration breaks; nothing when it says what it contracts."""
    module = ast.parse(source)
    if any(_names(node) == "contracts" for node in module.body):
        return []
    made = _made(module)
    return [
        Finding(file, call.lineno, words)
        for call in _all_calls(_upgrade(module))
        for words in _broken(call, made)
    ]


def locks(source: str, file: str) -> list[Finding]:
    """What the upgrade of one migration holds up while it looks at each row of a table in use."""
    module = ast.parse(source)
    upgrade, made = _upgrade(module), _made(module)
    found = [
        Finding(file, call.lineno, words)
        for call in _all_calls(upgrade)
        for words in _locking(call, made)
    ]
    gentle = [call for call in _all_calls(upgrade) if _belongs(call, "gently")]
    others = [call for call in _all_calls(upgrade) if _belongs(call, "op")]
    if gentle and others:
        words = "stands beside gentle steps, which commit: give them a migration of their own"
        found.append(Finding(file, others[0].lineno, words))
    return found


def _all_calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _belongs(call: ast.Call, module: str) -> bool:
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(of, ast.Name) and of.id == module


def _locking(call: ast.Call, made: set[str]) -> Iterator[str]:
    name = _called(call)
    if name in _LOCKING:
        table = _text(call.args[1]) if len(call.args) > 1 else ""
        if table not in made:
            yield f"{_LOCKING[name]} ({table})"
    elif name == "add_column" and _first(call) not in made:
        yield from (f"{words} ({_first(call)})" for words in _locking_column(call))
    elif name == "execute" and _belongs(call, "op"):
        said = _said(call)
        for pattern, words in _LOCKING_STATEMENTS:
            if (told := pattern.search(said)) and told[1] not in made:
                yield f"{words} ({told[1]})"


def _locking_column(call: ast.Call) -> Iterator[str]:
    for column in call.args[1:]:
        if not isinstance(column, ast.Call):
            continue
        if any(_called(each) in _IN_COLUMN for each in _calls(column)):
            yield "looks at all rows for the rule of a new column: gently.constrain"
        if any(word.arg in {"index", "unique"} for word in column.keywords):
            yield "builds an index that writers wait for: gently.index"


def _upgrade(module: ast.Module) -> ast.AST:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            return node
    return module


def _names(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _made(module: ast.Module) -> set[str]:
    """Tables that this migration itself creates: nobody uses them yet."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    return {_first(call) for call in calls if _called(call) == "create_table"}


def _broken(call: ast.Call, made: set[str]) -> Iterator[str]:
    name, table = _called(call), _first(call)
    if table in made:
        return
    if name in _TAKEN_AWAY:
        yield f"{_TAKEN_AWAY[name]} ({table})"
    elif name == "alter_column":
        yield from (f"{words} ({table})" for words in _altered(call))
    elif name == "add_column" and _is_demanded(call):
        yield f"adds a column that the release before does not fill ({table})"
    elif name == "execute":
        said = _said(call)
        yield from (
            f"{words} (statement)" for pattern, words in _STATEMENTS if pattern.search(said)
        )


def _altered(call: ast.Call) -> Iterator[str]:
    given = {word.arg: word.value for word in call.keywords}
    if "new_column_name" in given:
        yield "renames a column"
    if "type_" in given:
        yield "changes a type"
    if _is_needed(given):
        yield "forbids what writers may leave out"


def _is_demanded(call: ast.Call) -> bool:
    """Whether the added column must be given and has no default of its own."""
    for column in call.args[1:]:
        if isinstance(column, ast.Call):
            given = {word.arg: word.value for word in column.keywords}
            computed = any(_called(each) in {"Computed", "Identity"} for each in _calls(column))
            return _is_needed(given) and "server_default" not in given and not computed
    return False


def _is_needed(given: Mapping[str | None, ast.expr]) -> bool:
    nullable = given.get("nullable")
    return isinstance(nullable, ast.Constant) and nullable.value is False


def _calls(column: ast.Call) -> Iterator[ast.Call]:
    return (each for each in column.args if isinstance(each, ast.Call))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _said(call: ast.Call) -> str:
    """The words of a statement, its line breaks among them."""
    parts = (node.value for node in ast.walk(call) if isinstance(node, ast.Constant))
    return " ".join(part for part in parts if isinstance(part, str))


def _first(call: ast.Call) -> str:
    return _text(call.args[0]) if call.args else ""


def _text(given: ast.expr) -> str:
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def all_findings() -> list[Finding]:
    """What the migrations of the four services, and those that they share, break or hold up."""
    found = []
    for path in sorted(each for where in WHERE for each in Path().glob(where)):
        source = path.read_text("utf-8")
        if path.name not in UNRELEASED:
            found += findings(source, str(path))
        if day_of(path) > GENTLE_AFTER:
            found += locks(source, str(path))
    return found


def day_of(path: Path) -> str:
    """The day that a migration's file is named after: at its front, or at its end where shared."""
    told = re.search(r"\d{4}[-_]\d\d[-_]\d\d", path.stem)
    return told[0].replace("_", "-") if told else GENTLE_AFTER


def main() -> int:
    """0 when every migration works with the release before it, else 1 with the places."""
    found = all_findings()
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    if found:
        sys.stdout.write(
            'expand first and contract later: say `contracts = "<the revision that expanded>"`;\n'
            "and lock no table for longer than a moment: docs/guides/migrations.md\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
