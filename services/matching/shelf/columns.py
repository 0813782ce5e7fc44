"""Offerings as columns of numbers, in the order in which they are searched.

Two things of them change, both in place: what ratings move, for a city rates somebody every second,
and in what is seen at a time (`Shelf.seen`) the places that are left.

Rows stand by category (those under one another side by side), then by how they are reached, then
by square of a grid, then by id. `left` is what the registry publishes; what is taken of it is told
by copies of that one column (`places`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.contracts.vocabulary import Channel
from matching.shelf.addresses import ASKS, INT, NEAR, SEGMENT, Kept
from matching.shelf.texts import Texts

Array = NDArray[Any]

COMES, FIXED, PLACELESS = 0, 1, 2  # how an offering is reached; only fixed ones have a grid
REMOTE_BITS: Final = 0b110  # at home, online: the places of these in `Channel`
PER_SQUARE: Final = 8  # rows that a square holds in the mean
_SIDES: Final[tuple[Literal["left"], Literal["right"]]] = "left", "right"
MANY_SQUARES: Final = 256  # along one side
# What the kernel finds by address: squares, what is read of rows, places left, order of ids.
_SOUGHT: Final = (SEGMENT, *[INT] * 7, ASKS, NEAR, INT, INT)


@dataclass(frozen=True, slots=True)
class Rows:
    """One value per offering in each column. Numbers of words are those of `Lists`."""

    id: Array  # two uint64: the halves of the UUID
    path: Array
    provider: Array
    venue: Array
    who: Array
    where: Array
    timetable: Array
    channels: Array
    features: Array
    stands: Array
    price: Array  # fen, -1 not known
    left: Array  # places that there are, -1 not counted
    x: Array
    y: Array
    rating: Array  # nan: none
    scarcity: Array
    begin: Texts  # what every answer says of a row first, as JSON (`begin_of`)

    def __len__(self) -> int:
        return len(self.x)

    def take(self, places: Array) -> "Rows":
        """Some rows, in an order."""
        return Rows(**{each.name: getattr(self, each.name)[places] for each in fields(Rows)})

    def latest(self) -> "Rows":
        """Of rows with one id the last."""
        order = np.lexsort((self.id[:, 1], self.id[:, 0]))
        ids = self.id[order]
        is_last = np.append((ids[1:] != ids[:-1]).any(axis=1), True)
        return self.take(order[is_last])

    @staticmethod
    def joined(parts: Sequence["Rows"]) -> "Rows":
        """The rows of several, one after another."""
        names = [each.name for each in fields(Rows)]
        return Rows(**{name: _joined([getattr(part, name) for part in parts]) for name in names})


def _joined(parts: Sequence[Any]) -> Any:
    """The values of several columns, one after another."""
    return Texts.joined(parts) if isinstance(parts[0], Texts) else np.concatenate(parts)


class Squares(NamedTuple):
    """The grids of all segments: where each begins and how fine it is. The kernel takes it whole.

    A segment holds the rows of one path and one reach.
    """

    segments: Array  # of `SEGMENT`
    first: Array  # first row of each square, and the end of the last
    timetables: Array  # those of each segment, each once
    timetable_starts: Array
    pairs: Array  # pairs of terms of each segment, each once, those of most rows first
    pair_starts: Array
    who: Array  # the terms of each pair
    where: Array


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows in order, their segments, and the order of their ids."""

    rows: Rows
    squares: Squares
    rank: Array  # of a row's id among all ids
    by_id: Array  # rows in order of their ids
    ids: Array  # in that order
    standing: Array  # minutes of the score that are the same for every need
    ranges: Mapping[str, Sequence[tuple[int, int]]]  # rows of a category and all under it
    segments: Mapping[str, Array]
    form: Array  # of rows of one form a need asks by the same rules (`_forms`)
    kind: Array  # of rows of one kind it asks the same, to the values (`_kinds`)
    asks: Array  # whom and when a row is for: its terms, as a pair of `Squares`, and timetable
    near: Array  # what else a search reads of it (`NEAR`)
    sought: Kept = field(init=False)

    def __post_init__(self) -> None:
        sought = *self.squares, self.asks, self.near, self.rows.left, self.rank
        object.__setattr__(self, "sought", Kept(sought, _SOUGHT))

    def __len__(self) -> int:
        return len(self.rows)

    def row_of(self, number: int) -> int | None:
        """The row of an id, given as an integer of 128 bits."""
        high, low = np.uint64(number >> 64), np.uint64(number & (2**64 - 1))
        first, last = (int(np.searchsorted(self.ids[:, 0], high, side)) for side in _SIDES)
        place = first + int(np.searchsorted(self.ids[first:last, 1], low))
        return int(self.by_id[place]) if place < last and self.ids[place, 1] == low else None

    def rows_of(self, wanted: Array) -> Array:
        """The rows of many ids, given as halves; -1 where there is none."""
        first, last = (np.searchsorted(self.ids[:, 0], wanted[:, 0], side) for side in _SIDES)
        found = np.full(len(wanted), -1, dtype=np.int64)
        alone = np.flatnonzero(last - first == 1)
        alone = alone[self.ids[first[alone], 1] == wanted[alone, 1]]
        found[alone] = self.by_id[first[alone]]
        for place in np.flatnonzero(last - first > 1).tolist():  # ids that share their first half
            high, low = wanted[place].tolist()
            row = self.row_of(high << 64 | low)
            found[place] = -1 if row is None else row
        return found

    def weighed(self, rows: Rows, standing: Array) -> "Columns":
        """The same rows, in the same order, under other weights, ratings or prices."""
        return replace(
            self,
            rows=rows,
            squares=_weighed(self.squares, standing),
            standing=standing,
            near=_near(rows, standing),
        )

    def rate(self, places: Array, ratings: Array, standing: Array) -> None:
        """Other ratings of some rows, for all who look at these columns."""
        self.rows.rating[places] = ratings
        self.standing[places] = self.near["standing"][places] = standing
        segments = self.squares.segments
        segments["least"] = _least(segments, self.standing)


