import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.crypto.blind_index import BlindIndex, normalise
from common.crypto.keyring import KeyRing, KeyUse

MATERIAL = {use: {"k1": os.urandom(32)} for use in KeyUse}
INDEX = BlindIndex(KeyRing.of(MATERIAL))


@pytest.mark.parametrize(
    "written", ["13800138000", "１３８００１３８０００", "138-0013-8000", " 138 00138000"]
)
def test_one_number_has_one_index_however_it_is_written(written):
    assert INDEX.of("person.phone", written) == INDEX.of("person.phone", "13800138000")


def test_the_check_letter_of_an_id_is_found_in_either_case():
    assert INDEX.of("id", "31010119400101002x") == INDEX.of("id", "31010119400101002X")


def test_an_index_is_sixteen_bytes_and_differs_from_column_to_column():
    assert len(INDEX.of("a.phone", "1")) == 16
    assert INDEX.of("a.phone", "1") != INDEX.of("b.phone", "1")


@given(st.text(), st.text())
def test_equal_indexes_mean_equal_values(one, other):
    assert (INDEX.of("c", one) == INDEX.of("c", other)) == (normalise(one) == normalise(other))


def test_values_indexed_under_an_older_key_are_still_found():
    old = INDEX.of("person.phone", "13800138000")
    ring = KeyRing.of({**MATERIAL, KeyUse.INDEX: {**MATERIAL[KeyUse.INDEX], "k2": os.urandom(32)}})
    rotated = BlindIndex(ring)

    candidates = rotated.candidates("person.phone", "13800138000")

    assert candidates == [rotated.of("person.phone", "13800138000"), old]
