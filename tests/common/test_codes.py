"""Codes of organisations, residents, telephones, items; python-stdnum where it is right."""

import random
from datetime import date
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, TypeAdapter, ValidationError
from stdnum.cn import ric, uscc

from common.codes import (
    PhoneKind,
    WrongCode,
    WrongCreditCode,
    WrongItemCode,
    WrongPhone,
    WrongResidentId,
    check_catalog_code,
    check_credit_code,
    check_phone,
    check_resident_id,
    check_task_code,
    clean_code,
    clean_phone,
    credit_check_character,
    resident_check_character,
)
from common.codes.credit import ALPHABET
from common.errors import Invalid, Text

credit_bodies = st.builds(
    lambda first, kind, place, rest: first + kind + place + rest,
    st.sampled_from("1359"),
    st.sampled_from("1239"),
    st.from_regex(r"[1-6][0-9]{5}", fullmatch=True),
    st.text(ALPHABET, min_size=9, max_size=9),
)
births = st.dates(date(1900, 1, 1), date(2026, 12, 31))


def resident_number(area: str, born_on: date, serial: int) -> str:
    body = f"{area}{born_on:%Y%m%d}{serial:03d}"
    return body + resident_check_character(body)


@given(credit_bodies)
def test_a_digit_first_credit_code_has_the_check_character_that_stdnum_computes(body):
    code = body + credit_check_character(body)

    assert uscc.calc_check_digit(body) == code[17]
    assert check_credit_code(code) == code


@given(credit_bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(body, place, other):
    code = body + credit_check_character(body)
    typo = code[:place] + other + code[place + 1 :]

    if typo == code:
        assert check_credit_code(typo) == code
    else:
        with pytest.raises(WrongCreditCode):
            check_credit_code(typo)


@given(credit_bodies, st.integers(0, 16))
def test_two_neighbours_exchanged_are_always_found(body, place):
    code = body + credit_check_character(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    if swapped != code:
        with pytest.raises(WrongCreditCode):
            check_credit_code(swapped)


@pytest.mark.parametrize("start", ["N2310115", "N1310151", "A1310101", "Y1310101"])
def test_a_letter_first_credit_code_is_accepted_where_stdnum_refuses_it(start):
    body = start + "MA1K30AB1"
    code = body + credit_check_character(body)

    assert check_credit_code(code) == code
    assert not uscc.is_valid(code)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("9131010100000000", "18"),
        ("9131010100000000O1", "I、O、S、V、Z"),
        ("91310101000000000a", "大写"),
        ("913101A1000000000X", "区划"),
        ("１１３１０１０１０００００００００１", "不允许"),
    ],
)
def test_a_wrong_credit_code_says_what_is_wrong(code, word):
    with pytest.raises(WrongCreditCode) as refusal:
        check_credit_code(code)

    assert word in refusal.value.text.zh
    assert refusal.value.sentence() == refusal.value.text


def test_a_wrong_credit_code_names_the_right_check_character():
    body = "52310101MJ4910000"
    right = credit_check_character(body)
    wrong = "0" if right != "0" else "1"

    with pytest.raises(WrongCreditCode, match=f"the first 17 give {right}"):
        check_credit_code(body + wrong)


def test_resident_numbers_agree_with_stdnum_on_the_check_character():
    dice = random.Random(20260918)
    for _ in range(2000):
        body = f"310101{dice.randint(1940, 2020)}0{dice.randint(1, 9)}15{dice.randint(0, 999):03d}"
        assert resident_check_character(body) == ric.calc_check_digit(body + "0")


@given(births, st.integers(0, 999), st.sampled_from(["310101", "310115", "810000", "830000"]))
def test_a_resident_number_tells_birth_and_sex_and_no_more(born_on, serial, area):
    resident = check_resident_id(resident_number(area, born_on, serial))

    assert resident.born_on == born_on
    assert resident.is_male == (serial % 2 == 1)
    assert not hasattr(resident, "area")


@pytest.mark.parametrize(
    ("area", "born_on"),
    [
        ("310115", date(1950, 3, 1)),
        ("310112", date(1970, 3, 1)),
        ("310120", date(1995, 3, 1)),
        ("310151", date(2005, 3, 1)),
        ("810000", date(1980, 3, 1)),
        ("820000", date(1980, 3, 1)),
        ("830000", date(1980, 3, 1)),
        ("931156", date(1980, 3, 1)),
    ],
)
def test_numbers_that_stdnum_wrongly_refuses_are_accepted(area, born_on):
    number = resident_number(area, born_on, 123)

    assert check_resident_id(number).born_on == born_on
    assert not ric.is_valid(number)


