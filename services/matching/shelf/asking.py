"""One need as numbers: what a search compares the columns with."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.domain.demand import Need
from matching.shelf.entries import CHANNELS, FEATURES, bits
from matching.shelf.lists import Lists
from matching.shelf.places import When
from matching.shelf.terms import Person

Array = NDArray[Any]

ANY: Final = (1 << len(CHANNELS)) - 1
UNLIMITED: Final = -1
_NOBODY: Final = np.empty(0, dtype=np.int32)
_NOWHERE: Final = float("nan")


class Wanted(NamedTuple):
    """So many of the best for a need."""

    need: Need
    limit: int


class Asked(NamedTuple):
    """A need on the axes of the columns. -1 asks nothing; a point that is not known is nan."""

    category: str
    person: Person
    when: When  # where places are looked for
    x: float
    y: float
    channels: int
    is_channel_asked: bool
    features: int
    places: int
    price: int
    minutes: int
    per_degree: float  # minutes on foot
    minute: float  # what a minute on foot counts
    wish: float
    wish_count: int
    wish_providers: Array
    wish_venues: Array
    wish_channels: int
    hours: Array  # verdict of each timetable


def asked(need: Need, lists: Lists) -> Asked:
    """The numbers of a need."""
    policy, wishes, place = lists.policy, need.wishes, need.place
    providers = venues = _NOBODY
    if wishes.count:
        providers = _numbers(lists.providers.known(wishes.providers))
        venues = _numbers(lists.venues.known(wishes.venues))
    # By place and not by name: a tuple of so many names takes three times as long to make.
    return Asked(
        *(need.category, lists.terms.person(need), lists.places.when(need.moments)),
        *((_NOWHERE, _NOWHERE) if place is None else place),
        *(bits([*need.channels], CHANNELS) if need.channels else ANY, bool(need.channels)),
        bits([*need.features], FEATURES) if need.features else 0,
        need.places,
        UNLIMITED if need.price_at_most_fen is None else need.price_at_most_fen,
        UNLIMITED if need.minutes_at_most is None else need.minutes_at_most,
        *(policy.walk.minutes_per_degree, policy.minutes_of(need.urgency)),
        policy.wish,
        wishes.count,
        providers,
        venues,
        bits([*wishes.channels], CHANNELS) if wishes.channels else 0,
        lists.timetables.open(need.moments),
    )


def _numbers(known: Sequence[int]) -> Array:
    return np.array(known, dtype=np.int32) if known else _NOBODY
