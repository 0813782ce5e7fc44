"""Division codes, against every row of the real list of Shanghai."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.codes import Division, Level, WrongDivisionCode

LIST = Path(__file__).parents[3] / "shared/data/shanghai_divisions_2023.csv"

short_codes = st.one_of(
    st.from_regex(r"[1-8][1-9]", fullmatch=True),
    st.from_regex(r"[1-8][1-9][0-9][1-9]", fullmatch=True),
    st.from_regex(r"[1-8][1-9][0-9][1-9][0-9][1-9]", fullmatch=True),
    st.from_regex(r"[1-8][1-9][0-9][1-9][0-9][1-9][0-9]{2}[1-9]", fullmatch=True),
    st.from_regex(r"[1-8][1-9][0-9][1-9][0-9][1-9]([0-9]{2}[1-9]){2}", fullmatch=True),
)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    if not LIST.exists():
        pytest.skip("the division list ../shared/data is not here")
    with LIST.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_real_row_has_the_significant_digits_and_level_of_the_list(rows):
    levels = {"1": Level.CITY, "2": Level.AGGREGATE, "3": Level.DISTRICT, "4": Level.TOWN}

    for row in rows:
        division = Division.parse(row["code12"])
        assert division.short == row["short_code"]
        assert division.level is levels.get(row["level"], Level.NEIGHBOURHOOD)


def test_every_real_row_has_its_parent_with_the_aggregate_left_out(rows):
    for row in rows:
        parent = Division.parse(row["code12"]).parent
        expected = row["parent12"].replace("310100000000", "310000000000") or None
        assert (parent.code if parent else None) == expected


def test_the_kind_of_every_real_row_follows_from_its_number(rows):
    wrong = [row for row in rows if Division.parse(row["code12"]).kind != row["kind"]]

    assert wrong == []


@given(short_codes)
def test_a_short_code_and_its_division_are_each_others_inverse(short):
    division = Division.from_short(short)

    assert division.short == short
    assert Division.parse(division.code) == division
    assert division.contains(division)
    assert all(above.contains(division) for above in division.ancestors)


def test_zeros_inside_a_level_are_significant():
    assert Division.parse("310110000000").short == "310110"
    assert Division.parse("310120000000").level is Level.DISTRICT
    assert Division.parse("310101020000").short == "310101020"


def test_the_aggregate_is_kept_but_is_no_level():
    aggregate = Division.parse("310100000000")

    assert aggregate.is_aggregate
    assert aggregate.short == "3101"
    assert Division.parse("310101002001").ancestors == (
        Division("310000000000"),
        Division("310101000000"),
        Division("310101002000"),
    )


def test_a_prefecture_elsewhere_is_a_level():
    assert Division.parse("330100000000").level is Level.PREFECTURE
    assert Division.parse("441900003000").parent == Division("441900000000")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "310101",
        "31010100200a",
        "３１０１０１００２００１",
        "000000000000",
        "310001000000",
        "310100002000",
        "310101000001",
        "3101010020010",
    ],
)
def test_digits_that_name_no_place_are_refused(code):
    with pytest.raises(WrongDivisionCode):
        Division.parse(code)


@pytest.mark.parametrize("short", ["", "3", "310", "31010", "310100", "310101000", "310101002000"])
def test_a_prefix_that_ends_in_an_empty_level_is_refused(short):
    with pytest.raises(WrongDivisionCode):
        Division.from_short(short)
