"""Machine code that lies on disk is taken only where it was made of the code that runs."""

from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from matching.shelf import compiled

pytestmark = pytest.mark.skipif(not compiled.IS_HERE, reason="the extra kernel is not installed")


@pytest.fixture(autouse=True)
def empty_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(import_module("numba").config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled, "_kept", [])


def test_what_was_made_of_other_code_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_STAMP", "of this code")
    _found_on_disk()
    assert _found_on_disk()
    monkeypatch.setattr(compiled, "_STAMP", "of other code")
    assert not _found_on_disk()
    assert _found_on_disk()


def test_nothing_older_is_taken_where_the_disk_was_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index was written then, and the machine code that it names was not."""
    monkeypatch.setattr(compiled, "_STAMP", "of former code")
    _found_on_disk()
    monkeypatch.setattr(compiled, "_STAMP", "of later code")
    function = _compiled()
    with monkeypatch.context() as full:
        full.setattr(function._cache._cache_file, "_save_data", _refused)
        with pytest.raises(OSError, match="full"):
            function(21)
    assert not _found_on_disk()


def _found_on_disk() -> bool:
    function = _compiled()
    assert function(21) == 42
    return bool(function.stats.cache_hits)


def _compiled() -> Any:
    function = cast(Any, compiled.compiled(_doubled))
    if function.stats.cache_path is None:
        pytest.skip("nothing can be kept on disk here")
    return function


def _refused(*_: Any) -> None:
    raise OSError(28, "the disk is full")


def _doubled(number):  # type: ignore[no-untyped-def]
    return number * 2
