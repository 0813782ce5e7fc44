"""The survey of a small city, by hand."""

import numpy as np
import pytest

from common.geo import METRES_PER_DEGREE
from matching.coverage.catchment import Band
from matching.coverage.survey import Offers, Units, survey, totals

BANDS = (Band(500, 1.0), Band(1000, 0.5))


def at(*metres: float) -> np.ndarray:
    """Points on a line, by metres."""
    return np.array([[each / METRES_PER_DEGREE, 0.0] for each in metres])


def city() -> tuple[Units, Offers]:
    units = Units(
        ["310101002001", "310101002002", "310101013001"],
        at(0, 400, 5000),
        np.array([[100.0, 20.0], [50.0, 10.0], [200.0, 40.0]]),
    )
    offers = Offers(
        at(0, 0, 890),
        np.array([0, 1, 0]),
        np.array([[True, True], [False, True], [True, True]]),
        np.array([30.0, 6.0, 10.0]),
    )
    return units, offers


def test_who_is_covered_and_how_much_there_is_for_each() -> None:
    units, offers = city()
    found = survey(units, offers, categories=2, circle_m=450, bands=BANDS)

    # Kinds: category 0 for all and for the old, category 1 for all and for the old.
    assert found.covered.tolist() == [[True, True, False, True]] * 2 + [[False] * 4]
    first = 30 / 150  # the site at 0 is reached by 150 people within 500 m
    second = 10 / (0.5 * 100 + 1.0 * 50)  # the one at 890 m by both, at different weights
    assert found.index[0, 0] == pytest.approx(first + 0.5 * second)
    assert found.index[1, 0] == pytest.approx(first + second)
    assert found.index[0, 3] == pytest.approx(6 / 30)
    assert found.index[2].tolist() == [0, 0, 0, 0]


def test_one_more_place_brings_those_near_it_within_the_circle() -> None:
    units, offers = city()
    found = survey(units, offers, categories=2, circle_m=450, bands=BANDS)

    assert found.gain[:, 2].tolist() == [150, 150, 200]  # nobody has category 1 for all
    assert found.gain[:, 0].tolist() == [0, 0, 200]


def test_streets_add_up_their_neighbourhoods_by_people() -> None:
    units, offers = city()
    found = survey(units, offers, categories=2, circle_m=300, bands=BANDS)
    summed = totals(found, np.array([0, 0, 1]))

    assert summed.people[:, 0].tolist() == [150, 200]
    assert summed.covered[:, 0].tolist() == [pytest.approx(100 / 150), 0]
    mean = (100 * found.index[0, 0] + 50 * found.index[1, 0]) / 150 * 1000
    assert summed.index[0, 0] == pytest.approx(mean)


def test_a_city_without_offerings_is_covered_nowhere() -> None:
    units, _ = city()
    none = Offers(np.zeros((0, 2)), np.zeros(0, int), np.zeros((0, 2), bool), np.zeros(0))
    found = survey(units, none, categories=1, circle_m=450, bands=BANDS)

    assert not found.covered.any()
    assert (found.index == 0).all()
