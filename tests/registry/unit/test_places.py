"""Delivered points: kept with their system, refused with the likely remedy."""

import math

import pytest

from common.geo import METRES_PER_DEGREE, System, distance_m, from_wgs84
from registry.domain import places

BUND = (121.4903, 31.2397)


@pytest.mark.parametrize("system", list(System))
def test_a_point_is_the_same_place_in_every_system(system: System) -> None:
    delivered = from_wgs84(*BUND, system)

    found = places.locate(*delivered, system)

    assert found is not None
    assert distance_m((found.lon, found.lat), BUND) < 0.01
    assert found.coord_source == system.value


def test_no_point_is_no_place() -> None:
    assert places.locate(None, None, System.WGS84) is None


@pytest.mark.parametrize(("lon", "lat", "pointer"), [(121.5, None, "/lat"), (None, 31.2, "/lon")])
def test_half_a_point_names_the_missing_half(
    lon: float | None, lat: float | None, pointer: str
) -> None:
    with pytest.raises(places.HalfAPoint) as refused:
        places.locate(lon, lat, System.WGS84)

    assert refused.value.errors[0].pointer == pointer


@pytest.mark.parametrize(
    ("lon", "lat", "word"),
    [
        (31.2397, 121.4903, "填反"),
        (0.0, 0.0, "0,0"),
        (121_490_300.0, 31_239_700.0, "整数度"),
        (13_524_240.0, 3_663_000.0, "投影坐标"),
        (-2_317.5, 1_830.2, "投影坐标"),
        (1e12, 5.0, "非经纬度"),
        (116.4, 39.9, "本市范围之外"),
        (math.nan, 31.2, "有效数字"),
        (1e308, 31.2, "非经纬度"),
    ],
    ids=["swapped", "null-island", "micro", "mercator", "local", "huge", "far", "nan", "overflow"],
)
def test_a_point_outside_the_city_comes_with_the_likely_remedy(
    lon: float, lat: float, word: str
) -> None:
    for system in System:
        with pytest.raises(places.PlaceOutsideCity) as refused:
            places.locate(lon, lat, system)
        assert word in refused.value.errors[0].message.zh


def test_the_plane_measures_metres() -> None:
    here = places.locate(*BUND, System.WGS84)
    there = places.locate(121.5303, 31.2097, System.WGS84)
    assert here is not None
    assert there is not None

    flat_m = math.dist(here.plane, there.plane) * METRES_PER_DEGREE

    assert flat_m == pytest.approx(distance_m(BUND, (there.lon, there.lat)), rel=0.008)
