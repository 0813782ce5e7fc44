"""The search compiled, where numba stands: the same verdicts, ranks and order as `plain`.

Squares are looked at from the person outwards and left alone once none of them can hold anything
better. What a person may use is judged once for all rows under the same terms: most rows are left
by that, before anything else of them is read. Everything comes as plain tuples, in the order in
which the functions unpack it, or as `Squares`, `Who`, `Where`, `Person` and `Asked` have it: numba
takes three times as long to accept a tuple with names.
"""

from math import floor, inf, isnan, sqrt
from typing import Any, Final, cast

import numpy as np

from matching.domain.scoring import BELOW, FAR
from matching.shelf.addresses import (
    ASKS,
    BYTE,
    INT,
    LONG,
    NEAR,
    SEGMENT,
    SHORT,
    array_at,
    pairs_at,
)
from matching.shelf.asking import Asked
from matching.shelf.columns import FIXED, REMOTE_BITS, Array, Columns
from matching.shelf.compiled import IS_HERE, compiled, inlined
from matching.shelf.kernel_terms import UNSEEN, judged, judged_together
from matching.shelf.plain import A_FACT, DISTANCE, OPENING_TIME, PRICE, Found
from matching.shelf.terms import NO, OPEN, YES, TermsTable

SLACK: Final = 1e-6  # minutes: bounds are rounded, ranks are not
FEW: Final = 1_000  # pairs of terms
FAR_OFF: Final = 1e9  # degrees, and minutes: as far as anything


def best(
    columns: Columns, gone: Array, terms: TermsTable, asked: Asked, limit: int, most: float = inf
) -> Found:
    """The rows of the least rank, none beyond `most`, in order; equal ones by id."""
    segments = columns.segments.get(asked.category)
    if segments is None or limit < 1:
        return Found.nothing()
    found = np.empty(limit, np.int64), np.empty(limit), np.empty(limit), np.empty(limit, np.uint8)
    sought = columns.sought, terms.sought  # kept until the search has ended
    places = sought[0].addresses, sought[1].addresses
    count = _search(segments, gone, places, (tuple(asked.person), asked[3:], most), found)
    return Found(*found) if count == limit else Found(*(each[:count] for each in found))


@compiled
def _search(segments: Any, gone: Any, places: Any, question: Any, found: Any) -> Any:
    """How many rows were found. `places` are those of columns and of terms (`addresses.Kept`)."""
    person, asked, most = question
    squares, terms, (asks, near, left, rank) = _columns_at(places[0])
    grids, first, timetables, starts, pairs, pair_starts = squares
    rows, tables = (asks, near, gone, left, rank), _terms_at(places[1])
    told = (
        np.full(len(terms[0]), UNSEEN, dtype=np.int8),  # what is asked by each pair of terms
        np.full(len(tables[0][0]), UNSEEN, dtype=np.int8),  # of the person
        np.full(len(tables[1][0]), UNSEEN, dtype=np.int8),  # and of the homes
    )
    inner = rows, terms, tables, person, told, (asked, most), found
    count, whole = 0, np.empty((1, 2), dtype=np.int64)
    for number in segments:
        segment = grids[number]
        hours = _hours(timetables[starts[number] : starts[number + 1]], asked[15])
        if hours == NO:
            continue
        some = pairs[pair_starts[number] : pair_starts[number + 1]]
        verdict = min(hours, _terms(some, terms, tables, person, told))
        if verdict == NO:
            continue
        least = segment.least - (asked[10] if asked[11] else 0.0)
        least += BELOW if verdict < YES else 0.0
        if least > _worst(found[1], count, most) + SLACK:
            continue
        if segment.reach == FIXED and not isnan(asked[0]):
            count = _rings(segment, least, first, inner, count)
        else:
            whole[0, 0], whole[0, 1] = segment.start, segment.end
            count = _stretches(whole, inner, count)
    return count


@inlined
def _columns_at(sought: Any) -> Any:
    """The squares, the terms of each pair, and what is read of rows."""
    squares = (
        array_at(sought, 0, SEGMENT),
        array_at(sought, 1, INT),
        array_at(sought, 2, INT),
        array_at(sought, 3, INT),
        array_at(sought, 4, INT),
        array_at(sought, 5, INT),
    )
    terms = array_at(sought, 6, INT), array_at(sought, 7, INT)
    rows = (
        array_at(sought, 8, ASKS),
        array_at(sought, 9, NEAR),
        array_at(sought, 10, INT),
        array_at(sought, 11, INT),
    )
    return squares, terms, rows


