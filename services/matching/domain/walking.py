"""How long a walk takes. Pure: the straight line, lengthened; known paths stand in its place.

Points lie on the plane of `common.geo.planar`, whose unit is a degree of latitude.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final, Protocol

from common.geo import METRES_PER_DEGREE, Point
from common.rules import RulesInForce

_METRES_PER_KM: Final = 1000
_MINUTES_PER_HOUR: Final = 60


def metres(minutes: float, speed_kmh: float) -> int:
    """How far one walks in some minutes."""
    return round(minutes * speed_kmh * _METRES_PER_KM / _MINUTES_PER_HOUR)


class Walking(Protocol):
    """Minutes on foot from one point to another."""

    def one(self, start: Point, end: Point) -> float:
        """Minutes from start to end."""
        ...


@dataclass(frozen=True, slots=True)
class StraightLine:
    """The straight line times a detour factor, at one speed."""

    detour: float
    speed_kmh: float

    @classmethod
    def by_rules(cls, rules: RulesInForce) -> "StraightLine":
        """As the rules `walk.detour` and `walk.speed` say."""
        return cls(float(rules.rule("walk.detour").share), float(rules.rule("walk.speed").share))

    @property
    def minutes_per_degree(self) -> float:
        """Minutes for one degree of the plane."""
        return (
            METRES_PER_DEGREE * self.detour / (self.speed_kmh * _METRES_PER_KM / _MINUTES_PER_HOUR)
        )

    def one(self, start: Point, end: Point) -> float:
        """Minutes to one end. Written with a root, as the arrays compute it, bit for bit."""
        east, north = end.lon - start.lon, end.lat - start.lat
        return sqrt(east * east + north * north) * self.minutes_per_degree


@dataclass(frozen=True, slots=True)
class KnownPaths:
    """Walks from one start that a router has measured; the line where it knows no path."""

    minutes: Mapping[Point, float]
    line: StraightLine

    def one(self, start: Point, end: Point) -> float:
        """Minutes to one end."""
        known = self.minutes.get(end)
        return self.line.one(start, end) if known is None else known
