"""Rules of pots: one document in one spelling, a total that bears what is held."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from common.contracts.feedback_agendas import ResolvedAgendaIn, ResolvedItemIn
from feedback import tables
from feedback.domain import agendas, votes
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
from tests.feedback.polls import POT_FEN, STREET_AREA, wish

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


def test_no_vote_asks_for_more_than_it_says_the_document_approves() -> None:
    option, opens_at = tables.Proposal(id=ID), datetime(2026, 12, 20, tzinfo=UTC)
    given = {"step_fen": 1, "costs": {1: POT_FEN}, "today": date(2026, 12, 1)}
    votes.check(wish([option], opens_at, pot_total_fen=POT_FEN), **given)
    votes.check(wish([option], opens_at, pot_total_fen=None), **given)
    with pytest.raises(votes.WrongVote) as refused:
        votes.check(wish([option], opens_at, pot_total_fen=POT_FEN - 1), **given)

    assert [each.pointer for each in refused.value.errors] == ["/pot_total_fen"]


def test_no_agenda_asks_for_more_than_it_says_the_document_approves() -> None:
    given = ResolvedAgendaIn(
        title="会议票决的项目",
        area_code=STREET_AREA,
        pot_fen=500,
        pot_total_fen=500,
        pot_document="南东办〔2026〕12号",
        pot_approved_by_id=ID,
        pot_approved_on=date(2026, 3, 1),
        items=[ResolvedItemIn(proposal_id=ID, money_fen=500)],
    )
    agendas.check_pot(given, date(2026, 3, 1))
    less = given.model_copy(update={"pot_total_fen": 499})
    with pytest.raises(agendas.WrongAgenda) as refused:
        agendas.check_pot(less, date(2026, 2, 28))

    assert [each.pointer for each in refused.value.errors] == ["/pot_approved_on", "/pot_total_fen"]
