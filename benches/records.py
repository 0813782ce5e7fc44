"""Candidate search at city scale: 20,000 venues and 60,000 organisations, in process.

What one look at a record costs, and how many others it is compared with. Names, pins and phones
are those of the planted set (tests/registry/records), drawn on for a whole city.
"""

import os
import time
from collections.abc import Callable
from random import Random

from benches import Row
from registry.domain.likeness.blocking import candidates
from registry.domain.likeness.names import Gazetteer
from registry.domain.likeness.records import Likened, likened
from registry.domain.likeness.scoring import SHOWN_FROM, likeness
from tests.registry.records.again import again
from tests.registry.records.plant import FIELDS
from tests.registry.records.things import SEED, Home, Thing, body, homes, venue

SIZES = {
    "venue": int(os.environ.get("VENUES", "20000")),
    "organisation": int(os.environ.get("ORGANISATIONS", "60000")),
}
AGAIN = 0.1  # of the records are brought a second time
BAR = "works at city scale"


def rows() -> list[Row]:
    """For each kind: taking apart, looking, comparing."""
    found = []
    for kind, size in SIZES.items():
        records = _city(kind, size)
        started = time.perf_counter()
        pairs = list(candidates(records))
        looked = time.perf_counter()
        shown = sum(likeness(records[a], records[b]).score >= SHOWN_FROM for a, b in pairs)
        compared = time.perf_counter()
        each = (compared - started) / len(records) * 1e6
        share = len(pairs) / (len(records) * (len(records) - 1) / 2)
        found.append(
            Row(
                f"{len(records)} {kind}s, every one looked at",
                f"{compared - started:.1f} s ({looked - started:.1f} s looking), {each:.0f} µs a"
                f" record, {2 * len(pairs) / len(records):.1f} compared with each"
                f" ({share:.2e} of all pairs), {shown} pairs shown",
                BAR,
            )
        )
    return found


def _city(kind: str, size: int) -> dict[str, Likened]:
    random = Random(SEED)
    places = homes(random)
    names = {home.district_name for home in places} | {home.town_name for home in places}
    gazetteer = Gazetteer.of(frozenset({*names, "上海市"}))
    make: Callable[[Home, Random], Thing] = venue if kind == "venue" else body
    records: dict[str, Likened] = {}
    while len(records) < size:
        home = random.choice(places)
        thing = make(home, random)
        _file(records, thing, gazetteer)
        if random.random() < AGAIN:
            _file(records, again(thing, home, random)[0], gazetteer)
    return records


def _file(records: dict[str, Likened], thing: Thing, gazetteer: Gazetteer) -> None:
    key = f"R{len(records):06d}"
    row = {name: getattr(thing, name) for name in FIELDS[1:10]}
    records[key] = likened({**row, "id": key}, gazetteer)
