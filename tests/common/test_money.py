"""Money is read exactly, whatever width and unit it is typed in, and never passes a float."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import LARGEST_FEN, WrongAmount, parse_fen, show_yuan, yuan

amounts = st.integers(-LARGEST_FEN, LARGEST_FEN)


@given(amounts)
def test_an_amount_survives_being_written_and_read(fen):
    assert parse_fen(yuan(fen)) == fen
    assert parse_fen(show_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("0", 0),
        ("12.5", 1250),
        ("12.50元", 1250),
        ("￥１，２００．０５", 120005),
        ("¥1,234,567.89", 123456789),
        ("人民币300元", 30000),
        ("RMB 300", 30000),
        ("3.2万元", 3_200_000),
        ("0.000001亿元", 10_000),
        ("1.5亿", 15_000_000_000),
        ("-0.01", -1),
        ("0.29", 29),
        ("1.10", 110),
        ("4.35万", 4_350_000),
        ("1.000000", 100),
    ],
)
def test_amounts_are_read_as_an_office_writes_them(typed, fen):
    assert parse_fen(typed) == fen


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "元",
        "12元5角",
        "1e5",
        "NaN",
        "1,23",
        "1.2.3",
        "十元",
        "0.005",
        "12万亿",
        "免费",
        "+5",
        "--5",
    ],
)
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(WrongAmount) as refusal:
        parse_fen(typed)

    assert refusal.value.text.zh


@pytest.mark.parametrize("typed", ["1.0000000000000000000000000000000000001", "9" * 30, "9" * 5000])
def test_digits_beyond_any_precision_are_refused_not_rounded(typed):
    with pytest.raises(WrongAmount):
        parse_fen(typed)
