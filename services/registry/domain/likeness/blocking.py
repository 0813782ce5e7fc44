"""Where to look for a second record of the same thing, so that nobody compares all with all. Pure.

A record is filed under its keys and looked for under its probes; who shares a key is compared.
Keys that too many share say nothing and are passed over (`CROWDED`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import cos, floor, radians
from typing import Final

from registry.domain.likeness.records import Key, Likened

CROWDED: Final = 120  # records under one key; a hotline or a very common name is no lead
_CELL: Final = 0.003  # degrees of latitude, about 330 m: pins are moved by less
_SHRINK: Final = cos(radians(31.2))


def keys(record: Likened) -> frozenset[str]:
    """Under what a record is filed."""
    own = _common(record)
    if record.point is not None:
        own.add(_cell_key(record, *_cell(record.point)))
    return frozenset(own)


def probes(record: Likened) -> frozenset[str]:
    """Under what a record looks for others: its keys, and the cells around its own."""
    own = _common(record)
    if record.point is not None:
        x, y = _cell(record.point)
        own |= {_cell_key(record, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    return frozenset(own)


def candidates(records: Mapping[Key, Likened]) -> Iterator[tuple[Key, Key]]:
    """Pairs that share a key that is not crowded, each once, the smaller id first."""
    filed: dict[str, list[Key]] = defaultdict(list)
    for record in records.values():
        for key in keys(record):
            filed[key].append(record.id)
    for record in records.values():
        for other in _sharing(filed, probes(record)):
            if str(record.id) < str(other):
                yield record.id, other


def _sharing(filed: Mapping[str, list[Key]], wanted: Iterable[str]) -> set[Key]:
    held = (filed.get(key, []) for key in wanted)
    return {other for others in held if len(others) <= CROWDED for other in others}


def _common(record: Likened) -> set[str]:
    name, town, district = record.name, record.area_code[:9], record.area_code[:6]
    found = {f"n:{name.spoken}"}
    if record.credit_code:
        found.add(f"c:{record.credit_code}")
    if record.phone:
        found.add(f"p:{record.phone}")
    if record.door:
        found.add(f"a:{district}:{record.door}")
    found.update(f"t:{town}:{a}{b}" for a, b in zip(name.core, name.core[1:], strict=False))
    if len(name.core) <= 3:
        found.update(f"u:{town}:{name.sort or record.sort}:{each}" for each in name.core)
    return found


def _cell(point: tuple[float, float]) -> tuple[int, int]:
    return floor(point[0] * _SHRINK / _CELL), floor(point[1] / _CELL)


def _cell_key(record: Likened, x: int, y: int) -> str:
    return f"g:{x}:{y}:{record.sort}"
