"""Nearness on the shelf against a scan: also where a whole house stands at one point."""

from random import Random
from uuid import UUID

import numpy as np
import pytest
from pyroaring import BitMap

from common.geo import METRES_PER_DEGREE, planar
from registry.queries.finding import Near
from registry.queries.offerings import Filters
from registry.searching.entries import Entry
from registry.searching.shelf import Shelf
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


@pytest.mark.parametrize("radius_m", [200, 1_500, 9_000, 30_000, 80_000, 100_000])
def test_as_far_as_one_looks_what_is_near_is_what_a_scan_finds(radius_m: int) -> None:
    random = Random(radius_m)
    shelf = Shelf(Words({}, {}))
    places = [(random.gauss(121.48, 0.3), random.gauss(31.23, 0.2)) for _ in range(3_000)]
    shelf.put([entry(number, *place) for number, place in enumerate(places)])

    for _ in range(20):
        here = Near(random.gauss(121.48, 0.3), random.gauss(31.23, 0.2), radius_m)
        x, y = planar(here.lon, here.lat)
        plane = [planar(*place) for place in places]
        far = [float(np.hypot(p.lon - x, p.lat - y)) for p in plane]
        scanned = sorted(
            (d, number) for number, d in enumerate(far) if d <= radius_m / METRES_PER_DEGREE
        )
        spots = shelf.nearest(shelf.matching(Filters()), here, None, 20)
        assert [shelf.ids[spot.row].int for spot in spots] == [n for _, n in scanned[:20]]
        assert shelf.around(shelf.matching(Filters()), here) == BitMap(n for _, n in scanned)


def test_what_words_found_is_looked_up_again_once_something_was_added() -> None:
    shelf = Shelf(Words({}, {}))
    asked = Filters(words="助餐")
    shelf.put([entry(1, 121.48, 31.23)])
    assert len(shelf.matching(asked)) == 1

    shelf.put([entry(2, 121.48, 31.23)])
    assert shelf.ids_of(shelf.matching(asked)) == [UUID(int=1), UUID(int=2)]

    shelf.drop([UUID(int=1)])
    assert shelf.ids_of(shelf.matching(asked)) == [UUID(int=2)]
