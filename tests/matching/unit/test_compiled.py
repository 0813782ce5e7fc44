"""Machine code that lies on disk is taken only where it was made of the code that runs."""

from typing import Any, cast

import pytest

from matching.shelf import compiled

pytestmark = pytest.mark.skipif(not compiled.IS_HERE, reason="the extra kernel is not installed")


def test_what_was_made_of_other_code_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_kept", [])
    monkeypatch.setattr(compiled, "_STAMP", "of this code")
    _found_on_disk()
    assert _found_on_disk()
    monkeypatch.setattr(compiled, "_STAMP", "of other code")
    assert not _found_on_disk()
    assert _found_on_disk()


def _found_on_disk() -> bool:
    function = cast(Any, compiled.compiled(_doubled))
    if function.stats.cache_path is None:
        pytest.skip("nothing can be kept on disk here")
    assert function(21) == 42
    return bool(function.stats.cache_hits)


def _doubled(number):  # type: ignore[no-untyped-def]
    return number * 2
