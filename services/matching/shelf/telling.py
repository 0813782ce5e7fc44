"""Answers as bytes, ready to send, written straight from the columns, piece by piece.

What the rules say of a row is told by `verdicts`; wishes and measured walks are judged row by row.
Several needs are written together: a step that numpy or orjson takes for all rows of all needs
costs little more than for those of one. All ways give the same answer.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import cache
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from common.contracts.matching_queries import WalkingBy
from matching.domain.demand import Need
from matching.domain.eligibility import plain
from matching.domain.scoring import BELOW, FAR, parts
from matching.shelf.asking import Asked, asked
from matching.shelf.choosing import Chosen, by_footpaths, by_line
from matching.shelf.columns import Columns
from matching.shelf.footpaths import Footpaths
from matching.shelf.lists import NONE, Lists
from matching.shelf.plain import Found
from matching.shelf.shelf import Shelf
from matching.shelf.verdicts import Verdicts

Array = NDArray[Any]

REMEMBERED: Final = 50_000  # parts of scores
_UNRATED: Final = -1.0  # where a rating would stand: none is below 0
_COUNTED: Final = np.array([*(b"%d" % count for count in range(1_000)), b"null"], dtype=object)
_BY_LINE: Final = b',"walking_by":"%b","score_minutes":' % WalkingBy.LINE.value.encode()
_UNWALKED: Final = b',"walking_by":null,"score_minutes":'
# A `Match`: what stands there for every row of a need, between the pieces of each (`_Piece`).
_MATCH: Final = (
    *(b",", b"", b',"places_left":', b"", b',"walking_minutes":', b"", _BY_LINE, b""),
    *(b',"parts":[{"part":"walking","measured":', b""),
    *(b',"weight":%b,"rule":"score.walking","minutes":', b"", b"", b""),
)


class _Piece(IntEnum):
    """Where the pieces of a row stand in its `Match`."""

    BEGIN = 1
    COUNTED = 3
    WALK = 5
    WALKED_BY = 6
    SCORE = 7
    MEASURED = 9
    WEIGHT = 10
    WEIGHED = 11
    PARTS = 12
    VERDICT = 13


class Wanted(NamedTuple):
    """So many of the best for a need."""

    need: Need
    limit: int


async def answer(shelf: Shelf, need: Need, limit: int, footpaths: Footpaths | None) -> bytes:
    """A `NeedMatches` as JSON: the best for a need, each explained."""
    if footpaths is None or need.place is None:
        return answers(shelf, [Wanted(need, limit)])[0]
    found = await by_footpaths(shelf, need, need.place, limit, footpaths)
    return _listed(shelf, need, found)


def answers(shelf: Shelf, wanted: Sequence[Wanted]) -> list[bytes]:
    """The same for several needs, where no walk is to be measured."""
    written = iter(_written(shelf, [each for each in wanted if not each.need.wishes.count]))
    return [
        _listed(shelf, need, by_line(shelf, need, limit)) if need.wishes.count else next(written)
        for need, limit in wanted
    ]


def judged(shelf: Shelf, need: Need, one: Chosen) -> dict[str, Any]:
    """A `Match` as plain values, by the rules."""
    offer, verdict = one.offer, one.verdict
    walked = WalkingBy.ROUTER if one.is_measured else WalkingBy.LINE
    venue = shelf.lists.houses.get(offer.venue_id) if offer.venue_id else None
    return {
        "offering_id": offer.id,
        "name": shelf.name(one.spot),
        "category": offer.category_path.rpartition("/")[2],
        "provider_id": offer.provider_id,
        "venue_id": offer.venue_id,
        "venue_name": venue and venue.name,
        "channels": sorted(offer.channels),
        "price_fen": offer.price_fen,
        "places_left": offer.left,
        "walking_minutes": one.far,
        "walking_by": walked if one.far else None,
        "score_minutes": one.minutes,
        "parts": [part.model_dump() for part in parts(shelf.lists.policy, need, offer, one.far)],
        "eligible": verdict.eligible,
        "met": [rule.rule for rule in verdict.rules if rule.met],
        "to_verify": [plain(rule) for rule in verdict.rules if rule.met is None],
    }


def _listed(shelf: Shelf, need: Need, found: Sequence[Chosen]) -> bytes:
    return orjson.dumps({"items": [judged(shelf, need, one) for one in found]})


class _Hit(NamedTuple):
    """Rows of some columns that were found for one need: `number` is its place among all."""

    number: int
    numbers: Asked
    verdicts: Verdicts
    columns: Columns
    found: Found


def _written(shelf: Shelf, wanted: Sequence[Wanted]) -> list[bytes]:
    lists, hits = shelf.lists, list[_Hit]()
    by_columns: dict[int, list[_Hit]] = {}
    for number, (need, limit) in enumerate(wanted):
        numbers = asked(need, lists)
        verdicts = Verdicts(lists, need, numbers)
        for run, found in shelf.found(numbers, limit):
            columns = shelf.seen(run, numbers.when)
            hits.append(hit := _Hit(number, numbers, verdicts, columns, found))
            by_columns.setdefault(id(columns), []).append(hit)
    told = {
        id(hit): text
        for group in by_columns.values()
        for hit, text in zip(group, _rows(lists, group), strict=True)
    }
    items: list[list[bytes]] = [[] for _ in wanted]
    for hit in hits:
        items[hit.number].append(told[id(hit)])
    return [b'{"items":[%b]}' % b",".join(each) for each in items]


def _rows(lists: Lists, hits: Sequence[_Hit]) -> list[bytes]:
    """The rows of each of several hits in the same columns, side by side."""
    columns, sizes = hits[0].columns, [len(hit.found.rows) for hit in hits]
    places, ranks, walks = (np.concatenate(each) for each in zip(*(h.found for h in hits)))
    ends, rows, size = np.cumsum(sizes).tolist(), columns.rows, len(_MATCH)
    pieces = list(chain.from_iterable(_match(h.numbers.minute) * n for h, n in zip(hits, sizes)))
    minute = np.repeat([hit.numbers.minute for hit in hits], sizes)
    # A walk that is not known weighs as a far one, and an open fact puts a row below all others.
    unknown = np.isnan(walks)
    measured = np.where(unknown, FAR, walks)
    weighed = minute * measured
    score = np.where(ranks < BELOW / 2, ranks, weighed + columns.standing[places])
    far, weight, sums = _figures(measured, weighed, score)
    pieces[_Piece.BEGIN :: size] = rows.begin[places].tolist()
    pieces[_Piece.COUNTED :: size] = _counted(rows.left[places])
    pieces[_Piece.WALK :: size] = pieces[_Piece.MEASURED :: size] = far
    pieces[_Piece.SCORE :: size], pieces[_Piece.WEIGHED :: size] = sums, weight
    pieces[_Piece.PARTS :: size] = _parts(lists, rows.rating[places], rows.scarcity[places])
    pieces[_Piece.VERDICT :: size] = _verdicts(hits, columns.form[places].tolist(), ends)
    for place in np.flatnonzero(unknown).tolist():
        pieces[place * size + _Piece.WALK] = b"null"
    for place in np.flatnonzero(unknown | (walks == 0)).tolist():
        pieces[place * size + _Piece.WALKED_BY] = _UNWALKED
    starts = [0, *ends[:-1]]
    return [b"".join(pieces[a * size + 1 : b * size]) for a, b in zip(starts, ends)]


@cache
def _match(minute: float) -> tuple[bytes, ...]:
    """`_MATCH` where a minute on foot counts so much."""
    match = list(_MATCH)
    match[_Piece.WEIGHT] %= orjson.dumps(minute)
    return tuple(match)


def _verdicts(hits: Sequence[_Hit], forms: Sequence[int], ends: Sequence[int]) -> list[bytes]:
    starts = [0, *ends[:-1]]
    told = (
        hit.verdicts.of(hit.columns, hit.found, forms[start:end])
        for hit, start, end in zip(hits, starts, ends, strict=True)
    )
    return list(chain.from_iterable(told))


def _figures(*columns: Array) -> Iterable[list[bytes]]:
    """Columns of numbers as they stand in JSON."""
    told = orjson.dumps(columns, option=orjson.OPT_SERIALIZE_NUMPY)
    return (column.split(b",") for column in told[2:-2].split(b"],["))


def _counted(left: Array) -> list[bytes]:
    """Counts as they stand in JSON; -1, what nobody counts, is null."""
    if left.max() < len(_COUNTED) - 1:
        found: list[bytes] = _COUNTED[left].tolist()
        return found
    return [b"null" if count == NONE else b"%d" % count for count in left.tolist()]


def _parts(lists: Lists, ratings: Array, prices: Array) -> list[bytes]:
    """The parts of the score that no need changes, as `scoring.parts` tells them."""
    known, rated = lists.parts, np.where(np.isnan(ratings), _UNRATED, ratings)
    keys = list(zip(rated.tolist(), prices.tolist(), strict=True))
    return [known.get(key) or _weighed(lists, *key) for key in keys]


def _weighed(lists: Lists, rating: float, scarcity: float) -> bytes:
    """What stands after the walk: the end of its part, the other parts and their end."""
    policy = lists.policy
    if rating == _UNRATED:
        items = [_part("new_provider", 1.0, policy.new_provider, -policy.new_provider)]
    else:
        items = [_part("rating", rating, policy.rating, -(policy.rating * rating))]
    if scarcity:
        items.append(_part("scarcity", scarcity, policy.scarcity, policy.scarcity * scarcity))
    if len(lists.parts) >= REMEMBERED:
        lists.parts.clear()
    lists.parts[rating, scarcity] = told = b"},%b]," % b",".join(items)
    return told


def _part(part: str, measured: float, weight: float, minutes: float) -> bytes:
    """A `ScorePart`."""
    told = {"part": part, "measured": measured, "weight": weight}
    return orjson.dumps({**told, "rule": f"score.{part}", "minutes": minutes})