def arranged(rows: Rows, paths: Sequence[str], standing: Array, asks: Array) -> Columns:
    """Rows in the order of the search. `paths` are the words of `rows.path`.

    `asks` are the rules that the terms of each ask (`TermsTable.asks`).
    """
    reach = np.where(
        rows.channels & REMOTE_BITS > 0, COMES, np.where(np.isnan(rows.x), PLACELESS, FIXED)
    )
    in_order = sorted(range(len(paths)), key=lambda number: paths[number].split("/"))
    place = np.empty(len(paths) or 1, dtype=np.int32)
    place[in_order] = np.arange(len(paths))
    first = np.lexsort((rows.id[:, 1], rows.id[:, 0], reach, place[rows.path]))
    rows, reach, standing, asks = rows.take(first), reach[first], standing[first], asks[first]
    bounds = _bounds(rows.path, reach)
    grids = [_Grid.over(rows, reach, start, end) for start, end in bounds]
    if grids:
        order = np.concatenate([grid.order for grid in grids])
        rows, standing, asks = rows.take(order), standing[order], asks[order]
    rows = replace(rows, begin=rows.begin.packed())
    pairs, pair = np.unique(rows.who.astype(np.int64) << 32 | rows.where, return_inverse=True)
    squares = _squares(rows, reach, bounds, grids, standing, pairs, pair)
    by_id = np.lexsort((rows.id[:, 1], rows.id[:, 0])).astype(np.int32)
    rank = np.empty(len(rows), dtype=np.int32)
    rank[by_id] = np.arange(len(rows), dtype=np.int32)
    segments = _segments(squares, paths)
    ranges = {code: list(_ranges(squares, found)) for code, found in segments.items()}
    return Columns(
        *(rows, squares, rank, by_id, rows.id[by_id], standing, ranges, segments),
        *(_forms(rows, asks), _kinds(rows), _asked(rows, pair), _near(rows, standing)),
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """The squares of one segment and the order of its rows by square."""

    order: Array
    x0: float
    y0: float
    side: float
    across: int
    along: int
    first: Array

    @classmethod
    def over(cls, rows: Rows, reach: Array, start: int, end: int) -> "_Grid":
        """A grid over the rows of a segment; one square where rows have no place to go to."""
        here = np.arange(start, end)
        if reach[start] != FIXED:
            return cls(here, 0.0, 0.0, 1.0, 1, 1, np.array([start, end], dtype=np.int32))
        x, y = rows.x[start:end], rows.y[start:end]
        x0, y0 = float(x.min()), float(y.min())
        wide, high = float(x.max()) - x0, float(y.max()) - y0
        squares = max(1.0, (end - start) / PER_SQUARE)
        side = max((wide * high / squares) ** 0.5, max(wide, high) / MANY_SQUARES, 1e-6)
        across, along = int(wide / side) + 1, int(high / side) + 1
        square = ((y - y0) / side).astype(np.int64) * across + ((x - x0) / side).astype(np.int64)
        order = np.argsort(square, kind="stable")
        first = start + np.searchsorted(square[order], np.arange(across * along + 1))
        return cls(here[order], x0, y0, side, across, along, first.astype(np.int32))


def _bounds(path: Array, reach: Array) -> list[tuple[int, int]]:
    """First and last row of each run of equal path and reach."""
    if not len(path):
        return []
    breaks = np.flatnonzero((np.diff(path) != 0) | (np.diff(reach) != 0)) + 1
    edges = [0, *breaks.tolist(), len(path)]
    return list(pairwise(edges))


def _squares(
    rows: Rows,
    reach: Array,
    bounds: Sequence[tuple[int, int]],
    grids: Sequence[_Grid],
    standing: Array,
    pairs: Array,
    pair: Array,
) -> Squares:
    segments, starts = np.zeros(len(bounds), dtype=SEGMENT), [start for start, _ in bounds]
    segments["start"], segments["end"] = starts, [end for _, end in bounds]
    segments["path"], segments["reach"] = rows.path[starts], reach[starts]
    for name in ("x0", "y0", "side", "across", "along"):
        segments[name] = [getattr(grid, name) for grid in grids]
    sizes = np.array([len(grid.first) for grid in grids], dtype=np.int64)
    segments["offset"] = np.cumsum(sizes) - sizes
    segments["least"] = _least(segments, standing)
    first = [grid.first for grid in grids] or [np.empty(0, dtype=np.int32)]
    segment = np.repeat(np.arange(len(segments)), segments["end"] - segments["start"])
    return Squares(
        *(segments, np.concatenate(first)),
        *_each_once(rows.timetable, segment, len(segments)),
        *_each_once(pair, segment, len(segments)),
        *((pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)),
    )


def _weighed(squares: Squares, standing: Array) -> Squares:
    segments = squares.segments.copy()
    segments["least"] = _least(segments, standing)
    return squares._replace(segments=segments)


def _least(segments: Array, standing: Array) -> Array:
    if not len(standing):
        return standing
    found: Array = np.minimum.reduceat(standing, segments["start"])
    return found


def _each_once(numbers: Array, segment: Array, count: int) -> tuple[Array, Array]:
    """The numbers of each segment, each once, those of most rows first; and where they begin."""
    keys, sizes = np.unique(segment << 32 | numbers, return_counts=True)
    keys = keys[np.lexsort((-sizes, keys >> 32))]
    starts = np.searchsorted(keys >> 32, np.arange(count + 1))
    return (keys & 0xFFFFFFFF).astype(np.int32), starts.astype(np.int32)


def _forms(rows: Rows, asks: Array) -> Array:
    """What decides which rules ask something of a row, as one number.

    Its terms, how it is reached, whether its venue stands and its places are counted.
    """
    facts = rows.channels.astype(np.int16) << 2 | rows.stands * np.int16(2) | (rows.left >= 0)
    forms: Array = asks << len(Channel) + 2 | facts
    return forms


def _kinds(rows: Rows) -> Array:
    """What decides what is asked of a row, to the values, as one number.

    Its terms, how it is reached, whether its venue stands, its places are counted, its price known.
    """
    terms = rows.who.astype(np.int64) << 28 | rows.where  # of each there are fewer
    facts = rows.channels.astype(np.int64) << 3 | rows.stands * np.int64(4)
    kinds: Array = terms << len(Channel) + 3 | facts | (rows.left >= 0) << 1 | (rows.price >= 0)
    return kinds


def _asked(rows: Rows, pair: Array) -> Array:
    """The columns of `ASKS`, side by side."""
    asks = np.empty(len(rows), dtype=ASKS)
    asks["pair"], asks["timetable"] = pair, rows.timetable
    return asks


def _near(rows: Rows, standing: Array) -> Array:
    """The columns of `NEAR`, side by side."""
    near = np.empty(len(rows), dtype=NEAR)
    for name in NEAR.names or ():
        near[name] = standing if name == "standing" else getattr(rows, name)
    return near


def _segments(squares: Squares, paths: Sequence[str]) -> dict[str, Array]:
    """The segments of each category code and of all under it."""
    found: dict[str, list[int]] = {}
    for segment, path in enumerate(squares.segments["path"].tolist()):
        for code in dict.fromkeys(paths[path].split("/")):
            found.setdefault(code, []).append(segment)
    return {code: np.array(each, dtype=np.int32) for code, each in found.items()}


def _ranges(squares: Squares, numbers: Array) -> Iterator[tuple[int, int]]:
    """Rows of some segments in order, those side by side as one."""
    start = end = -1
    for begins, ends in squares.segments[["start", "end"]][numbers].tolist():
        if begins != end:
            if end > start:
                yield start, end
            start = begins
        end = ends
    if end > start:
        yield start, end
