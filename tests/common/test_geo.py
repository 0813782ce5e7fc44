"""Coordinate systems against prcoords, distances, the plane, and hints about misplaced points."""

import math

import prcoords
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common import geo

lons = st.floats(geo.SHANGHAI.west, geo.SHANGHAI.east)
lats = st.floats(geo.SHANGHAI.south, geo.SHANGHAI.north)
anywhere = st.tuples(st.floats(74, 135), st.floats(18, 53))
shifted = st.sampled_from(["gcj02", "bd09"])


@given(anywhere)
def test_gcj02_and_bd09_agree_with_prcoords(point):
    lon, lat = point
    gcj = prcoords.wgs_gcj((lat, lon))
    bd = prcoords.wgs_bd((lat, lon))

    assert geo.from_wgs84(lon, lat, "gcj02") == pytest.approx((gcj.lon, gcj.lat), abs=1e-11)
    assert geo.from_wgs84(lon, lat, "bd09") == pytest.approx((bd.lon, bd.lat), abs=1e-11)


@given(anywhere, shifted)
def test_the_way_back_is_exact_to_a_billionth_of_a_degree(point, system):
    there = geo.from_wgs84(*point, system)

    assert geo.to_wgs84(*there, system) == pytest.approx(point, abs=1e-9)


@given(anywhere)
def test_wgs84_and_cgcs2000_are_the_same_for_our_use(point):
    assert geo.to_wgs84(*point, "cgcs2000") == point
    assert geo.from_wgs84(*point, geo.System.WGS84) == point


@given(st.lists(anywhere, max_size=5), shifted)
def test_many_points_convert_like_each_of_them(points, system):
    assert geo.convert(points, "wgs84", system) == [geo.from_wgs84(*p, system) for p in points]
    assert geo.convert(points, system, system) == points


def test_points_outside_china_are_not_shifted():
    assert geo.from_wgs84(2.35, 48.86, "gcj02") == (2.35, 48.86)
    assert geo.to_wgs84(2.35, 48.86, "gcj02") == (2.35, 48.86)


def test_a_known_distance_is_right():
    peoples_square, hongqiao_station = (121.4693, 31.2328), (121.3206, 31.1943)

    assert geo.distance_m(peoples_square, hongqiao_station) == pytest.approx(14_780, rel=0.003)
    assert geo.distance_m((121.0, 31.0), (121.0, 32.0)) == pytest.approx(111_195, abs=1)


@given(anywhere, anywhere)
def test_distance_is_symmetric_and_never_negative(a, b):
    assert geo.distance_m(a, b) == pytest.approx(geo.distance_m(b, a))
    assert geo.distance_m(a, b) >= 0
    assert geo.distance_m(a, a) == 0


@given(lons, lats, lons, lats)
def test_the_plane_is_wrong_by_less_than_one_percent_inside_the_city(lon_a, lat_a, lon_b, lat_b):
    true_m = geo.distance_m((lon_a, lat_a), (lon_b, lat_b))
    assume(true_m > 1)
    plane = math.dist(geo.planar(lon_a, lat_a), geo.planar(lon_b, lat_b))

    assert plane * geo.METRES_PER_DEGREE == pytest.approx(true_m, rel=0.008)
    assert plane <= geo.planar_radius(true_m)


@pytest.mark.parametrize(
    ("lon", "lat", "doubt"),
    [
        (121.47, 31.23, None),
        (122.1, 31.5, None),
        (31.23, 121.47, geo.Doubt.SWAPPED),
        (116.40, 39.90, geo.Doubt.OUTSIDE),
        (0.0, 0.0, geo.Doubt.OUTSIDE),
        (math.nan, 31.23, geo.Doubt.NOT_NUMBERS),
        (121.47, math.inf, geo.Doubt.NOT_NUMBERS),
    ],
)
def test_a_point_that_cannot_be_in_the_city_says_why(lon, lat, doubt):
    assert geo.doubt_about(lon, lat) == doubt
    assert doubt is None or geo.SENTENCES[doubt].zh


@given(lons, lats, st.sampled_from(["wgs84", "gcj02", "bd09"]))
def test_a_point_in_the_declared_system_raises_no_doubt(lon, lat, system):
    assert geo.looks_like(geo.from_wgs84(lon, lat, system), system, (lon, lat)) is None


@given(lons, lats)
def test_a_point_in_another_system_than_declared_is_recognised(lon, lat):
    door = (lon, lat)

    assert geo.looks_like(geo.from_wgs84(*door, "gcj02"), "wgs84", door) is geo.Doubt.LOOKS_GCJ02
    assert geo.looks_like(geo.from_wgs84(*door, "bd09"), "gcj02", door) is geo.Doubt.LOOKS_BD09
    assert geo.looks_like(door, "gcj02", door) is geo.Doubt.LOOKS_WGS84


def test_a_point_that_fits_no_system_raises_no_guess():
    assert geo.looks_like((121.40, 31.10), "wgs84", (121.47, 31.23)) is None
