"""Expand, migrate, contract: refuse a migration with which the release before could not run.

`python -m tools.migrations` looks at each `upgrade()`. What takes something away or asks more of a
writer than before is allowed only where the module says which revision expanded first, for example
`contracts = "0012"`: by then no running release uses what goes.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WHERE: Final = "services/*/migrations/versions/*.py"
# Older than the first release: nobody has run anything before them.
UNRELEASED: Final = frozenset(
    {"2026-11-24_search_in_memory.py", "2026-11-28_seat_representatives_by_account.py"}
)
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
    made, found = _made(module), []
    for node in ast.walk(_upgrade(module)):
        if isinstance(node, ast.Call):
            found += [Finding(file, node.lineno, words) for words in _broken(node, made)]
    return found


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
    given = call.args[0] if call.args else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def all_findings() -> list[Finding]:
    """What the migrations of the four services break."""
    return [
        finding
        for path in sorted(Path().glob(WHERE))
        if path.name not in UNRELEASED
        for finding in findings(path.read_text("utf-8"), str(path))
    ]


def main() -> int:
    """0 when every migration works with the release before it, else 1 with the places."""
    found = all_findings()
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    if found:
        sys.stdout.write(
            'expand first and contract later: say `contracts = "<the revision that expanded>"`\n'
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
