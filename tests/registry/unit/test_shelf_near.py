"""Nearness on the shelf against a scan: also where a whole house stands at one point."""

from random import Random
from uuid import UUID

import pytest

from common.geo import planar
from registry.queries.finding import Near
from registry.queries.offerings import Filters
from registry.searching.shelf import Entry, Shelf
from registry.searching.words import Words

HERE = Near(121.48, 31.23, 5_000)


def entry(number: int, lon: float, lat: float) -> Entry:
    plane = planar(lon, lat)
    return Entry(
        id=UUID(int=number),
        area_code="310101002001",
        name="助餐",
        description=None,
        code=None,
        category="meal",
        category_path="meal",
        groups=(),
        channels=("on_site",),
        price_kind="free",
        price_fen=0,
        provider_id=None,
        service_item_id=None,
        venue_id=None,
        place=(plane.lon, plane.lat),
        hours=None,
        venue_name=None,
        venue_address=None,
        venue_hours=None,
        venue_stands=True,
        features=(),
    )


def crowd(seed: int, *, houses: int, each: int) -> Shelf:
    """Offerings in houses; many stand at the same point, their ids in no order."""
    random = Random(seed)
    shelf = Shelf(Words({}, {}))
    numbers = list(range(houses * each))
    random.shuffle(numbers)
    places = [(random.gauss(121.48, 0.01), random.gauss(31.23, 0.01)) for _ in range(houses)]
    shelf.put([entry(n, *places[i % houses]) for i, n in enumerate(numbers)])
    return shelf


def walked(shelf: Shelf, limit: int) -> list[tuple[float, UUID]]:
    found = shelf.matching(Filters())
    told: list[tuple[float, UUID]] = []
    while True:
        after = told[-1] if told else None
        page = shelf.nearest(found, HERE, after, limit + 1)
        told += [(spot.distance, shelf.ids[spot.row]) for spot in page[:limit]]
        if len(page) <= limit:
            return told


@pytest.mark.parametrize("limit", [1, 7, 20, 200])
@pytest.mark.parametrize(("houses", "each"), [(3, 400), (60, 20), (900, 1)])
def test_pages_tell_each_offering_once_nearest_first(limit: int, houses: int, each: int) -> None:
    shelf = crowd(limit, houses=houses, each=each)
    found = shelf.matching(Filters())
    truth = sorted(
        (spot.distance, shelf.ids[spot.row]) for spot in shelf.nearest(found, HERE, None, 10_000)
    )

    assert walked(shelf, limit) == truth
    assert len(truth) > houses * each * 0.9
