"""Each limit is found where it is broken, and nowhere else."""

from pathlib import Path

import pytest

from tools import budgets

GOOD = '"""What is here."""\n\n\ndef fee(a: int) -> int:\n    """What it costs."""\n    return a\n'


def _faults(tmp_path: Path, source: str, name: str = "domain.py") -> list[str]:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    return [fault.removeprefix(str(file)) for fault in budgets.faults(budgets.read(file))]


def _function(lines: int) -> str:
    return '"""Here."""\n\n\ndef long() -> None:\n    """Long."""\n' + "    pass\n" * (lines - 2)


def test_good_code_has_no_faults(tmp_path: Path) -> None:
    assert _faults(tmp_path, GOOD) == []


def test_an_empty_file_needs_no_docstring(tmp_path: Path) -> None:
    assert _faults(tmp_path, "") == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (GOOD + "\n" * 345, ":1: 351 lines, the limit is 350"),
        (GOOD.replace('"""What is here."""', ""), ":1: no module docstring"),
        (GOOD.replace(" -> int", ""), ":4: fee has no return annotation"),
        (GOOD.replace('    """What it costs."""\n', ""), ":4: fee is a rule without a docstring"),
        (_function(51), ":4: long has 51 lines, the limit is 50"),
    ],
)
def test_each_broken_limit_is_named_with_its_place(tmp_path: Path, source: str, fault: str) -> None:
    assert _faults(tmp_path, source) == [fault]


def test_limits_are_inclusive(tmp_path: Path) -> None:
    assert _faults(tmp_path, GOOD + "\n" * 344) == []
    assert _faults(tmp_path, _function(50)) == []


def test_only_rules_and_only_public_ones_need_docstrings(tmp_path: Path) -> None:
    bare = GOOD.replace('    """What it costs."""\n', "")

    assert _faults(tmp_path, bare, "queries.py") == []
    assert _faults(tmp_path, bare.replace("fee", "_fee")) == []
    assert _faults(tmp_path, bare, "domain/fees.py") != []


def test_migrations_may_be_long(tmp_path: Path) -> None:
    assert _faults(tmp_path, _function(60), "migrations/versions/a.py") == []


def test_one_long_function_in_twenty_is_too_many() -> None:
    assert list(budgets.share_faults([8] * 20 + [41])) == []
    assert list(budgets.share_faults([8] * 19 + [41])) != []


def test_the_program_fails_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("def f(): ...\n")

    assert budgets.main([str(tmp_path)]) == 1

    said = capsys.readouterr().out
    assert "no module docstring" in said
    assert "files: 1" in said
