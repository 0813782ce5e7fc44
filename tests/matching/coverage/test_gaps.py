"""What of the gaps may be told."""

import numpy as np

from common.contracts.matching import UnmetReason
from matching.coverage.gaps import rows
from matching.coverage.survey import Totals
from matching.coverage.telling import MEASURES

KINDS = [("meal", None), ("meal", "elderly"), ("bath", None), ("bath", "elderly")]
AREA = ["310101002000"]


def found(*people: float) -> Totals:
    one = np.array([people])
    return Totals(one, np.array([[0.5, 1.0, np.nan, np.nan]]), one, one)


def counts(**of: list[int]) -> dict[str, np.ndarray]:
    return {name: np.array([of.get(name, [0, 0, 0, 0])]) for name in MEASURES}


def test_a_gap_holds_only_what_may_be_told() -> None:
    reasons = {(0, 0): {UnmetReason.TOO_FAR: 27, UnmetReason.OVER_BUDGET: 3}}
    told = counts(open_needs=[30, 0, 0, 0], unmet_needs=[30, 0, 0, 0])
    made = rows(AREA, KINDS, found(100, 4, 0, 0), told, reasons)

    assert [(each["category"], each["target_group"]) for each in made] == KINDS[:2]
    assert made[0]["people"] == 100
    assert made[0]["unmet_needs"] == 30
    assert made[0]["places_short"] == 60
    assert made[1]["people"] is None
    assert made[1]["one_more_place_serves"] is None
    assert all(each["needs"] is None for each in made[0]["unmet_by_reason"])


def test_places_are_short_only_as_far_as_what_waits_and_what_is_unmet_are_told() -> None:
    made = rows(AREA, KINDS, found(100, 0, 0, 0), counts(open_needs=[4, 0, 0, 0]), {})

    assert made[0]["open_needs"] is None
    assert made[0]["places_short"] is None


def test_reasons_are_told_where_each_is_about_ten_or_more() -> None:
    reasons = {(0, 0): {UnmetReason.TOO_FAR: 20, UnmetReason.OVER_BUDGET: 10}}
    made = rows(AREA, KINDS, found(100, 0, 0, 0), counts(unmet_needs=[30, 0, 0, 0]), reasons)

    assert {each["reason"]: each["needs"] for each in made[0]["unmet_by_reason"]} == {
        "too_far": 20,
        "over_budget": 10,
    }


def test_unmet_needs_where_nobody_is_known_to_live_are_a_gap_too() -> None:
    made = rows(AREA, KINDS, found(0, 0, 0, 0), counts(unmet_needs=[12, 0, 0, 0]), {})

    assert [(each["category"], each["unmet_needs"]) for each in made] == [("meal", 12)]