@given(births, st.integers(0, 999), st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_a_resident_number_is_always_found(born_on, serial, place, digit):
    number = resident_number("310101", born_on, serial)
    typo = number[:place] + digit + number[place + 1 :]

    if typo != number:
        with pytest.raises(WrongResidentId):
            check_resident_id(typo)


@pytest.mark.parametrize(
    "number",
    ["", "31010119800101", "310101198013010013", "3101011980010100１3", "31010119800101001x"],
)
def test_a_wrong_resident_number_is_never_repeated_in_the_refusal(number):
    with pytest.raises(WrongResidentId) as refusal:
        check_resident_id(number)

    assert not number or number not in str(refusal.value) + repr(refusal.value.facts)


def test_a_resident_number_does_not_show_in_a_repr():
    number = resident_number("310101", date(1950, 1, 1), 1)

    assert number not in repr(check_resident_id(number))


def test_typed_codes_are_cleaned_only_by_asking():
    assert clean_code(" ５２３１０１０１ｍｊ４９１ ") == "52310101MJ491"
    assert clean_code("'310101\u200b19800101001x") == "31010119800101001X"
    with pytest.raises(WrongCreditCode):
        check_credit_code("52310101mj49100001")


@given(st.text("09az０９ＡｚX- －—()（）转+＋'\u200b\u3000电", max_size=40))
def test_cleaning_twice_changes_nothing_more(typed):
    assert clean_code(clean_code(typed)) == clean_code(typed)
    assert clean_phone(clean_phone(typed)) == clean_phone(typed)


@pytest.mark.parametrize(
    ("number", "kind", "canonical"),
    [
        ("13800138000", PhoneKind.MOBILE, "13800138000"),
        ("021-62345678", PhoneKind.LANDLINE, "021-62345678"),
        ("02162345678", PhoneKind.LANDLINE, "021-62345678"),
        ("021-62345678-102", PhoneKind.LANDLINE, "021-62345678-102"),
        ("0512-5123456", PhoneKind.LANDLINE, "0512-5123456"),
        ("400-820-8820", PhoneKind.SERVICE, "400-820-8820"),
        ("4008208820", PhoneKind.SERVICE, "400-820-8820"),
        ("12345", PhoneKind.HOTLINE, "12345"),
        ("962200", PhoneKind.HOTLINE, "962200"),
        ("12348", PhoneKind.HOTLINE, "12348"),
        ("120", PhoneKind.HOTLINE, "120"),
    ],
)
def test_numbers_that_an_office_writes_are_known_by_kind(number, kind, canonical):
    phone = check_phone(number)

    assert (phone.kind, phone.number) == (kind, canonical)
    assert check_phone(phone.number) == phone


@pytest.mark.parametrize(
    "number", ["", "12800138000", "1380013800", "62345678", "021-1234567", "99999", "１２３４５"]
)
def test_numbers_that_nobody_can_dial_are_refused_without_repeating_them(number):
    with pytest.raises(WrongPhone) as refusal:
        check_phone(number)

    assert not number or number not in refusal.value.text.en.replace("12345", "").replace(
        "021-62345678", ""
    )


def test_a_landline_without_area_code_is_told_to_add_it():
    with pytest.raises(WrongPhone, match="area code"):
        check_phone("62345678")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("＋86 138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("（021）6234 5678", "021-62345678"),
        ("021—62345678转102", "021-62345678-102"),
    ],
)
def test_typed_telephones_are_cleaned_before_they_are_checked(typed, number):
    assert check_phone(clean_phone(typed)).number == number


def test_item_codes_are_checked_for_length_alone():
    assert check_catalog_code("000114001000") == "000114001000"
    assert check_task_code("11310000MB2F30345K2000114001000") == "11310000MB2F30345K2000114001000"
    for check, longest in ((check_catalog_code, 12), (check_task_code, 36)):
        for wrong in ("", "1" * (longest + 1), "1 2", "编码"):
            with pytest.raises(WrongItemCode):
                check(wrong)


def test_a_wrong_code_is_a_refusal_at_the_edge_and_a_field_error_in_a_model():
    adapter = TypeAdapter(Annotated[str, AfterValidator(check_credit_code)])

    with pytest.raises(ValidationError) as failure:
        adapter.validate_python("123")

    inner = failure.value.errors()[0]["ctx"]["error"]
    assert isinstance(inner, WrongCode)
    assert isinstance(inner, Invalid)
    assert isinstance(inner.text, Text)
    assert inner.status == 422
