"""Rows that are alike: what is slow is done once for each kind."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

import numpy as np

from matching.allocation.problem import Ints

Key = TypeVar("Key", bound=Hashable)


def numbered(keys: Iterable[Key]) -> tuple[list[Key], Ints]:
    """The different ones, in the order in which they first come, and which of them each is."""
    known: dict[Key, int] = {}
    which = [known.setdefault(key, len(known)) for key in keys]
    return [*known], np.array(which, np.intp)
