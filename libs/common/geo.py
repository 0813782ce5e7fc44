"""Places: coordinate systems in use in China, distances, and hints about misplaced points.

Longitude first, degrees, metres. WGS-84 equals CGCS2000 for our use (under 1 m apart). Records keep
WGS-84 and the system they were delivered in; nothing here rounds.
"""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from common.errors import Text

EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG 1980
METRES_PER_DEGREE: Final = EARTH_RADIUS_M * math.pi / 180
CITY_LATITUDE: Final = 31.2  # degrees; the middle of Shanghai, for the plane of `planar`


class System(StrEnum):
    """The system that a point is written in."""

    WGS84 = "wgs84"  # GPS
    CGCS2000 = "cgcs2000"  # official surveying, EPSG:4490
    GCJ02 = "gcj02"  # Amap, Tencent
    BD09 = "bd09"  # Baidu


class Point(NamedTuple):
    """Degrees, longitude first."""

    lon: float
    lat: float


class Box(NamedTuple):
    """A rectangle in degrees, edges included."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether the point is inside or on the edge."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


# The land and islands of Shanghai with a margin of about 1 km (30°40′–31°53′ N, 120°51′–122°12′ E).
SHANGHAI: Final = Box(120.84, 30.66, 122.26, 31.89)
_CHINA: Final = Box(72.004, 0.8293, 137.8347, 55.8271)  # the shift applies inside only


def to_wgs84(lon: float, lat: float, system: System | str) -> Point:
    """The WGS-84 point of a point in `system`. Exact inverse of `from_wgs84` to 1e-9 degrees."""
    match System(system):
        case System.GCJ02:
            return _gcj_to_wgs(lon, lat)
        case System.BD09:
            return _gcj_to_wgs(*_bd_to_gcj(lon, lat))
        case _:
            return Point(lon, lat)


def from_wgs84(lon: float, lat: float, system: System | str) -> Point:
    """The point in `system` of a WGS-84 point."""
    match System(system):
        case System.GCJ02:
            return _wgs_to_gcj(lon, lat)
        case System.BD09:
            return _gcj_to_bd(*_wgs_to_gcj(lon, lat))
        case _:
            return Point(lon, lat)


def convert(points: Iterable[tuple[float, float]], source: str, target: str) -> list[Point]:
    """Many points from one system to another."""
    if System(source) is System(target):
        return [Point(*point) for point in points]
    return [from_wgs84(*to_wgs84(lon, lat, source), target) for lon, lat in points]


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in metres (haversine; within 0.3 % of the ellipsoid)."""
    lat_a, lat_b = math.radians(a[1]), math.radians(b[1])
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b[0] - a[0]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def planar(lon: float, lat: float) -> Point:
    """The point on the city's plane, in degrees of latitude: x is shrunk by cos 31.2°.

    Meant for PostgreSQL `point` columns under GiST, whose `<->` knows Euclid only. Times
    `METRES_PER_DEGREE` a plane distance is metres, wrong by at most 0.8 % inside Shanghai, so
    nearest-first by the plane is re-checked by `distance_m` where the order matters.
    """
    return Point(lon * _SHRINK, lat)


def unplanar(point: Point) -> Point:
    """The longitude and latitude of a point on the city's plane."""
    return Point(point.lon / _SHRINK, point.lat)


def planar_radius(radius_m: float) -> float:
    """A radius on the plane that surely holds every point within `radius_m` metres."""
    return radius_m / METRES_PER_DEGREE * 1.01


class Doubt(StrEnum):
    """What may be wrong with a point that claims to be in the city."""

    SWAPPED = "swapped"
    OUTSIDE = "outside"
    NOT_NUMBERS = "not-numbers"
    LOOKS_GCJ02 = "looks-gcj02"
    LOOKS_BD09 = "looks-bd09"
    LOOKS_WGS84 = "looks-wgs84"


