"""Rules of pots: one document in one spelling, a total that bears what is held."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from common.contracts.feedback_agendas import ResolvedAgendaIn, ResolvedItemIn
from feedback import tables
from feedback.domain import agendas, votes
from feedback.domain.pots import (
    AnotherMustConfirmTotal,
    AnotherTotalAsked,
    Pot,
    PotDiffers,
    PotExceeded,
    Wish,
    WrongTotal,
    check_confirmation,
    check_correction,
    check_room,
    known_as,
    spelt,
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
        ("南东办〔2026〕12\u00ad号\ufe0f\u3164\u202e", "南东办〔2026〕12号"),
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


def test_no_more_is_held_than_the_total_that_is_known_and_nobody_tells_another_one() -> None:
    check_room(pot(500, 0), 300, None)
    check_room(pot(500, 200), 300, 500)
    for held_fen in (0, 200):
        with pytest.raises(PotDiffers):
            check_room(pot(500, held_fen), 300, 600)
    with pytest.raises(PotExceeded):
        check_room(pot(500, 201), 300, None)
    with pytest.raises(PotExceeded):
        check_room(pot(500, 0), 501, 500)


@pytest.mark.parametrize("total_fen", [199, 500])
def test_a_correction_changes_something_and_covers_what_is_held(total_fen: int) -> None:
    check_correction(pot(500, 200), 200)
    check_correction(pot(500, 200), 900)
    with pytest.raises(WrongTotal):
        check_correction(pot(500, 200), total_fen)


def test_no_vote_asks_for_more_than_it_says_the_document_approves() -> None:
    option, opens_at = tables.Proposal(id=ID), datetime(2026, 12, 20, tzinfo=UTC)
    given = {"step_fen": 1, "costs": {1: POT_FEN}, "today": date(2026, 12, 1), "least": 1}
    votes.check(wish([option], opens_at, pot_total_fen=POT_FEN), **given)
    votes.check(wish([option], opens_at, pot_total_fen=None), **given)
    with pytest.raises(votes.WrongVote) as refused:
        votes.check(wish([option], opens_at, pot_total_fen=POT_FEN - 1), **given)

    fault = refused.value.errors[0]
    assert (fault.pointer, fault.value) == ("/pot_total_fen", POT_FEN - 1)


@pytest.mark.parametrize(
    "document", ["\u200b\u200b\u200b", "\u2060 \u00ad", "\u3164\u3164", "〔〕"]
)
def test_what_shows_nothing_to_read_is_no_number_of_a_document(document: str) -> None:
    option, opens_at = tables.Proposal(id=ID), datetime(2026, 12, 20, tzinfo=UTC)
    given = {"step_fen": 1, "costs": {1: POT_FEN}, "today": date(2026, 12, 1), "least": 1}
    with pytest.raises(votes.WrongVote) as refused:
        votes.check(wish([option], opens_at, pot_document=document), **given)

    fault = refused.value.errors[0]
    assert (fault.pointer, fault.value) == ("/pot_document", document)


def test_a_refused_vote_tells_each_value_that_was_sent() -> None:
    options, opens_at = [tables.Proposal(id=ID)] * 2, datetime(2026, 12, 20, tzinfo=UTC)
    wrong = wish(
        options,
        opens_at,
        electors=2,
        ballots_min=3,
        pot_fen=1_050,
        pot_approved_on=date(2027, 1, 1),
    )
    with pytest.raises(votes.WrongVote) as refused:
        votes.check(wrong, 100, {1: 900, 2: 1_110}, date(2026, 12, 1), least=10)

    assert [(each.pointer, each.value) for each in refused.value.errors] == [
        ("/ballots_min", 3),
        ("/ballots_min", 3),
        ("/pot_approved_on", "2027-01-01"),
        ("/pot_fen", 1_050),
        ("/proposal_ids/1", 1_110),
        ("/proposal_ids/1", 1_110),
    ]


@pytest.mark.parametrize("total_fen", [300, 400])
def test_nobody_confirms_their_own_correction_and_nobody_another_total(total_fen: int) -> None:
    asked = Wish(300, "登记有误", "first")
    check_confirmation(pot(500, 200), asked, 300, "second")
    with pytest.raises(AnotherMustConfirmTotal):
        check_confirmation(pot(500, 200), asked, total_fen, "first")
    with pytest.raises(AnotherTotalAsked):
        check_confirmation(pot(500, 200), asked, 400, "second")


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
