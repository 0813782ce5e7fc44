"""Published offerings as an index in memory: filtered by sets of row numbers, in order, counted.

A row is never changed: an offering that changed gets a new row, and its old one is masked. Places
are on the plane of `common.geo.planar` (unit: degree of latitude).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from common import text
from common.contracts.registry.dictionaries import Dictionary
from common.geo import METRES_PER_DEGREE, planar
from common.opening import Moment
from registry.domain.searching import Run, category_tokens, own_runs, venue_tokens_there
from registry.queries.finding import Near
from registry.queries.offerings import Filters
from registry.searching.columns import Column, array_of, rows_by
from registry.searching.entries import Entry, hours_of, values_of
from registry.searching.grid import Plane, widening
from registry.searching.hours import Schedules
from registry.searching.postings import Postings
from registry.searching.words import Words

_NOTHING: Final = BitMap()
_WORN: Final = 20_000  # rows out of order, or masked, that a shelf may have however small it is
_QUESTIONS: Final = 256  # in words, of which is kept what they find
_FEW: Final = 200  # rows that are sorted rather than walked to


class Spot(NamedTuple):
    """A row found near a point: how far on the plane."""

    distance: float
    row: int


class Shelf:
    """All published offerings. Not shared between threads once it serves."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.alive = BitMap()
        self.ids: list[UUID] = []
        self._areas: list[str] = []
        self._row_of: dict[UUID, int] = {}
        self._postings = Postings()
        self._schedules = Schedules()
        self._having: dict[str, dict[Hashable, BitMap]] = {}
        self._under: dict[str, BitMap] = {}  # target groups with those under them, joined
        self._worded: dict[str, BitMap] = {}  # what was found by words, until anything is added
        self.area_names: dict[str, str] = {}  # by the digits counted, as far as they were asked
        self._plane = Plane()
        self._price = Column(np.int64)
        self._in_order: list[int] = []
        self._late: list[int] = []  # rows that came after one of a higher key, by key
        self._late_rows = BitMap()

    def __len__(self) -> int:
        return len(self.alive)

    @property
    def is_worn(self) -> bool:
        """Whether building it anew would make it smaller or quicker by half."""
        spent = len(self._late) + len(self.ids) - len(self.alive)
        return spent > max(_WORN, len(self.alive))

    def put(self, entries: Sequence[Entry]) -> None:
        """Add offerings, or replace them. Quickest in order of area code and id."""
        self._under.clear()
        self._worded.clear()
        first = len(self.ids)
        for row, entry in enumerate(entries, first):
            self.drop((entry.id,))
            self._add(entry, row)
        self._plane.extend([entry.place for entry in entries], first)
        self._price.extend([-1 if e.price_fen is None else e.price_fen for e in entries])
        for name, value, rows in values_of(entries, first):
            self._having.setdefault(name, {}).setdefault(value, BitMap()).update(rows)
        for hours, rows in rows_by(map(hours_of, entries), first).items():
            self._schedules.add(*hours, BitMap(rows))
        for tokens, rows in self._tokens(entries, first):
            self._postings.add_many(tokens, BitMap(rows))

    def reword(self, words: Words) -> set[str]:
        """Read other dictionaries from now on; the categories that are found by other words."""
        renamed, self.words = words.renamed(self.words), words
        self._under.clear()
        self._worded.clear()
        return renamed

    def drop(self, ids: Iterable[UUID]) -> None:
        """Take offerings off; unknown ones are not there already."""
        for each in ids:
            row = self._row_of.pop(each, None)
            if row is not None:
                self.alive.discard(row)

    def has(self, offering_id: UUID) -> bool:
        """Whether an offering is on the shelf."""
        return offering_id in self._row_of

    def ids_of(self, rows: Iterable[int]) -> list[UUID]:
        """The offerings of some rows, in their order."""
        return [self.ids[row] for row in rows]

    def of_category(self, code: str) -> list[UUID]:
        """The offerings under a category."""
        return self.ids_of(self._rows_having("category", code) & self.alive)

    def matching(self, filters: Filters) -> BitMap:
        """The rows that the filters ask for. `code` and `status` are not for the shelf."""
        sets = sorted([self.alive, *self._sets(filters)], key=len)
        if not sets[0]:
            return _NOTHING
        found = BitMap.intersection(*sets) if len(sets) > 1 else self.alive
        if filters.price_max_fen is not None:
            found = self._not_above(found, filters.price_max_fen)
        return found

    def page(self, found: BitMap, after: tuple[str, UUID] | None, limit: int) -> list[int]:
        """The first rows of what was found after a key, by area code and id."""
        ordered = found - self._late_rows if self._late else found
        start = self._first_after(self._in_order, after)
        rows: list[int] = []
        if start < len(self._in_order):
            rows = list(islice(ordered.iter_equal_or_larger(self._in_order[start]), limit))
        if self._late:
            rows = nsmallest(limit, [*rows, *self._late_after(found, after, limit)], key=self.key)
        return rows

    def key(self, row: int) -> tuple[str, UUID]:
        """What a list is ordered by."""
        return self._areas[row], self.ids[row]

    def nearest(
        self, found: BitMap, near: Near, after: tuple[float, UUID] | None, limit: int
    ) -> list[Spot]:
        """The nearest rows of what was found within the radius, after a key."""
        x, y = planar(near.lon, near.lat)
        whole, spots = near.radius_m / METRES_PER_DEGREE, list[Spot]()
        share, least = len(found) / max(len(self.alive), 1), after[0] if after else 0.0
        for reach in widening(least, whole, share=share):
            spots = self._spots(*self._plane.within(found, x, y, reach), after, limit)
            if len(spots) == limit:
                break
        return spots

    def around(self, found: BitMap, near: Near | None) -> BitMap:
        """What lies within the radius, where a point was asked about."""
        if near is None:
            return found
        x, y = planar(near.lon, near.lat)
        return BitMap(self._plane.within(found, x, y, near.radius_m / METRES_PER_DEGREE)[0])

    def counts(self, found: BitMap, name: str, codes: Iterable[Any]) -> dict[Any, int]:
        """How many of what was found have each value of a column; none is left out."""
        having = self._having.get(name, {})
        counted = {code: having[code] for code in codes if code in having}
        return {
            code: count
            for code, rows in counted.items()
            if (count := rows.intersection_cardinality(found))
        }

    def counts_under(self, found: BitMap, codes: Iterable[str]) -> dict[str, int]:
        """How many of what was found are for each target group or one under it."""
        groups = {code: self._of_group(code) for code in codes}
        counted = {code: rows.intersection_cardinality(found) for code, rows in groups.items()}
        return {code: count for code, count in counted.items() if count}

    def values(self, name: str) -> Iterator[Any]:
        """The values that occur in a column."""
        return iter(self._having.get(name, {}))

    def _sets(self, filters: Filters) -> Iterator[BitMap]:
        """One set of rows for each filter that is given."""
        if filters.words is not None:
            yield self._having_words(filters.words)
        for name, value in (
            ("category", filters.category),
            ("price", filters.price_kind),
            ("channel", filters.channel),
            (f"area{len(filters.area or '')}", filters.area),
            ("provider", filters.provider_id),
            ("venue", filters.venue_id),
            ("item", filters.service_item_id),
            ("feature", filters.accessibility),
        ):
            if value is not None:
                yield self._rows_having(name, value)
        if filters.group is not None:
            yield self._of_group(filters.group)
        if filters.open_at is not None:
            yield self._open(filters.open_at)

    def _having_words(self, asked: str) -> BitMap:
        """Many ask for the same few words: what they find is kept."""
        found = self._worded.get(asked)
        if found is None:
            found = self._postings.find(text.asked(asked, self.words.synonyms))
            if len(self._worded) >= _QUESTIONS:
                self._worded.clear()
            self._worded[asked] = found
        return found

    def _of_group(self, asked: str) -> BitMap:
        if asked not in self.words.of(Dictionary.TARGET_GROUP):
            return self._rows_having("group", asked)
        if asked not in self._under:
            codes = self.words.under(Dictionary.TARGET_GROUP, asked)
            rows = (self._rows_having("group", code) for code in codes)
            self._under[asked] = BitMap.union(_NOTHING, *rows)
        return self._under[asked]

    def _open(self, moment: Moment) -> BitMap:
        return self._schedules.open(moment)

    def _rows_having(self, name: str, value: Hashable) -> BitMap:
        return self._having.get(name, {}).get(value, _NOTHING)

    def _add(self, entry: Entry, row: int) -> None:
        self.ids.append(entry.id)
        self._areas.append(entry.area_code)
        self._row_of[entry.id] = row
        self.alive.add(row)
        self._arrange(row)

    def _tokens(
        self, entries: Sequence[Entry], first: int
    ) -> Iterator[tuple[Iterable[str], Sequence[int]]]:
        """What rows are found by: the same stretch of a name, venue or category is read once."""
        runs: defaultdict[Run, list[int]] = defaultdict(list)
        for row, entry in enumerate(entries, first):
            for run in own_runs(entry.name, entry.description, entry.code):
                runs[run].append(row)
        yield from ((run.tokens(), rows) for run, rows in runs.items())
        venues = rows_by(((e.venue_name, e.venue_address) for e in entries), first)
        yield from ((venue_tokens_there(*venue), rows) for venue, rows in venues.items())
        for category, rows in rows_by((entry.category for entry in entries), first).items():
            yield category_tokens(self.words.category(category)), rows

    def _arrange(self, row: int) -> None:
        key = self.key(row)
        if not self._in_order or key > self.key(self._in_order[-1]):
            self._in_order.append(row)
            return
        self._late.insert(bisect_right(self._late, key, key=self.key), row)
        self._late_rows.add(row)

    def _first_after(self, rows: Sequence[int], after: tuple[str, UUID] | None) -> int:
        return 0 if after is None else bisect_right(rows, after, key=self.key)

    def _late_after(
        self, found: BitMap, after: tuple[str, UUID] | None, limit: int
    ) -> Iterable[int]:
        rows = found & self._late_rows
        if len(rows) <= _FEW:
            return [row for row in rows if after is None or self.key(row) > after]
        start = self._first_after(self._late, after)
        return islice((row for row in self._late[start:] if row in rows), limit)

    def _not_above(self, found: BitMap, price_fen: int) -> BitMap:
        rows = array_of(found)
        prices = self._price.values[rows]
        return BitMap(rows[(prices >= 0) & (prices <= price_fen)])

    def _spots(
        self,
        rows: NDArray[Any],
        distances: NDArray[Any],
        after: tuple[float, UUID] | None,
        limit: int,
    ) -> list[Spot]:
        """The nearest of some rows after a key, equally near ones by id."""
        wanted = limit
        if after is not None:
            kept = distances >= after[0]
            rows, distances = rows[kept], distances[kept]
            wanted += int((distances == after[0]).sum())  # some of these were told already
        if len(rows) > wanted:
            reach = np.partition(distances, wanted - 1)[wanted - 1]
            kept = distances <= reach
            rows, distances = rows[kept], distances[kept]
        spots = [Spot(far, row) for far, row in zip(distances.tolist(), rows.tolist(), strict=True)]
        if after is not None:
            spots = [spot for spot in spots if (spot.distance, self.ids[spot.row]) > after]
        spots.sort(key=lambda spot: (spot.distance, self.ids[spot.row].int))
        return spots[:limit]