@inlined
def _terms_at(sought: Any) -> Any:
    """The terms as columns, in the order of `Who` and `Where`."""
    who = (
        array_at(sought, 0, SHORT),
        array_at(sought, 1, SHORT),
        array_at(sought, 2, BYTE),
        array_at(sought, 3, BYTE),
        array_at(sought, 4, INT),
        array_at(sought, 5, INT),
    )
    where = (
        array_at(sought, 6, BYTE),
        pairs_at(sought, 7, LONG),
        array_at(sought, 8, INT),
        pairs_at(sought, 9, LONG),
    )
    return who, where


@compiled
def _hours(timetables: Any, hours: Any) -> Any:
    """The best verdict of all timetables of a segment."""
    best_of_all = NO
    for timetable in timetables:
        best_of_all = max(best_of_all, hours[timetable])
        if best_of_all == YES:
            break
    return best_of_all


@compiled
def _terms(pairs: Any, terms: Any, tables: Any, person: Any, told: Any) -> Any:
    """The best verdict of all terms of a segment. Few are all judged now, others as rows ask."""
    if len(pairs) <= FEW:
        return judged_together(pairs, terms, tables, person, told)
    best_of_all = NO
    for pair in pairs:
        verdict = told[0][pair]
        if verdict == UNSEEN:
            verdict = judged(pair, terms, tables, person, told)
        best_of_all = max(best_of_all, verdict)
        if best_of_all == YES:
            break
    return best_of_all


@compiled
def _rings(segment: Any, least: Any, first: Any, search: Any, count: Any) -> Any:
    """Rings of squares around the person, until none farther can hold anything better."""
    side, across, along = segment.side, segment.across, segment.along
    (asked, limit), ranks = search[5], search[6][1]
    east, north = asked[0] - segment.x0, asked[1] - segment.y0
    here, there = floor(east / side), floor(north / side)
    nearest = max(-here, here - across + 1, -there, there - along + 1, 0)
    farthest = max(here, across - 1 - here, there, along - 1 - there)
    stretches = np.empty((2 * along, 2), dtype=np.int64)
    for ring in range(nearest, farthest + 1):
        most = _most(least, asked, _worst(ranks, count, limit))
        if (ring - 1) * side > most:
            break
        many = _ring(segment, first, (east, north), ring, most, stretches)
        count = _stretches(stretches[:many], search, count)
    return count


@compiled
def _ring(segment: Any, first: Any, place: Any, ring: Any, most: Any, stretches: Any) -> Any:
    """How many stretches of rows the squares of a ring hold that may be near enough."""
    side, across, along = segment.side, segment.across, segment.along
    east, north = place
    here, there = floor(east / side), floor(north / side)
    many = 0
    for row in range(max(there - ring, 0), min(there + ring, along - 1) + 1):
        gap = max(row * side - north, north - (row + 1) * side, 0.0)
        if gap > most:
            continue
        # No farther to the west and east than a row of squares so far away may hold anything.
        width = sqrt(most * most - gap * gap) if most < FAR_OFF else FAR_OFF
        west = max(here - ring, 0, floor((east - width) / side))
        last = min(here + ring, across - 1, floor((east + width) / side))
        before = segment.offset + row * across
        if row in (there - ring, there + ring):  # squares side by side, and so are their rows
            if west <= last:
                stretches[many, 0] = first[before + west]
                stretches[many, 1] = first[before + last + 1]
                many += 1
            continue
        for column in (here - ring, here + ring):
            if west <= column <= last:
                stretches[many, 0] = first[before + column]
                stretches[many, 1] = first[before + column + 1]
                many += 1
    return many


@compiled
def _most(least: Any, asked: Any, worst: Any) -> Any:
    """How far away, in degrees, a row may still be good enough."""
    walk = FAR_OFF if asked[7] < 0 else asked[7] + SLACK
    if asked[9] > 0:
        walk = min(walk, max(worst + SLACK - least, 0.0) / asked[9])
    return walk / asked[8] if walk < FAR_OFF and asked[8] > 0 else FAR_OFF


