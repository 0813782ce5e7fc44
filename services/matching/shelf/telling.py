"""Answers as bytes, ready to send, written straight from the columns, piece by piece.

What the rules say of a row is told by `verdicts`; wishes and measured walks are judged row by row.
Several needs are written together: a step that numpy or orjson takes for all rows of all needs
costs little more than for those of one. All ways give the same answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import chain, islice
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
from matching.shelf.footpaths import Footpaths
from matching.shelf.lists import NONE, Lists
from matching.shelf.runs import Hit
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
    """The items of a `NeedMatches` as JSON, side by side: the best for a need, each explained."""
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
    return orjson.dumps([judged(shelf, need, one) for one in found])[1:-1]


@dataclass(slots=True)
class _Part:
    """Rows of one run that were found for one need, and what is written of them."""

    numbers: Asked
    verdicts: Verdicts
    hit: Hit
    text: bytes = b""


def _written(shelf: Shelf, wanted: Sequence[Wanted]) -> list[bytes]:
    lists = shelf.lists
    numbers = [asked(need, lists) for need, _ in wanted]
    found = [shelf.found(each, limit) for each, (_, limit) in zip(numbers, wanted, strict=True)]
    by_need: list[list[_Part]] = []
    by_columns: dict[int, list[_Part]] = defaultdict(list)
    for (need, _), each, hits in zip(wanted, numbers, found, strict=True):
        verdicts = Verdicts(lists, need, each)
        by_need.append(parts := [_Part(each, verdicts, hit) for hit in hits])
        for part in parts:
            by_columns[id(part.hit.columns)].append(part)
    for parts in by_columns.values():
        _write(lists, parts)
    return [b",".join([part.text for part in parts]) for parts in by_need]


def _write(lists: Lists, parts: Sequence[_Part]) -> None:
    """Write the rows of parts in the same columns."""
    columns, found = parts[0].hit.columns, [part.hit.found for part in parts]
    sizes = [len(each.rows) for each in found]
    places, ranks, walks = (np.concatenate(each) for each in zip(*found, strict=True))
    rows, size, weights = columns.rows, len(_MATCH), [part.numbers.minute for part in parts]
    pieces = list(chain.from_iterable(map(_matches, weights, sizes)))
    # A walk that is not known weighs as a far one, and an open fact puts a row below all others.
    unknown = np.isnan(walks)
    measured = np.where(unknown, FAR, walks)
    weighed = np.repeat(weights, sizes) * measured
    score = np.where(ranks < BELOW / 2, ranks, weighed + columns.standing[places])
    far, minutes, sums = _figures(measured, weighed, score)
    pieces[_Piece.BEGIN :: size] = rows.begin[places].tolist()
    pieces[_Piece.COUNTED :: size] = _counted(rows.left[places])
    pieces[_Piece.WALK :: size] = pieces[_Piece.MEASURED :: size] = far
    pieces[_Piece.SCORE :: size], pieces[_Piece.WEIGHED :: size] = sums, minutes
    pieces[_Piece.PARTS :: size] = _parts(lists, rows.rating[places], rows.scarcity[places])
    forms = iter(columns.form[places].tolist())
    pieces[_Piece.VERDICT :: size] = [
        verdict
        for part, count in zip(parts, sizes, strict=True)
        for verdict in part.verdicts.of(part.hit, list(islice(forms, count)))
    ]
    for place in np.flatnonzero(unknown).tolist():
        pieces[place * size + _Piece.WALK] = b"null"
    for place in np.flatnonzero(unknown | (walks == 0)).tolist():
        pieces[place * size + _Piece.WALKED_BY] = _UNWALKED
    end = 0
    for part, count in zip(parts, sizes, strict=True):
        end += count * size
        part.text = b"".join(pieces[end - count * size + 1 : end])  # but for the first comma


@lru_cache(maxsize=1_000)
def _matches(minute: float, count: int) -> tuple[bytes, ...]:
    """So many of `_MATCH`, where a minute on foot counts so much."""
    match = list(_MATCH)
    match[_Piece.WEIGHT] %= orjson.dumps(minute)
    return tuple(match) * count


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
    try:
        return [known[key] for key in keys]
    except KeyError:
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
