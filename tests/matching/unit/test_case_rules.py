"""Whose needs stand together, when a plan is reviewed, when it may end."""

from datetime import date
from uuid import uuid4

import pytest

from common.contracts.matching import NeedStatus
from common.contracts.matching_cases import CaseOutcome, CaseStepIn, CaseStepKind
from matching.domain import cases

TODAY = date(2026, 3, 2)


def test_needs_of_two_people_do_not_stand_together():
    assert cases.person(["a", None, "a"]) == "a"
    assert cases.person([None]) is None
    with pytest.raises(cases.WrongCase):
        cases.person(["a", "b"])


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 6, 3)])
def test_a_review_lies_ahead_within_the_rule(day):
    cases.check_review(date(2026, 6, 2), TODAY, 92)
    with pytest.raises(cases.WrongCase):
        cases.check_review(day, TODAY, 92)


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        (CaseStepIn(kind=CaseStepKind.REFERRAL), "/referral_id"),
        (CaseStepIn(kind=CaseStepKind.VISIT, referral_id=uuid4()), "/referral_id"),
        (CaseStepIn(kind=CaseStepKind.VISIT, amount_fen=1), "/amount_fen"),
        (CaseStepIn(kind=CaseStepKind.VISIT, done_on=date(2026, 3, 3)), "/done_on"),
    ],
)
def test_a_step_says_what_belongs_to_it(step, pointer):
    with pytest.raises(cases.WrongCase) as refusal:
        cases.check_step(step, TODAY)

    assert refusal.value.errors[0].pointer == pointer


@pytest.mark.parametrize("status", list(NeedStatus))
def test_goals_are_met_when_every_need_is_settled(status):
    needs = [("XQ1", NeedStatus.SERVED), ("XQ2", status)]

    cases.check_end(CaseOutcome.MOVED_AWAY, needs)
    if status in cases.SETTLED:
        cases.check_end(CaseOutcome.GOALS_MET, needs)
        return
    with pytest.raises(cases.NeedsStillOpen, match="XQ2"):
        cases.check_end(CaseOutcome.GOALS_MET, needs)
