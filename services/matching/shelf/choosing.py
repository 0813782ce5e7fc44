"""The best offerings for a need with their verdict, walk and score: what an answer tells.

Where a router is set, more are looked at than asked for, their walks measured, the order made anew.
"""

from typing import Final, NamedTuple

from common.geo import Point
from matching.domain.demand import Need
from matching.domain.eligibility import Verdict, judge, walk
from matching.domain.scoring import rank, score
from matching.domain.supply import Offer
from matching.domain.walking import KnownPaths, Walking
from matching.shelf.footpaths import Footpaths
from matching.shelf.runs import Spot
from matching.shelf.shelf import Shelf

WIDER: Final = 3  # so many times the wanted number are measured by the router


class Chosen(NamedTuple):
    """An offering for a need; `minutes` is its score, `far` the walk."""

    spot: Spot
    offer: Offer
    verdict: Verdict
    far: float | None
    minutes: float
    is_measured: bool


def by_line(shelf: Shelf, need: Need, limit: int) -> list[Chosen]:
    """The best for a need, in order; equal ones by id. Walks are along the straight line."""
    line = shelf.lists.policy.walk
    return [weighed(shelf, need, spot, line) for spot in shelf.best(need, limit)]


async def by_footpaths(
    shelf: Shelf, need: Need, start: Point, limit: int, footpaths: Footpaths
) -> list[Chosen]:
    """The same, by walks that are measured from where the need is."""
    spots = shelf.best(need, limit * WIDER)
    walking = await footpaths.around(start, _ends(shelf, spots), shelf.lists.policy.walk)
    found = [weighed(shelf, need, spot, walking) for spot in spots]
    fitting = [each for each in found if each.verdict.eligible is not False]
    fitting.sort(key=lambda each: (rank(each.minutes, each.verdict), each.spot.id))
    return fitting[:limit]


def weighed(shelf: Shelf, need: Need, spot: Spot, walking: Walking) -> Chosen:
    """One offering for a need, by these walks."""
    offer = shelf.offer(spot)
    far = walk(need, offer, walking)
    measured = isinstance(walking, KnownPaths) and offer.place in walking.minutes
    minutes = score(shelf.lists.policy, need, offer, far)
    return Chosen(spot, offer, judge(need, offer, walking), far, minutes, measured and bool(far))


def _ends(shelf: Shelf, spots: list[Spot]) -> list[Point]:
    places = (shelf.offer(spot).place for spot in spots)
    return [place for place in places if place is not None]
