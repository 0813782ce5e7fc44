"""Rules of pots: one document in one spelling, a total that bears what is held."""

from uuid import UUID

import pytest

from feedback.domain.pots import (
    Pot,
    PotDiffers,
    PotExceeded,
    WrongTotal,
    check_correction,
    known_as,
    spelt,
    total_for,
)

ID = UUID("01900000-0000-7000-8000-000000000001")


def pot(total_fen: int, held_fen: int) -> Pot:
    return Pot(ID, "南东办〔2026〕12号", total_fen, held_fen)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("南东办〔2026〕12号", "南东办〔2026〕12号"),
        ("南东办[2026]12号", "南东办〔2026〕12号"),
        (" 南东办【２０２６】 第012号", "南东办〔2026〕12号"),
        ("南东办（2026）12\u200b号", "南东办〔2026〕12号"),
        ("南东办〔2026〕120号", "南东办〔2026〕120号"),
        ("Minutes of the Congress 3", "Minutes of the Congress3"),
    ],
)
def test_a_document_has_one_spelling(typed: str, kept: str) -> None:
    assert spelt(typed) == kept


def test_a_document_keeps_the_spelling_under_which_it_is_known() -> None:
    assert (
        known_as("南东办〔2026〕12号", ["南东办[2026]11号", "南东办[2026]12号"])
        == "南东办[2026]12号"
    )
    assert known_as("南东办[2026]12号", []) == "南东办〔2026〕12号"


def test_the_total_that_is_known_stays_until_another_one_is_told_under_which_nothing_is_held() -> (
    None
):
    assert total_for(pot(500, 0), 300, None) == 500
    assert total_for(pot(500, 0), 300, 400) == 400
    assert total_for(pot(500, 200), 300, 500) == 500
    with pytest.raises(PotDiffers):
        total_for(pot(500, 200), 300, 600)
    with pytest.raises(PotExceeded):
        total_for(pot(500, 201), 300, None)
    with pytest.raises(PotExceeded):
        total_for(pot(500, 0), 501, None)


@pytest.mark.parametrize("total_fen", [199, 500])
def test_a_correction_changes_something_and_covers_what_is_held(total_fen: int) -> None:
    check_correction(pot(500, 200), 200)
    check_correction(pot(500, 200), 900)
    with pytest.raises(WrongTotal):
        check_correction(pot(500, 200), total_fen)