@compiled
def _stretches(stretches: Any, search: Any, count: Any) -> Any:
    """Rows side by side: each that is good enough takes its place among the best.

    Tuples are unpacked once: taking an array out of one costs as much as judging a row.
    """
    rows, terms, tables, person, told, (asked, most), found = search
    ranks, told_pair = found[1], told[0]
    asks, near, gone, left, rank = rows
    here, there, reached, is_reach_asked, needed, places, ceiling, limit = asked[:8]
    per_degree, minute, wish, sorts, providers, venues, ways, hours = asked[8:]
    most_wishes = wish if sorts else 0.0
    worst = _worst(ranks, count, most)
    for number in range(len(stretches)):
        for row in range(stretches[number, 0], stretches[number, 1]):
            pair = asks[row].pair
            of_terms = told_pair[pair]
            if of_terms == UNSEEN:
                of_terms = judged(pair, terms, tables, person, told)
            verdict = min(hours[asks[row].timetable], of_terms)
            if verdict == NO:
                continue  # as most rows are
            its = near[row]
            usable = its.channels & reached
            is_remote = usable & REMOTE_BITS > 0
            walk = _walk(is_remote, its.x - here, its.y - there, per_degree)
            minutes = minute * (FAR if isnan(walk) else walk) + its.standing
            if gone[row] or _ranked(minutes - most_wishes, verdict) > worst:
                continue
            is_there = is_remote or (its.stands and its.features & needed == needed)
            is_cheap = ceiling < 0 or its.price <= ceiling  # or not known: less than nothing
            is_reached = (usable or not is_reach_asked) and not (limit >= 0 and walk > limit)
            if not (is_there and is_cheap and is_reached and _is_left(left[row], places)):
                continue
            waits = OPENING_TIME if hours[asks[row].timetable] == OPEN else 0
            waits |= PRICE if ceiling >= 0 and its.price < 0 else 0
            waits |= DISTANCE if limit >= 0 and isnan(walk) else 0
            waits |= A_FACT if waits or verdict == OPEN else 0
            met = _wishes(usable & ways, its.provider, providers, its.venue, venues)
            minutes -= wish * (met / sorts) if sorts else 0.0
            ranked = minutes + BELOW if waits else minutes
            if ranked > worst:
                continue
            count = _placed((row, ranked, walk, waits), rank, found, count)
            worst = _worst(ranks, count, most)
    return count


@compiled
def _worst(ranks: Any, count: Any, most: Any) -> Any:
    """What a row must not rank behind to be among the best."""
    return ranks[count - 1] if count == len(ranks) else most


@compiled
def _ranked(minutes: Any, verdict: Any) -> Any:
    """What a row ranks by: one with an open fact below all that are sure."""
    return minutes if verdict == YES else minutes + BELOW


@compiled
def _is_left(left: Any, places: Any) -> Any:
    """Whether there are places enough; places that nobody counts are."""
    return left < 0 or left >= places


@compiled
def _placed(one: Any, rank: Any, found: Any, count: Any) -> Any:
    """Put a row among the best so far, in order of rank and id."""
    row, ranked, walk, waiting = one
    rows, ranks, walks, waits = found
    if count == len(ranks):
        last = count - 1
        if ranked > ranks[last] or (ranked == ranks[last] and rank[row] > rank[rows[last]]):
            return count
        count -= 1
    place = count
    while place > 0 and (
        ranked < ranks[place - 1]
        or (ranked == ranks[place - 1] and rank[row] < rank[rows[place - 1]])
    ):
        before = place - 1
        rows[place], ranks[place] = rows[before], ranks[before]
        walks[place], waits[place] = walks[before], waits[before]
        place -= 1
    rows[place], ranks[place], walks[place], waits[place] = row, ranked, walk, waiting
    return count + 1


@compiled
def _walk(is_remote: Any, east: Any, north: Any, per_degree: Any) -> Any:
    """Minutes on foot; nan when a place is not known."""
    return 0.0 if is_remote else sqrt(east * east + north * north) * per_degree


@compiled
def _wishes(ways: Any, provider: Any, providers: Any, venue: Any, venues: Any) -> Any:
    """How many sorts of wishes are met."""
    met = 1 if ways else 0
    for wished in providers:
        met += provider == wished
    for wished in venues:
        met += venue == wished
    return met


IS_KEPT: Final = IS_HERE and cast(Any, _search).stats.cache_path is not None  # on disk
