"""Where the demo city lies: synthetic points in WGS-84 degrees, drawn around district seats.

The seats are rounded to a hundredth of a degree and say no more than where a district roughly is.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

KM_PER_DEGREE: Final = 111.2
GOLDEN_ANGLE: Final = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True, slots=True)
class District:
    """The seat of a district, how far its towns spread, and its type for peer comparison."""

    lon: float
    lat: float
    spread_km: float
    area_type: str


DISTRICTS: Final[Mapping[str, District]] = {
    "310101": District(121.48, 31.23, 2.2, "central"),
    "310104": District(121.44, 31.18, 3.6, "central"),
    "310105": District(121.40, 31.21, 3.2, "central"),
    "310106": District(121.45, 31.25, 3.4, "central"),
    "310107": District(121.40, 31.25, 3.6, "central"),
    "310109": District(121.50, 31.27, 2.4, "central"),
    "310110": District(121.53, 31.27, 4.0, "central"),
    "310112": District(121.38, 31.11, 9.0, "suburban"),
    "310113": District(121.45, 31.38, 8.0, "suburban"),
    "310114": District(121.25, 31.37, 9.5, "suburban"),
    "310115": District(121.65, 31.14, 16.0, "suburban"),
    "310116": District(121.24, 30.82, 10.0, "suburban"),
    "310117": District(121.23, 31.03, 10.0, "suburban"),
    "310118": District(121.09, 31.12, 9.5, "suburban"),
    "310120": District(121.52, 30.92, 9.5, "suburban"),
    "310151": District(121.55, 31.62, 11.0, "rural"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees in WGS-84, six decimals."""

    lon: float
    lat: float


def place(centre: Point, east_km: float, north_km: float) -> Point:
    """The point so many kilometres east and north of another."""
    lat = centre.lat + north_km / KM_PER_DEGREE
    lon = centre.lon + east_km / (KM_PER_DEGREE * math.cos(math.radians(centre.lat)))
    return Point(round(lon, 6), round(lat, 6))


def spiral(centre: Point, count: int, radius_km: float, random: Random) -> Iterator[Point]:
    """`count` points spread evenly over a disc, slightly shaken."""
    for index in range(count):
        reach = radius_km * math.sqrt((index + 0.5) / count) * random.uniform(0.94, 1.0)
        angle = index * GOLDEN_ANGLE + random.uniform(-0.1, 0.1)
        yield place(centre, reach * math.cos(angle), reach * math.sin(angle))


def scattered(centre: Point, radius_km: float, random: Random) -> Point:
    """A point within a disc."""
    reach, angle = radius_km * math.sqrt(random.random()), random.uniform(0, 2 * math.pi)
    return place(centre, reach * math.cos(angle), reach * math.sin(angle))


def points_of(children: Mapping[str, Sequence[str]], seed: int) -> dict[str, Point]:
    """A point for each district, town and neighbourhood; `children` lists codes below a code."""
    points: dict[str, Point] = {}
    for district, seat in DISTRICTS.items():
        code = district.ljust(12, "0")
        points[code] = Point(seat.lon, seat.lat)
        towns = children.get(code, ())
        random = Random(f"{seed}:{code}")
        spread = spiral(points[code], len(towns), seat.spread_km, random)
        for town, point in zip(towns, spread, strict=True):
            points[town] = point
            below = children.get(town, ())
            radius = town_radius_km(seat, len(towns))
            inner = spiral(point, len(below), radius, Random(f"{seed}:{town}"))
            points.update(zip(below, inner, strict=True))
    return points


def town_radius_km(seat: District, towns: int) -> float:
    """How far a town reaches when `towns` of them share its district's disc."""
    return seat.spread_km / math.sqrt(max(towns, 1)) * 0.9
