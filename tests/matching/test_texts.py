"""Texts side by side are chosen, joined and packed as a list of bytes is."""

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.shelf.texts import Texts

pytestmark = pytest.mark.usefixtures("way")


SOME = st.lists(st.binary(max_size=12), min_size=1, max_size=30)


@given(first=SOME, second=SOME, seed=st.integers(0, 2**32 - 1))
def test_what_is_chosen_and_joined_is_what_was_put_there(
    first: list[bytes], second: list[bytes], seed: int
) -> None:
    order = np.random.default_rng(seed).integers(0, len(first), size=len(first))
    chosen = [first[place] for place in order]
    texts = Texts.joined([Texts.of(first)[order], Texts.of(second)])
    packed = texts.packed()

    assert list(texts) == list(packed) == [*chosen, *second]
    assert bytes(packed.buffer) == b"".join([*chosen, *second])
    assert packed.at(len(first)) == second[0]
    assert len(texts) == len(first) + len(second)


def test_more_than_are_moved_at_once_are_packed_in_their_order() -> None:
    words = [b"%d" % number for number in range(25_000)]
    backwards = Texts.of(words)[np.arange(25_000)[::-1]]

    assert list(backwards.packed()) == words[::-1]
    assert list(Texts.of([]).packed()) == []


@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_numbers_stand_there_as_json_has_them(numbers: list[float]) -> None:
    assert list(Texts.of_numbers(np.array(numbers))) == [orjson.dumps(each) for each in numbers]
