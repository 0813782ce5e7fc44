"""Functions in machine code, where numba stands: the extra `kernel`."""

import threading
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar, cast

# None where the extra is not installed.
_njit: Any = import_module("numba").njit if find_spec("numba") else None

IS_HERE: Final = _njit is not None
IS_READY: Final = threading.Event()  # set once there is machine code: nobody waits for it

Function = TypeVar("Function", bound=Callable[..., Any])

_kept: list[Any] = []  # functions whose machine code is kept on disk


def _stamp() -> str:
    """Of all code that machine code is made of, so that what was made of other code is not taken.

    numba itself looks at the one file in which a function stands. Nothing where no source lies.
    """
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *(here.parent / "domain").glob("*.py")])
    return sha256(b"".join([each.read_bytes() for each in files])).hexdigest() if files else ""


_STAMP: Final = _stamp()


def compiled(function: Function) -> Function:
    """The function in machine code, kept on disk where that can be written to."""
    if not IS_HERE:
        return function
    try:
        made = _njit(cache=bool(_STAMP), nogil=True)(function)
    except RuntimeError:  # no place for the cache
        return cast(Function, _njit(nogil=True)(function))
    _stamped(made._cache)
    _kept.append(made)
    return cast(Function, made)


def _stamped(cache: Any) -> None:
    """Let what is kept be of this code alone: index and data are two files, and either may be lost.

    numba has no other way than its own parts, here and below.
    """
    kept = cache._cache_file
    kept._source_stamp = _STAMP
    kept._data_name_pattern = kept._data_name_pattern.replace(
        ".{number", f".{_STAMP[:16]}.{{number", 1
    )


def leave_disk() -> None:
    """Compile from now on as if nothing were kept, and keep nothing."""
    nothing = import_module("numba.core.caching").NullCache()
    for function in _kept:
        function._cache = nothing


def inlined(function: Function) -> Function:
    """The function as a part of each compiled one that calls it: a call hands all columns over."""
    return cast(Function, _njit(inline="always")(function)) if IS_HERE else function
