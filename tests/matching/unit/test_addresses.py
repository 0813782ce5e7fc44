"""Arrays that machine code finds by their addresses: nothing else is read than what was meant."""

from copy import deepcopy

import numpy as np
import pytest

from matching.shelf.addresses import BYTE, INT, LONG, Kept, array_at, pairs_at
from matching.shelf.compiled import IS_HERE, compiled


@pytest.mark.skipif(not IS_HERE, reason="the extra kernel is not installed")
def test_machine_code_reads_and_writes_the_arrays_themselves() -> None:
    numbers, pairs = np.arange(5, dtype=INT), np.arange(6, dtype=LONG).reshape(3, 2)
    kept = Kept([numbers, pairs], [INT, LONG])
    assert _read(kept.addresses) == (5, 10, 3, 15)
    assert numbers.tolist() == [7, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "array", [np.zeros(4, dtype=LONG), np.zeros(4, dtype=BYTE), np.zeros(8, dtype=INT)[::2]]
)
def test_an_array_of_another_kind_or_in_pieces_is_refused(array: np.ndarray) -> None:
    with pytest.raises(TypeError, match="int32"):
        Kept([array], [INT])


def test_a_copy_tells_its_own_places() -> None:
    kept = Kept([np.arange(3, dtype=INT)], [INT])
    copied = deepcopy(kept)
    assert copied.addresses[0, 0] == copied.arrays[0].__array_interface__["data"][0]
    assert copied.addresses[0, 0] != kept.addresses[0, 0]


@compiled
def _read(addresses):  # type: ignore[no-untyped-def]
    numbers, pairs = array_at(addresses, 0, INT), pairs_at(addresses, 1, LONG)
    told = len(numbers), numbers.sum(), len(pairs), pairs.sum()
    numbers[0] = 7
    return told
