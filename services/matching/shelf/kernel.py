"""The search compiled, where numba stands: the same verdicts, ranks and order as `plain`.

Squares are looked at from the person outwards and left alone once none of them can hold anything
better; what a person may use is only judged for rows that are near enough to matter, and once for
all rows under the same terms. Everything comes as plain tuples, in the order in which the functions
unpack it, or as `Squares`, `Who`, `Where`, `Person` and `Asked` have it: numba takes
three times as long to accept a tuple with names.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from math import floor, isnan, sqrt
from typing import Any, Final, TypeVar, cast

import numpy as np

from matching.domain.eligibility import SEVERE_GRADES
from matching.domain.scoring import BELOW, FAR
from matching.shelf.asking import Asked
from matching.shelf.columns import FIXED, REMOTE_BITS, Array, Columns
from matching.shelf.plain import Found
from matching.shelf.terms import ANY_AGE, LIVING, NO, OPEN, YES, TermsTable

# None where the extra `kernel` is not installed.
njit: Any = import_module("numba").njit if find_spec("numba") else None

Function = TypeVar("Function", bound=Callable[..., Any])

IS_HERE: Final = njit is not None
SLACK: Final = 1e-6  # minutes: bounds are rounded, ranks are not
FAR_OFF: Final = 1e9  # degrees, and minutes: as far as anything
_SEVEREST: Final = max(SEVERE_GRADES)
_UNSEEN: Final = 2  # where the verdict of some terms will stand once a row has asked for it


def best(columns: Columns, gone: Array, terms: TermsTable, asked: Asked, limit: int) -> Found:
    """The rows of the least rank, in order; equal ones by id."""
    segments = columns.segments.get(asked.category)
    if segments is None or limit < 1:
        return Found.nothing()
    found = Found(np.empty(limit, dtype=np.int64), np.empty(limit), np.empty(limit))
    rows = columns.rows
    told = columns.near, gone, rows.left, rows.price, rows.provider, rows.venue, columns.rank
    who, where = terms.columns
    tables, person = (tuple(who), tuple(where)), tuple(asked.person)
    search = told, tables, person, asked[3:], tuple(found)
    count = _search(segments, tuple(columns.squares), search)
    return found if count == limit else found.take(np.arange(count))


def _compiled(function: Function) -> Function:
    """The function in machine code, kept on disk where that can be written to."""
    if njit is None:
        return function
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no place for the cache
        return cast(Function, njit(nogil=True)(function))


@_compiled
def _search(segments: Any, squares: Any, search: Any) -> Any:
    """How many rows were found. `search` holds rows, terms, person, question, and what is found."""
    rows, tables, person, asked, found = search
    told = (
        np.full(len(tables[0][0]), _UNSEEN, dtype=np.int8),  # what is asked of the person
        np.full(len(tables[1][0]), _UNSEEN, dtype=np.int8),  # and of the homes
    )
    inner = rows, tables, person, asked, told, found
    grids, first, timetables, starts, whos, wheres, term_starts = squares
    count, whole = 0, np.empty((1, 2), dtype=np.int64)
    for number in segments:
        segment = grids[number]
        hours = _hours(timetables[starts[number] : starts[number + 1]], asked[15])
        if hours == NO:
            continue
        terms = slice(term_starts[number], term_starts[number + 1])
        verdict = min(hours, _terms(whos[terms], wheres[terms], tables, person, told))
        if verdict == NO:
            continue
        least = segment.least - (asked[10] if asked[11] else 0.0)
        least += BELOW if verdict < YES else 0.0
        if count == len(found[1]) and least > found[1][count - 1] + SLACK:
            continue
        if segment.reach == FIXED and not isnan(asked[0]):
            count = _rings(segment, least, first, inner, count)
        else:
            whole[0, 0], whole[0, 1] = segment.start, segment.end
            count = _stretches(whole, inner, count)
    return count


@_compiled
def _hours(timetables: Any, hours: Any) -> Any:
    """The best verdict of all timetables of a segment."""
    best_of_all = NO
    for timetable in timetables:
        best_of_all = max(best_of_all, hours[timetable])
        if best_of_all == YES:
            break
    return best_of_all


@_compiled
def _terms(whos: Any, wheres: Any, tables: Any, person: Any, told: Any) -> Any:
    """The best verdict of all terms of a segment; each is judged once."""
    told_who, told_where = told
    best_of_all = NO
    for number in range(len(whos)):
        who, where = whos[number], wheres[number]
        verdict = min(told_who[who], told_where[where])
        if max(told_who[who], told_where[where]) == _UNSEEN:
            verdict = _judged(who, where, tables, person, told_who, told_where)
        best_of_all = max(best_of_all, verdict)
        if best_of_all == YES:
            break
    return best_of_all


@_compiled
def _judged(who: Any, where: Any, tables: Any, person: Any, told_who: Any, told_where: Any) -> Any:
    """What terms come to for this person; what is told stands there for the next row."""
    if told_who[who] == _UNSEEN:
        told_who[who] = _who(who, tables[0], person)
    if told_where[where] == _UNSEEN:
        told_where[where] = _where(where, tables[1], person)
    return min(told_who[who], told_where[where])


@_compiled
def _rings(segment: Any, least: Any, first: Any, search: Any, count: Any) -> Any:
    """Rings of squares around the person, until none farther can hold anything better."""
    side, across, along = segment.side, segment.across, segment.along
    asked, ranks = search[3], search[5][1]
    east, north = asked[0] - segment.x0, asked[1] - segment.y0
    here, there = floor(east / side), floor(north / side)
    nearest = max(-here, here - across + 1, -there, there - along + 1, 0)
    farthest = max(here, across - 1 - here, there, along - 1 - there)
    stretches = np.empty((2 * along, 2), dtype=np.int64)
    for ring in range(nearest, farthest + 1):
        most = _most(least, asked, ranks, count)
        if (ring - 1) * side > most:
            break
        many = _ring(segment, first, (east, north), ring, most, stretches)
        count = _stretches(stretches[:many], search, count)
    return count


@_compiled
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


@_compiled
def _most(least: Any, asked: Any, ranks: Any, count: Any) -> Any:
    """How far away, in degrees, a row may still be good enough."""
    walk = FAR_OFF if asked[7] < 0 else asked[7] + SLACK
    if count == len(ranks) and asked[9] > 0:
        walk = min(walk, max(ranks[count - 1] + SLACK - least, 0.0) / asked[9])
    return walk / asked[8] if walk < FAR_OFF else FAR_OFF


@_compiled
def _stretches(stretches: Any, search: Any, count: Any) -> Any:
    """Rows side by side: each that is good enough takes its place among the best.

    Tuples are unpacked once: taking an array out of one costs as much as judging a row.
    """
    rows, tables, person, asked, told, found = search
    ranks = found[1]
    near, gone, left, price, provider, venue, rank = rows
    here, there, reached, is_reach_asked, needed, places, ceiling, limit = asked[:8]
    per_degree, minute, wish, sorts, providers, venues, ways, hours = asked[8:]
    told_who, told_where = told
    most_wishes = wish if sorts else 0.0
    worst = ranks[count - 1] if count == len(ranks) else np.inf
    for number in range(len(stretches)):
        for row in range(stretches[number, 0], stretches[number, 1]):
            its = near[row]
            usable = its.channels & reached
            is_remote = usable & REMOTE_BITS > 0
            walk = _walk(is_remote, its.x - here, its.y - there, per_degree)
            minutes = minute * (FAR if isnan(walk) else walk) + its.standing
            if minutes - most_wishes > worst:
                continue  # too far to matter, as most rows are once ten are found
            verdict = hours[its.timetable]
            if verdict == NO or gone[row] or _ranked(minutes - most_wishes, verdict) > worst:
                continue
            is_there = is_remote or (its.stands and its.features & needed == needed)
            is_free = _is_left(left[row], places) and _is_cheap(price[row], ceiling)
            is_reached = (usable or not is_reach_asked) and not (limit >= 0 and walk > limit)
            if not (is_there and is_free and is_reached):
                continue
            of_terms = min(told_who[its.who], told_where[its.where])
            if max(told_who[its.who], told_where[its.where]) == _UNSEEN:
                of_terms = _judged(its.who, its.where, tables, person, told_who, told_where)
            is_unsure = (ceiling >= 0 and price[row] < 0) or (limit >= 0 and isnan(walk))
            verdict = min(verdict, OPEN if is_unsure else YES, of_terms)
            if verdict == NO:
                continue
            if sorts:
                met = _wishes(usable & ways, provider[row], providers, venue[row], venues)
                minutes -= wish * (met / sorts)
            count = _placed(row, _ranked(minutes, verdict), walk, rank, found, count)
            worst = ranks[count - 1] if count == len(ranks) else np.inf
    return count


@_compiled
def _ranked(minutes: Any, verdict: Any) -> Any:
    """What a row ranks by: one with an open fact below all that are sure."""
    return minutes if verdict == YES else minutes + BELOW


@_compiled
def _is_left(left: Any, places: Any) -> Any:
    """Whether there are places enough; places that nobody counts are."""
    return left < 0 or left >= places


@_compiled
def _is_cheap(price: Any, ceiling: Any) -> Any:
    """Whether the price stays below what was said; one that is not known does."""
    return ceiling < 0 or price <= ceiling


@_compiled
def _placed(row: Any, ranked: Any, walk: Any, rank: Any, found: Any, count: Any) -> Any:
    """Put a row among the best so far, in order of rank and id."""
    rows, ranks, walks = found
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
        rows[place], ranks[place], walks[place] = rows[before], ranks[before], walks[before]
        place -= 1
    rows[place], ranks[place], walks[place] = row, ranked, walk
    return count + 1


@_compiled
def _walk(is_remote: Any, east: Any, north: Any, per_degree: Any) -> Any:
    """Minutes on foot; nan when a place is not known."""
    return 0.0 if is_remote else sqrt(east * east + north * north) * per_degree


@_compiled
def _wishes(ways: Any, provider: Any, providers: Any, venue: Any, venues: Any) -> Any:
    """How many sorts of wishes are met."""
    met = 1 if ways else 0
    for wished in providers:
        met += provider == wished
    for wished in venues:
        met += venue == wished
    return met


@_compiled
def _who(number: Any, terms: Any, person: Any) -> Any:
    """What is asked of the person: age, group, hardship, disability."""
    youngest, oldest, hardships, disabilities, starts, groups = terms
    hardship, disability, verified = hardships[number], disabilities[number], person[9]
    verdict = _age(youngest[number], oldest[number], person, verified[0])
    asked = groups[starts[number] : starts[number + 1]]
    if verdict > NO and len(asked):
        verdict = min(verdict, _group(asked, person, verified[1]))
    if verdict > NO and hardship:
        verdict = min(verdict, _worth(person[5], hardship & person[6] != 0, verified[2]))
    if verdict > NO and disability:
        grade = person[7]
        is_so = grade > 0 and (disability == 1 or grade <= _SEVEREST)
        verdict = min(verdict, _worth(grade >= 0, is_so, verified[3]))
    return verdict


@_compiled
def _worth(is_known: Any, is_so: Any, verified: Any) -> Any:
    """A yes counts as much as its fact is verified."""
    if not is_known:
        return OPEN
    return verified if is_so else NO


@_compiled
def _age(low: Any, high: Any, person: Any, verified: Any) -> Any:
    if low <= 0 and high >= ANY_AGE:
        return YES
    if not person[0]:
        return OPEN
    if person[1] >= low and person[2] <= high:
        return verified
    return NO if person[2] < low or person[1] > high else OPEN


@_compiled
def _group(groups: Any, person: Any, verified: Any) -> Any:
    shares = False
    for group in groups:
        shares = shares or person[4][group]
    return _worth(person[3], shares, verified)


@_compiled
def _where(number: Any, terms: Any, person: Any) -> Any:
    """What is asked of the homes: the areas of the offering, the area of its money."""
    residences, fundings, starts, areas = terms
    homes, verified, funding = person[8], person[9][4], fundings[number]
    verdict = YES
    asked = areas[starts[number] : starts[number + 1]]
    if len(asked):
        lives = NO
        for area in asked:
            lives = max(lives, _lives(homes, area, residences[number]))
        verdict = min(lives, verified)
    if verdict > NO and funding[1] > 0:
        verdict = min(verdict, _lives(homes, funding, LIVING), verified)
    return verdict


@_compiled
def _lives(homes: Any, area: Any, residence: Any) -> Any:
    """Whether one of the homes that count lies within an area."""
    verdict = NO
    for number in range(2):
        if residence & (number + 1):
            low, high = homes[number]
            if high and area[0] <= low and high <= area[1]:
                return YES
            if high == 0 or (low <= area[0] and area[1] <= high):
                verdict = OPEN
    return verdict


IS_KEPT: Final = IS_HERE and cast(Any, _search).stats.cache_path is not None  # on disk
