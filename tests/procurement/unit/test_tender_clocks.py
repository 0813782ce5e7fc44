"""Clocks across the make-up days of National Day 2026, worked by hand."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendar.official import official_calendar
from common.contracts.procurement_challenges import ChallengeAbout, ChallengeStep, Remedy
from common.contracts.procurement_tenders import BoughtObject, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.rules import packaged_rules
from procurement.domain import challenges, clocks, frameworks
from procurement.domain.clocks import TooLate
from procurement.domain.terms import frozen
from tests.clock import city

CALENDAR = official_calendar()
TERMS = frozen(
    PurchaseMethod.OPEN_TENDER,
    BoughtObject.SERVICE,
    packaged_rules("procurement").at(date(2026, 9, 1), "310101002"),
)


def filed(known: date, today: date, told: date | None = None):
    return challenges.check_challenge(
        *(ChallengeAbout.RESULT, TenderStep.ANNOUNCED, known, today, TERMS, CALENDAR),
        told_on=told,
    )


def test_seven_working_days_across_national_day() -> None:
    """2026: off 10-01 to 10-07, worked on Sunday 09-20 and Saturday 10-10.

    Known on Monday 09-28: 29, 30, then 08, 09, 10 (make-up), 12, 13 October.
    """
    assert filed(date(2026, 9, 28), date(2026, 10, 13)).on == date(2026, 10, 22)
    with pytest.raises(TooLate) as late:
        filed(date(2026, 9, 28), date(2026, 10, 14))
    with pytest.raises(TooLate):
        filed(date(2026, 10, 13), date(2026, 10, 14), told=date(2026, 9, 28))
    assert filed(date(2026, 9, 28), date(2026, 10, 13), told=date(2026, 10, 9))
    assert "2026-10-13" in str(late.value)


def test_a_complaint_counts_from_the_end_of_the_answer_period() -> None:
    """Answer due Friday 09-18; fifteen working days: 20 (make-up), 21 to 24, and so on.

    20, 21, 22, 23, 24 are five (25 to 27 is Mid-Autumn); 28, 29, 30 are eight; 08, 09, 10 eleven;
    12, 13, 14, 15 October are fifteen.
    """
    clocks_of = challenges.check_complaint(
        date(2026, 9, 18), date(2026, 9, 10), date(2026, 10, 15), TERMS, CALENDAR
    )
    assert clocks_of.review.on == date(2026, 10, 22)
    assert clocks_of.notice.on == date(2026, 10, 27)
    with pytest.raises(TooLate):
        challenges.check_complaint(date(2026, 9, 18), None, date(2026, 10, 16), TERMS, CALENDAR)
    with pytest.raises(challenges.ComplaintNotYet):
        challenges.check_complaint(date(2026, 9, 18), None, date(2026, 9, 18), TERMS, CALENDAR)


def test_time_for_testing_moves_the_decision_by_as_many_working_days() -> None:
    plain = clocks.due(TERMS["complaint_decision"], date(2026, 3, 2), CALENDAR)
    moved = clocks.due(TERMS["complaint_decision"], date(2026, 3, 2), CALENDAR, more=5)

    assert CALENDAR.working_days_between(plain.on, moved.on) == 5


@given(st.integers(0, 40), st.integers(0, 23))
def test_an_amendment_leaves_fifteen_days_and_keeps_the_hour(days: int, hour: int) -> None:
    end = city("2026-04-20 10:00")
    amended = city("2026-03-10 00:30") + timedelta(days=days, hours=hour)
    rule = TERMS["clarification_before_deadline"]
    moved = clocks.moved_deadline(rule, amended, end, CALENDAR)

    assert moved >= end
    assert (moved - end) % timedelta(days=1) == timedelta(0)
    left = (moved.date() - amended.date()).days
    assert left >= 14
    if moved > end:
        assert left <= 16


@pytest.mark.parametrize(
    ("end", "fits"),
    [(date(2028, 3, 1), True), (date(2028, 3, 2), False), (date(2026, 3, 1), False)],
)
def test_a_framework_for_services_lasts_two_years(end: date, fits: bool) -> None:
    rule = (
        packaged_rules("procurement")
        .at(date(2026, 3, 2))
        .setting("framework_term", "service", method="framework")
    )
    if fits:
        frameworks.check_term(date(2026, 3, 2), end, rule)
    else:
        with pytest.raises(frameworks.FrameworkTooLong, match="to 2028-03-01 "):
            frameworks.check_term(date(2026, 3, 2), end, rule)


@pytest.mark.parametrize(
    ("outcome", "remedy", "step", "is_late", "fits"),
    [
        (ChallengeStep.REJECTED, Remedy.VOID, TenderStep.ANNOUNCED, True, False),
        (ChallengeStep.UPHELD, Remedy.RE_EVALUATE, TenderStep.TENDERING, False, False),
        (ChallengeStep.UPHELD, Remedy.AMEND, TenderStep.OPENED, True, False),
        (ChallengeStep.UPHELD, Remedy.AMEND, TenderStep.TENDERING, True, False),
        (ChallengeStep.UPHELD, Remedy.AMEND, TenderStep.TENDERING, False, True),
        (ChallengeStep.UPHELD, Remedy.VOID, TenderStep.ANNOUNCED, True, True),
        (ChallengeStep.REJECTED, Remedy.NONE, TenderStep.ANNOUNCED, True, True),
    ],
)
def test_a_remedy_follows_from_what_stands_and_fits_where_the_tender_is(
    outcome: ChallengeStep, remedy: Remedy, step: TenderStep, is_late: bool, fits: bool
) -> None:
    if fits:
        challenges.check_remedy(outcome, remedy, step, is_late=is_late)
    else:
        with pytest.raises(challenges.WrongChallenge):
            challenges.check_remedy(outcome, remedy, step, is_late=is_late)


def test_a_suspension_is_for_thirty_days_at_most() -> None:
    challenges.check_suspension(20, 10, TERMS)
    with pytest.raises(challenges.WrongChallenge):
        challenges.check_suspension(21, 10, TERMS)


@given(st.lists(st.integers(0, 4), max_size=40))
def test_a_rotation_gives_everybody_one_a_cycle(noise: list[int]) -> None:

    members = [UUID(int=n) for n in range(1, 6)]
    served: dict[UUID, int] = {}
    for _ in range(len(noise) + 1):
        following = frameworks.next_in_rotation(members, served)
        served[following] = served.get(following, 0) + 1
    counts = [served.get(each, 0) for each in members]

    assert max(counts) - min(counts) <= 1
    assert counts == sorted(counts, reverse=True)
