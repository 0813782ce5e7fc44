"""Offerings of the demo city, from the registry's generator to those of the others. 演示数据.

A table in a file: the generators run before any service does, so there is no feed to follow yet.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

COLUMNS: Final = (
    *("id", "category", "provider_id", "venue_id", "service_item_id", "area_code"),
    *("price_fen", "capacity", "capacity_period", "lon", "lat", "groups"),
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


def offerings_of(path: Path) -> Iterator[DemoOffering]:
    """The offerings of a file, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield DemoOffering(
                id=UUID(row["id"]),
                category=row["category"],
                provider_id=UUID(row["provider_id"]),
                venue_id=UUID(row["venue_id"]),
                service_item_id=UUID(row["service_item_id"]) if row["service_item_id"] else None,
                area_code=row["area_code"],
                price_fen=int(row["price_fen"] or 0),
                capacity=int(row["capacity"]) if row["capacity"] else None,
                period=row["capacity_period"] or "at_once",
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                groups=tuple(filter(None, row["groups"].split("|"))),
            )
