"""The rhythm of the code, counted: `python -m tools.budgets` fails when a limit is broken.

Lengths are lines of source, docstrings and blank lines included.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

ROOTS: Final = ("libs", "services", "deploy", "tools")
FILE_LIMIT: Final = 350
FUNCTION_LIMIT: Final = 50
LONG_FUNCTION: Final = 40
LONG_SHARE: Final = 0.05

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file, read."""

    path: Path
    lines: int
    tree: ast.Module

    @property
    def is_migration(self) -> bool:
        """Migrations are generated, long by nature, and never changed."""
        return "migrations" in self.path.parts

    @property
    def is_domain(self) -> bool:
        """Rules explain themselves."""
        return "domain" in self.path.parts or self.path.name == "domain.py"

    def functions(self) -> Iterator[Function]:
        """All functions, nested ones and methods too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def read(path: Path) -> Module:
    """Parse a file."""
    source = path.read_text(encoding="utf-8")
    return Module(path, len(source.splitlines()), ast.parse(source))


def length(function: Function) -> int:
    """Lines from `def` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def faults(module: Module) -> Iterator[str]:
    """What is wrong with one file, each as `path:line: words`."""
    if module.is_migration:
        return
    if module.lines > FILE_LIMIT:
        yield f"{module.path}:1: {module.lines} lines, the limit is {FILE_LIMIT}"
    if module.tree.body and ast.get_docstring(module.tree) is None:
        yield f"{module.path}:1: no module docstring"
    for function in module.functions():
        where = f"{module.path}:{function.lineno}: {function.name}"
        if length(function) > FUNCTION_LIMIT:
            yield f"{where} has {length(function)} lines, the limit is {FUNCTION_LIMIT}"
        if function.returns is None:
            yield f"{where} has no return annotation"
    if module.is_domain:
        yield from _undocumented_rules(module)


def _undocumented_rules(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        if not isinstance(node, Function) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield f"{module.path}:{node.lineno}: {node.name} is a rule without a docstring"


def share_faults(lengths: Sequence[int]) -> Iterator[str]:
    """Few functions may be long."""
    long = sum(count > LONG_FUNCTION for count in lengths)
    if lengths and long / len(lengths) >= LONG_SHARE:
        yield f"{long} of {len(lengths)} functions have over {LONG_FUNCTION} lines, 5 % are allowed"


def summary(name: str, lengths: Sequence[int]) -> str:
    """Median, ninth decile and maximum."""
    if len(lengths) < 2:
        return f"{name}: {len(lengths)}"
    ninth = quantiles(lengths, n=10)[-1]
    return (
        f"{name}: {len(lengths)}, median {median(lengths):.0f}, p90 {ninth:.0f}, max {max(lengths)}"
    )


def python_files(roots: Iterable[Path]) -> list[Path]:
    """The files under some directories."""
    return sorted(path for root in roots for path in root.rglob("*.py"))


def report(roots: Sequence[Path], tests: Path) -> tuple[list[str], list[str]]:
    """The figures, and the faults."""
    modules = [module for module in map(read, python_files(roots)) if module.lines]
    code = [module for module in modules if not module.is_migration]
    lengths = [length(function) for module in code for function in module.functions()]
    code_lines = sum(module.lines for module in code)
    test_lines = sum(read(path).lines for path in python_files([tests]))
    figures = [
        summary("files", [module.lines for module in code]),
        summary("functions", lengths),
        f"lines: code {code_lines}, tests {test_lines} ({test_lines / (code_lines or 1):.2f})",
    ]
    return figures, [fault for module in modules for fault in faults(module)] + [
        *share_faults(lengths)
    ]


def main(arguments: Sequence[str]) -> int:
    """Print figures and faults; 1 when there are faults."""
    figures, found = report([Path(name) for name in arguments or ROOTS], Path("tests"))
    sys.stdout.write("\n".join([*figures, *found, ""]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
