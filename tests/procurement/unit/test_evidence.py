"""What ratings, cases and milestones say of a provider, and from when on it counts."""

from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest

from common.contracts.feedback import Case, Rating
from common.contracts.procurement_performance import Verdict
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension as D
from procurement.domain.evidence import (
    KEPT,
    LATE,
    MISSED,
    PARTLY,
    UPHELD_COMPLAINT,
    counts_from,
    of_case,
    of_milestone,
    of_rating,
)
from tests.procurement.organisations import STREET, SUPPLIER

SAMPLES = Path(__file__).parents[2] / "contract/samples"
KNOWN = date(2026, 3, 2)


def rating(**more) -> Rating:
    return Rating.model_validate(orjson.loads((SAMPLES / "rating.json").read_bytes()) | more)


def case(**more) -> Case:
    state = orjson.loads((SAMPLES / "case.json").read_bytes())
    return Case.model_validate(
        {**state, "kind": "complaint", "provider_id": SUPPLIER, "is_upheld": True, **more}
    )


def test_a_judgement_waits_for_the_reply_and_a_residents_rating_does_not():
    assert counts_from(EvidenceSource.RATING, KNOWN, 14) == KNOWN
    for source in set(EvidenceSource) - {EvidenceSource.RATING}:
        assert counts_from(source, KNOWN, 14) == date(2026, 3, 17)  # 3 to 16 March are to reply


def test_a_rating_speaks_for_each_of_its_dimensions():
    said = of_rating(rating(level=4, dimensions=[{"dimension": "attitude", "level": 2}]), STREET)

    assert said.levels == {D.ATTITUDE: 2, D.OVERALL: 4}
    assert (said.buyer_id, said.is_suspended) == (STREET, False)


def test_default_praise_says_nothing():
    assert of_rating(rating(is_counted=False), STREET).levels == {}


@pytest.mark.parametrize("decided", [None, "2026-03-05T01:00:00Z"])
def test_a_rating_that_is_appealed_is_set_aside_until_it_is_decided(decided):
    said = of_rating(rating(appealed_at="2026-03-03T01:00:00Z", appeal_decided_at=decided), STREET)

    assert said.is_suspended is (decided is None)


def test_an_upheld_complaint_counts_from_the_day_it_was_made():
    said = of_case(case(received_at=datetime(2026, 3, 1, 16, 30, tzinfo=UTC)), "meal", STREET)

    assert said is not None
    assert said.levels == UPHELD_COMPLAINT
    assert said.happened_on == date(2026, 3, 2)  # half past midnight in the city


@pytest.mark.parametrize(
    "silent",
    [{"is_upheld": False}, {"is_upheld": None}, {"status": "duplicate"}, {"kind": "help"}],
)
def test_other_cases_take_back_what_they_said(silent):
    said = of_case(case(**silent), "meal", STREET)

    assert said is not None
    assert said.levels == {}


def test_a_case_about_nobody_says_nothing_of_anybody():
    assert of_case(case(provider_id=None), "meal", None) is None


@pytest.mark.parametrize(
    ("verdict", "reported_on", "said"),
    [
        ("met", date(2026, 3, 31), KEPT),
        ("met", date(2026, 4, 10), LATE),
        ("met", date(2026, 4, 11), MISSED),
        ("met", None, MISSED),
        ("not_met", date(2026, 3, 31), MISSED),
        ("partially_met", date(2026, 3, 31), PARTLY),
        ("partially_met", date(2026, 4, 10), {D.OVERALL: 3, D.EFFICIENCY: 2}),
        ("partially_met", date(2026, 4, 11), MISSED),
    ],
)
def test_a_milestone_is_kept_in_part_late_or_missed(verdict, reported_on, said):
    due_on = date(2026, 3, 31)
    assert of_milestone(Verdict(verdict), due_on, reported_on, grace_days=10) == said