def doubt_about(lon: float, lat: float, box: Box = SHANGHAI) -> Doubt | None:
    """Why a WGS-84 point cannot be right, or None. A swapped point is told from a far one."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return Doubt.NOT_NUMBERS
    if box.holds(lon, lat):
        return None
    return Doubt.SWAPPED if box.holds(lat, lon) else Doubt.OUTSIDE


def looks_like(
    delivered: tuple[float, float], system: str, known: tuple[float, float], *, within_m: float = 60
) -> Doubt | None:
    """Whether a point is more likely written in another system than it says.

    `known` is where the address truly is, in WGS-84 (another record at the same door, a geocoder).
    Systems differ by 500 to 1,200 m in Shanghai, so a reading that lands within `within_m` of the
    known place while the declared one does not tells them apart.
    """
    if distance_m(to_wgs84(*delivered, system), known) <= within_m:
        return None
    readings = {
        Doubt.LOOKS_WGS84: System.WGS84,
        Doubt.LOOKS_GCJ02: System.GCJ02,
        Doubt.LOOKS_BD09: System.BD09,
    }
    off_m = {d: distance_m(to_wgs84(*delivered, s), known) for d, s in readings.items()}
    nearest = min(off_m, key=off_m.__getitem__)
    return nearest if off_m[nearest] <= within_m else None


SENTENCES: Final = {
    Doubt.NOT_NUMBERS: Text("坐标不是有效数字。", "The coordinates are not finite numbers."),
    Doubt.SWAPPED: Text(
        "经纬度可能填反：应先经度（约 121）后纬度（约 31）。",
        "Longitude and latitude look swapped: longitude (about 121) comes first.",
    ),
    Doubt.OUTSIDE: Text("该点在本市范围之外。", "This point lies outside the city."),
    Doubt.LOOKS_GCJ02: Text(
        "该点像是 GCJ-02（高德、腾讯）坐标，请核对坐标系。",
        "This point looks like GCJ-02 (Amap, Tencent); check the coordinate system.",
    ),
    Doubt.LOOKS_BD09: Text(
        "该点像是 BD-09（百度）坐标，请核对坐标系。",
        "This point looks like BD-09 (Baidu); check the coordinate system.",
    ),
    Doubt.LOOKS_WGS84: Text(
        "该点像是 WGS-84（GPS）坐标，请核对坐标系。",
        "This point looks like WGS-84 (GPS); check the coordinate system.",
    ),
}

_SHRINK: Final = math.cos(math.radians(CITY_LATITUDE))
_AXIS_M: Final = 6_378_245.0  # Krasovsky 1940, as GCJ-02 uses it
_ECCENTRICITY_2: Final = 0.00669342162296594323
_BD_LON, _BD_LAT = 0.0065, 0.0060  # Baidu's constant shift, degrees
_ENOUGH: Final = 1e-12  # degrees; three to seven rounds get there


def _wave(value: float, *terms: tuple[float, float]) -> float:
    return sum(size * math.sin(value * math.pi * turns) for size, turns in terms) * 20 / 3


def _shift_m(x: float, y: float) -> tuple[float, float]:
    """GCJ-02's shift east and north in metres, x and y being degrees from 105 E, 35 N.

    Source: the public reconstruction (eviltransform, PRCoords, CC0); checked against PRCoords.
    """
    ripple = _wave(x, (2, 6), (2, 2))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += ripple + _wave(x, (2, 1), (4, 1 / 3), (15, 1 / 12), (30, 1 / 30))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += ripple + _wave(y, (2, 1), (4, 1 / 3), (16, 1 / 12), (32, 1 / 30))
    return east, north


def _wgs_to_gcj(lon: float, lat: float) -> Point:
    if not _CHINA.holds(lon, lat):
        return Point(lon, lat)
    east_m, north_m = _shift_m(lon - 105, lat - 35)
    phi = math.radians(lat)
    bulge = 1 - _ECCENTRICITY_2 * math.sin(phi) ** 2
    north_arc_m = math.radians(_AXIS_M * (1 - _ECCENTRICITY_2)) / bulge**1.5
    east_arc_m = math.radians(_AXIS_M * math.cos(phi)) / math.sqrt(bulge)
    return Point(lon + east_m / east_arc_m, lat + north_m / north_arc_m)


def _gcj_to_wgs(lon: float, lat: float) -> Point:
    guess = Point(lon, lat)
    for _ in range(20):
        there = _wgs_to_gcj(*guess)
        guess = Point(guess.lon + lon - there.lon, guess.lat + lat - there.lat)
        if abs(lon - there.lon) < _ENOUGH and abs(lat - there.lat) < _ENOUGH:
            break
    return guess


def _gcj_to_bd(lon: float, lat: float) -> Point:
    reach = math.hypot(lon, lat) + 0.00002 * math.sin(math.radians(lat) * 3000)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(math.radians(lon) * 3000)
    return Point(reach * math.cos(angle) + _BD_LON, reach * math.sin(angle) + _BD_LAT)


def _bd_to_gcj(lon: float, lat: float) -> Point:
    guess = Point(lon - _BD_LON, lat - _BD_LAT)
    for _ in range(20):
        there = _gcj_to_bd(*guess)
        guess = Point(guess.lon + lon - there.lon, guess.lat + lat - there.lat)
        if abs(lon - there.lon) < _ENOUGH and abs(lat - there.lat) < _ENOUGH:
            break
    return guess
