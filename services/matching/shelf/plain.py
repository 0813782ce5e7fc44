"""The search in plain numpy: every row of a category is looked at. The oracle of the kernel."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from math import inf
from operator import itemgetter
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from matching.domain.scoring import BELOW, FAR
from matching.shelf.asking import UNLIMITED, Asked
from matching.shelf.columns import REMOTE_BITS, Columns, Rows
from matching.shelf.terms import NO, OPEN, YES, TermsTable, judge_where, judge_who

Array = NDArray[Any]

# What a row waits for, as bits: for a fact of whatever kind, and for which circumstances.
A_FACT: Final = 1
CIRCUMSTANCES: Final = {2: "opening_time", 4: "price", 8: "distance"}
OPENING_TIME, PRICE, DISTANCE = CIRCUMSTANCES


class Found(NamedTuple):
    """Rows that may serve a need, what each ranks by, the minutes on foot, and what it waits for.

    Ranks are minutes, those with open facts below all others; a walk is nan when a place is not
    known; what waits for nothing is sure.
    """

    rows: Array
    ranks: Array
    walks: Array
    waits: Array

    @classmethod
    def nothing(cls) -> Self:
        """No row."""
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.uint8))

    def between(self, start: int, end: int) -> Self:
        """Some that stand side by side."""
        return type(self)(*(each[start:end] for each in self))

    def take(self, places: Array) -> Self:
        """Some of them, in an order."""
        return type(self)(*(each[places] for each in self))


def best(
    columns: Columns, gone: Array, terms: TermsTable, asked: Asked, limit: int, most: float = inf
) -> Found:
    """The rows of the least rank, none beyond `most`, in order; equal ones by id."""
    found = eligible(columns, gone, terms, asked)
    if most < inf:
        found = found.take(found.ranks <= most)
    if len(found.rows) > limit:
        found = found.take(found.ranks <= np.partition(found.ranks, limit - 1)[limit - 1])
    return found.take(np.lexsort((columns.rank[found.rows], found.ranks))[:limit])


def first(
    found: Sequence[Found], ids: Callable[[], Sequence[Array]], limit: int
) -> Iterator[tuple[int, Found]]:
    """The best of several searches in order, equal ones by id: those of one side by side."""
    hits = sorted(
        (rank, number, place)
        for number, each in enumerate(found)
        for place, rank in enumerate(each.ranks.tolist())
    )
    if any(one[0] == next_one[0] and one[1] != next_one[1] for one, next_one in pairwise(hits)):
        keys = [each.tolist() for each in ids()]
        hits.sort(key=lambda hit: (hit[0], keys[hit[1]][hit[2]]))
    for number, part in groupby(hits[:limit], key=itemgetter(1)):
        places = [place for *_, place in part]  # side by side: each search has its own in order
        yield number, found[number].between(places[0], places[-1] + 1)


def eligible(columns: Columns, gone: Array, terms: TermsTable, asked: Asked) -> Found:
    """All rows that may serve a need, in no order."""
    ranges = columns.ranges.get(asked.category, ())
    if not ranges:
        return Found.nothing()
    who, where = terms.columns
    person = judge_who(who, asked.person), judge_where(where, asked.person)
    parts = list(_parts(columns, gone, person, asked))
    return Found(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _parts(
    columns: Columns, gone: Array, person: tuple[Array, Array], asked: Asked
) -> Iterator[Found]:
    for start, end in columns.ranges.get(asked.category, ()):
        part = slice(start, end)
        verdict = _simple(columns, part, person, asked)
        np.copyto(verdict, NO, where=gone[part])
        rows = np.flatnonzero(verdict >= OPEN) + start
        yield _scored(columns, rows, verdict[rows - start], asked)


def _simple(columns: Columns, part: slice, person: tuple[Array, Array], asked: Asked) -> Array:
    """The verdicts of a stretch of rows by all rules that need no distance."""
    rows = columns.rows
    who, where = person
    verdict = who.take(rows.who[part])
    np.minimum(verdict, where.take(rows.where[part]), out=verdict)
    np.minimum(verdict, asked.hours.take(rows.timetable[part]), out=verdict)
    usable = rows.channels[part] & asked.channels
    is_remote = usable & REMOTE_BITS > 0
    fits = rows.stands[part] | is_remote
    if asked.is_channel_asked:
        fits &= usable > 0
    left = rows.left[part]
    fits &= (left < 0) | (left >= asked.places)
    if asked.features:
        fits &= (rows.features[part] & asked.features == asked.features) | is_remote
    if asked.price != UNLIMITED:
        price = rows.price[part]
        fits &= price <= asked.price
        verdict[(price < 0) & (verdict > OPEN)] = OPEN
    np.copyto(verdict, NO, where=~fits)
    return verdict


def _scored(columns: Columns, rows: Array, verdict: Array, asked: Asked) -> Found:
    """What rows rank by, without those that are too far."""
    values = columns.rows
    usable = values.channels.take(rows) & asked.channels
    is_remote = usable & REMOTE_BITS > 0
    east, north = values.x.take(rows) - asked.x, values.y.take(rows) - asked.y
    walk = np.sqrt(east * east + north * north) * asked.per_degree
    walk[is_remote] = 0.0
    unknown = np.isnan(walk)
    if asked.minutes != UNLIMITED:
        near = unknown | (walk <= asked.minutes)
        verdict = np.where(unknown, OPEN, verdict)
        rows, verdict, usable = rows[near], verdict[near], usable[near]
        walk, unknown = walk[near], unknown[near]
    ranks = asked.minute * np.where(unknown, FAR, walk) + columns.standing.take(rows)
    if asked.wish_count:
        ranks -= asked.wish * (_wishes(columns, rows, usable, asked) / asked.wish_count)
    ranks = np.where(verdict == YES, ranks, ranks + BELOW)
    return Found(rows, ranks, walk, _waits(values, rows, verdict, unknown, asked))


def _waits(values: Rows, rows: Array, verdict: Array, unknown: Array, asked: Asked) -> Array:
    """What each row waits for, as bits."""
    waits = np.where(verdict == YES, 0, A_FACT).astype(np.uint8)
    waits[asked.hours.take(values.timetable[rows]) == OPEN] |= OPENING_TIME
    if asked.price != UNLIMITED:
        waits[values.price[rows] < 0] |= PRICE
    if asked.minutes != UNLIMITED:
        waits[unknown] |= DISTANCE
    return waits


def _wishes(columns: Columns, rows: Array, usable: Array, asked: Asked) -> Array:
    """How many sorts of wishes each row meets."""
    met = (usable & asked.wish_channels > 0).astype(np.int64)
    for wished, column in (
        (asked.wish_providers, columns.rows.provider),
        (asked.wish_venues, columns.rows.venue),
    ):
        if len(wished):
            met += np.isin(column[rows], wished)
    return met
