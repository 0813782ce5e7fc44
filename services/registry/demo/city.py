"""The demo city as a whole: which streets are furnished, and all that stands in them.

`scale` is the share of the city's 20,000 venues. A small city is a few streets in full, since a
thin layer over all 234 would show nothing near anybody's home.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from random import Random
from typing import Final

from registry.demo import organisations, services
from registry.demo.geography import DISTRICTS, Point, points_of, town_radius_km
from registry.demo.organisations import Street
from registry.demo.people import Count, people_of

SEED: Final = 20_261_123
CITY_VENUES: Final = 20_000
FIRST: Final = "310101013000"  # 外滩街道, so that the smallest city has a centre
EDITION: Final = "divisions_shanghai_2023.csv"


@dataclass(frozen=True, slots=True)
class Division:
    """One row of the division list."""

    code: str
    name: str
    kind: str


def divisions() -> list[Division]:
    """The real division list that ships with the service."""
    source = resources.files("registry").joinpath("data", EDITION).read_text("utf-8")
    return [
        Division(row["code"], row["name"], row["kind"])
        for row in csv.DictReader(source.splitlines())
    ]


@dataclass(frozen=True)
class City:
    """A demo city: the same seed and scale give the same city, byte for byte."""

    scale: float
    seed: int = SEED

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names by division code."""
        return {division.code: division.name for division in divisions()}

    @cached_property
    def children(self) -> Mapping[str, list[str]]:
        """Codes below each district and town."""
        below: dict[str, list[str]] = defaultdict(list)
        for code in self.names:
            if code.endswith("000000"):
                continue
            below[code[:9] + "000" if not code.endswith("000") else code[:6] + "000000"].append(
                code
            )
        return below

    @cached_property
    def points(self) -> Mapping[str, Point]:
        """A synthetic point for each district, town and neighbourhood."""
        return points_of(self.children, self.seed)

    @cached_property
    def streets(self) -> list[Street]:
        """The furnished streets, the first one in the centre, the others in seeded order."""
        towns = [
            code for code in self.names if code.endswith("000") and not code.endswith("000000")
        ]
        Random(f"{self.seed}:streets").shuffle(towns)
        towns.sort(key=lambda code: code != FIRST)
        wanted = min(len(towns), max(1, round(self.scale * len(towns))))
        return [self.street(code) for code in towns[:wanted]]

    def street(self, code: str) -> Street:
        """One town-level division with its neighbourhoods."""
        below = {child: self.names[child] for child in self.children.get(code, ())}
        return Street(code, self.names[code], below)

    def venues_in(self, street: Street) -> list[services.Venue]:
        """The venues of a street: an even share of the city's."""
        seat = DISTRICTS[street.code[:6]]
        radius_km = town_radius_km(seat, len(self.children[street.code[:6] + "000000"]))
        total = sum(1 for code in self.names if code.endswith("000") and code[6:] != "000000")
        count = round(CITY_VENUES / total)
        return list(services.venues_of(street, self.points, radius_km, self.seed, count))

    def organisations_in(self, street: Street) -> list[organisations.Organisation]:
        """The organisations of a street."""
        return list(organisations.of_street(street, self.seed))

    def people(self) -> Iterator[tuple[str, Count]]:
        """The people of every neighbourhood of the city, furnished or not."""
        for code in self.names:
            if not code.endswith("000"):
                area_type = DISTRICTS[code[:6]].area_type
                random = Random(f"{self.seed}:people:{code}")
                yield from ((code, count) for count in people_of(area_type, random))
