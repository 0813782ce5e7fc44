"""What the shelf needs of an offering, and by which values offerings are filtered and counted."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from registry.searching.columns import rows_by

_PREFIXES: Final = (2, 4, 6, 9, 12)  # significant digits of a division code, level by level


class Entry(NamedTuple):
    """An offering as the shelf needs it; `place` on the plane, hours as JSON text."""

    id: UUID
    area_code: str
    name: str
    description: str | None
    code: str | None
    category: str
    category_path: str
    groups: Sequence[str]
    channels: Sequence[str]
    price_kind: str | None
    price_fen: int | None
    provider_id: UUID | None
    service_item_id: UUID | None
    venue_id: UUID | None
    place: tuple[float, float] | None
    hours: str | None
    venue_name: str | None
    venue_address: str | None
    venue_hours: str | None
    venue_stands: bool | None
    features: Sequence[str] | None


def hours_of(entry: Entry) -> tuple[str | None, str | None, bool]:
    """Its own, those of its venue if that stands, and whether it happens nowhere else."""
    venue = entry.venue_hours if entry.venue_stands else None
    return entry.hours, venue, list(entry.channels) == ["on_site"]


def values_of(
    entries: Sequence[Entry], first: int
) -> Iterator[tuple[str, Hashable, Sequence[int]]]:
    """Each column and value by which rows are filtered or counted, with its rows."""
    for path, rows in rows_by((entry.category_path for entry in entries), first).items():
        yield from (("category", code, rows) for code in path.split("/"))
    for area, rows in rows_by((entry.area_code for entry in entries), first).items():
        yield from ((f"area{digits}", area[:digits], rows) for digits in _PREFIXES)
    for name, listed in (
        ("group", [tuple(entry.groups) for entry in entries]),
        ("channel", [tuple(entry.channels) for entry in entries]),
        ("feature", [tuple(entry.features or ()) for entry in entries]),
    ):
        for values, rows in rows_by(listed, first).items():
            yield from ((name, value, rows) for value in values)
    single: tuple[tuple[str, list[Hashable | None]], ...] = (
        ("price", [entry.price_kind for entry in entries]),
        ("provider", [entry.provider_id for entry in entries]),
        ("venue", [entry.venue_id for entry in entries]),
        ("item", [entry.service_item_id for entry in entries]),
    )
    for name, column in single:
        known = rows_by(column, first)
        yield from ((name, value, rows) for value, rows in known.items() if value is not None)
