"""A planted set for record matching: the same thing brought again, and things that only look alike.

`python -m tests.registry.records.plant` writes records.csv and pairs.csv anew; the same seed gives
the same bytes. Everything in it is 演示数据: real names of neighbourhoods, invented houses.

A family is a thing with those that are easily mistaken for it. Each family falls, as a whole, into
the part on which weights were chosen (`tune`) or into the one that is held out (`held`).
"""

import csv
import io
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Final

from tests.registry.records.again import again
from tests.registry.records.alike import siblings
from tests.registry.records.things import SEED, Home, Thing, body, homes, venue

FAMILIES: Final = 600
HERE: Final = Path(__file__).parent
FIELDS: Final = (
    *("id", "kind", "sort", "name", "credit_code", "phone", "address", "lon", "lat", "area_code"),
    *("entity", "family", "part"),
)


@dataclass(slots=True)
class Planted:
    """The rows of the two files."""

    records: list[dict[str, str]] = field(default_factory=list)
    pairs: list[tuple[str, str, int, str]] = field(default_factory=list)


def plant() -> Planted:
    """All records and pairs."""
    planted, random = Planted(), Random(SEED)
    places = homes(random)
    for family in range(FAMILIES):
        _plant_family(planted, family, places)
    return planted


def _plant_family(planted: Planted, family: int, places: list[Home]) -> None:
    random = Random(f"{SEED}:{family}")
    home = places[family]
    others = random.sample(places[FAMILIES:], 60)
    thing = venue(home, random) if family % 5 < 3 else body(home, random)
    entities = [(thing, "")]
    entities += siblings(thing, home, others, random)
    known = {each.code: each for each in (home, *others)}
    groups: list[list[tuple[str, str]]] = []
    for number, (each, kind) in enumerate(entities):
        copies = random.choice((1, 1, 2)) if number == 0 else random.choice((0, 0, 1))
        forms = [(each, kind)] + [again(each, known[each.area_code], random) for _ in range(copies)]
        groups.append(
            [(_write(planted, shown, f"{family}-{number}", family), how) for shown, how in forms]
        )
    for group in groups:
        for (left, _), (right, how) in combinations(group, 2):
            planted.pairs.append((left, right, 1, how))
    for first, second in combinations(groups, 2):
        planted.pairs.append((first[0][0], second[0][0], 0, second[0][1]))


def _write(planted: Planted, thing: Thing, entity: str, family: int) -> str:
    record_id = f"R{len(planted.records):05d}"
    part = "tune" if Random(f"{SEED}:part:{family}").random() < 0.5 else "held"
    point = {
        "lon": "" if thing.lon is None else f"{thing.lon:.6f}",
        "lat": "" if thing.lat is None else f"{thing.lat:.6f}",
    }
    planted.records.append(
        {
            "id": record_id,
            **{name: getattr(thing, name) for name in FIELDS[1:7]},
            **point,
            "area_code": thing.area_code,
            "entity": entity,
            "family": str(family),
            "part": part,
        }
    )
    return record_id


def files() -> dict[str, str]:
    """The two files as text."""
    planted = plant()
    records, pairs = io.StringIO(), io.StringIO()
    table = csv.DictWriter(records, FIELDS, lineterminator="\n")
    table.writeheader()
    table.writerows(planted.records)
    lines = csv.writer(pairs, lineterminator="\n")
    lines.writerow(("left", "right", "is_same", "how"))
    lines.writerows(planted.pairs)
    return {"records.csv": records.getvalue(), "pairs.csv": pairs.getvalue()}


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8")
