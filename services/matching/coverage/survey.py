"""A survey of the whole city: coverage and supply of every neighbourhood, and totals by street.

Kinds are pairs of a category and a group. People of the group `None` are everyone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.coverage import catchment, circles
from matching.coverage.catchment import Band
from matching.coverage.reach import Floats, distances, within


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Neighbourhoods: codes of 12 digits, points (n, 2) on the plane, people (n, groups)."""

    codes: Sequence[str]
    points: Floats
    people: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Offerings with a place: points (m, 2), category of each, groups it serves, places a day."""

    points: Floats
    category: NDArray[np.intp]
    serves: NDArray[np.bool_]
    places: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """By neighbourhood and kind; kinds run through all groups of a category, then the next."""

    covered: NDArray[np.bool_]
    index: Floats
    gain: Floats  # people not covered whom a place at this point would bring within the circle
    people: Floats
    group_of: NDArray[np.intp]


def survey(
    units: Units, offers: Offers, *, categories: int, circle_m: float, bands: Sequence[Band]
) -> Survey:
    """Coverage, two-step index (places a day per person) and gain of one more place."""
    groups = units.people.shape[1]
    group_of = np.tile(np.arange(groups), categories)
    sites, places = places_by_site(offers, categories)
    found = distances(units.points, sites, bands[-1].metres)
    people = units.people[:, group_of]
    covered = circles.covered(within(found, circle_m), places)
    index = catchment.index(catchment.weighted(found, bands), units.people, places, group_of)
    around = within(distances(units.points, units.points, circle_m), circle_m)
    gain: Floats = np.asarray(around @ np.where(covered, 0.0, people))
    return Survey(covered, index, gain, people, group_of)


def places_by_site(offers: Offers, categories: int) -> tuple[Floats, Floats]:
    """The points at which offerings stand, each once, and their places a day by kind."""
    sites, at = np.unique(offers.points, axis=0, return_inverse=True)
    groups = offers.serves.shape[1]
    places = np.zeros((len(sites), categories * groups))
    for group in range(groups):
        chosen = offers.serves[:, group]
        kinds = offers.category[chosen] * groups + group
        np.add.at(places, (at.reshape(-1)[chosen], kinds), offers.places[chosen])
    return sites, places


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """By area and kind: people, the share covered, places a day per 1,000 people, greatest gain."""

    people: Floats
    covered: Floats
    index: Floats
    gain: Floats


def totals(found: Survey, area_of: NDArray[np.intp]) -> Totals:
    """Neighbourhoods put together to areas; an index is the mean over people, NaN without any."""
    areas = int(area_of.max(initial=-1)) + 1
    kinds = found.people.shape[1]
    people, weighted = np.zeros((areas, kinds)), np.zeros((areas, kinds))
    gain = np.zeros((areas, kinds))
    np.add.at(people, area_of, found.people)
    np.add.at(weighted, area_of, found.people * found.index)
    np.maximum.at(gain, area_of, found.gain)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = weighted / people * 1000
    return Totals(people, circles.share(found.covered, found.people, area_of), mean, gain)
