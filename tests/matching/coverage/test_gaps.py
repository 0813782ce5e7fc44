"""What of the gaps may be told."""

import numpy as np
import pytest

from common.contracts.matching import UnmetReason
from matching.coverage.gaps import MEASURES, rows, withheld
from matching.coverage.survey import Totals

KINDS = [("meal", None), ("meal", "elderly"), ("bath", None), ("bath", "elderly")]


def test_few_people_are_withheld_and_so_is_what_tells_of_them() -> None:
    counts = np.array([[40, 37, 0, 0], [30, 10, 50, 20], [60, 25, 70, 30]])
    told = withheld(counts, KINDS)

    assert told[0, 1] == -1  # 40 less 37 would tell of three who are not old
    assert told[1].tolist()[:2] == [30, 10]


@pytest.mark.parametrize("seed", range(20))
def test_no_count_below_ten_is_ever_told(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.poisson(random.choice([2, 15, 60], (7, 2)))
    everyone = groups + random.poisson(12, (7, 2))
    counts = np.stack([everyone[:, 0], groups[:, 0], everyone[:, 1], groups[:, 1]], axis=1)
    told = withheld(counts, KINDS)

    assert not ((told > 0) & (told < 10)).any()
    both = (told[:, 0::2] >= 0) & (told[:, 1::2] >= 0)
    rest = told[:, 0::2] - told[:, 1::2]
    assert not (both & (rest > 0) & (rest < 10)).any()


def test_a_gap_holds_only_what_may_be_told() -> None:
    one = np.array([[100.0, 4.0, 0.0, 0.0]])
    found = Totals(one, np.array([[0.5, 1.0, np.nan, np.nan]]), one, one)
    counts = {name: np.array([[30, 0, 0, 0]]) for name in MEASURES}
    reasons = {(0, 0): {UnmetReason.TOO_FAR: 27, UnmetReason.OVER_BUDGET: 3}}
    made = rows(["310101002000"], KINDS, found, counts, reasons)

    assert [(each["category"], each["target_group"]) for each in made] == KINDS[:2]
    assert made[0]["people"] == 100
    assert made[1]["people"] is None
    assert made[1]["one_more_place_serves"] is None
    assert all(each["needs"] is None for each in made[0]["unmet_by_reason"])
