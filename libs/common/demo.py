"""Offerings of the demo city, from the registry's generator to those of the others. 演示数据.

A table in a file: the generators run before any service does, so there is no feed to follow yet.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

COLUMNS: Final = (
    *("id", "category", "provider_id", "venue_id", "service_item_id", "area_code"),
    *("price_fen", "capacity", "capacity_period", "lon", "lat", "groups"),
    "department_id",
)
NOTE: Final = "演示数据"
LOADER: Final = "demo"


@dataclass(frozen=True, slots=True)
class DemoOffering:
    """As much of an offering as needs, referrals and ratings of it are made of."""

    id: UUID
    category: str
    provider_id: UUID
    venue_id: UUID
    service_item_id: UUID | None
    area_code: str
    price_fen: int
    capacity: int | None
    period: str
    lon: float
    lat: float
    groups: tuple[str, ...]
    department_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DemoStreet:
    """A street with its office and what it offers."""

    code: str
    office: UUID
    offerings: list[DemoOffering]

    @property
    def area(self) -> str:
        """The division code."""
        return self.code + "000"

    def categories(self, count: int) -> list[str]:
        """So many sorts of services, those first of which there is most."""
        offered = Counter(offering.category for offering in self.offerings)
        return [category for category, _ in offered.most_common(count)]


def streets_of(offerings: Iterable[DemoOffering]) -> Iterator[DemoStreet]:
    """The streets whose office answers for something, in the order of their codes."""
    found: dict[tuple[str, UUID], list[DemoOffering]] = defaultdict(list)
    for offering in offerings:
        if offering.department_id is not None:
            found[offering.area_code[:9], offering.department_id].append(offering)
    for (code, office), own in sorted(found.items()):
        yield DemoStreet(code, office, own)


def offerings_of(path: Path) -> Iterator[DemoOffering]:
    """The offerings of a file, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield DemoOffering(
                id=UUID(row["id"]),
                category=row["category"],
                provider_id=UUID(row["provider_id"]),
                venue_id=UUID(row["venue_id"]),
                service_item_id=_id(row["service_item_id"]),
                area_code=row["area_code"],
                price_fen=int(row["price_fen"] or 0),
                capacity=int(row["capacity"]) if row["capacity"] else None,
                period=row["capacity_period"] or "at_once",
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                groups=tuple(filter(None, row["groups"].split("|"))),
                department_id=_id(row["department_id"]),
            )


def _id(cell: str) -> UUID | None:
    return UUID(cell) if cell else None
