"""Numbers that are told over the telephone: slips are noticed."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from common.codes.credit import ALPHABET
from common.codes.spoken import SIGNS, is_spoken, spoken

DAY = date(2026, 3, 2)


@given(record_id=st.uuids())
def test_a_number_tells_its_kind_and_day_and_checks(record_id):
    told = spoken("XQ", DAY, record_id)

    assert told.startswith("XQ260302-")
    assert len(told) == 20
    assert is_spoken(told)
    assert is_spoken(told.lower())


@given(record_id=st.uuids(), place=st.integers(0, SIGNS), sign=st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(record_id, place, sign):
    told = spoken("XQ", DAY, record_id).replace("-", "")
    slip = told[: 8 + place] + sign + told[9 + place :]

    assert is_spoken(slip) == (slip == told)


@given(record_id=st.uuids(), place=st.integers(0, SIGNS - 2))
def test_two_swapped_signs_are_noticed(record_id, place):
    told = spoken("XQ", DAY, record_id).replace("-", "")
    at = 8 + place
    slip = told[:at] + told[at + 1] + told[at] + told[at + 2 :]

    assert is_spoken(slip) == (slip == told)
