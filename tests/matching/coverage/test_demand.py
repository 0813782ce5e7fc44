"""Demand over time tells no figure on the few, and none that can be worked out from the others."""

import numpy as np
import pytest

from common.suppression.tables import is_few
from matching.coverage.demand import Count, demand, told

PATHS = {"meal_delivery": ["eldercare", "meal", "meal_delivery"], "law": ["law"]}


def test_needs_are_counted_by_street_month_and_root_category() -> None:
    found = demand(
        [
            Count("310101002000", 3, "meal_delivery", 40, 20),
            Count("310101002000", 3, "eldercare", 5, 0),
            Count("310101013000", 11, "meal_delivery", 60, 30),
            Count("310101013000", 11, "law", 70, 70),
        ],
        "eldercare",
        PATHS,
    )
    assert found.streets == ["310101002000", "310101013000"]
    assert (found.raised[0, 2], found.raised[1, 10]) == (45, 60)
    assert (found.unserved[0, 2], found.unserved[1, 10]) == (20, 30)
    assert found.raised.sum() == 105


@pytest.mark.parametrize("seed", range(20))
def test_the_few_are_withheld_and_never_alone_in_their_line(seed: int) -> None:
    random = np.random.default_rng(seed)
    raised = random.integers(0, 40, (6, 12))
    unserved = random.integers(0, raised + 1)
    whole, part = told(raised, unserved)
    for shown, counts in ((whole, raised), (part, unserved)):
        open_ = shown >= 0
        assert (shown[open_] == counts[open_]).all()
        assert not is_few(shown[open_]).any()
        for axis in (0, 1):
            alone = (~open_).sum(axis=axis) == 1
            assert not alone.any()
    both = (whole >= 0) & (part > 0)
    assert not is_few((whole - part)[both]).any()
