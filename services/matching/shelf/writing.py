"""Answers as bytes, ready to send, in machine code where numba stands: the same as `telling` gives.

A row of an answer is what was written down of it, figures, verdicts, and phrases that are the same
for many rows. All needs that are asked at one time are written together: what numpy or orjson does
for all their rows costs little more than for those of one. To machine code everything comes as
plain tuples, in the order in which it is unpacked there (`kernel` says why).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from common.contracts.matching_queries import WalkingBy
from common.contracts.vocabulary import UrgencyTier
from matching.domain.scoring import FAR, Policy
from matching.shelf.asking import Wanted, asked
from matching.shelf.columns import Columns
from matching.shelf.compiled import compiled
from matching.shelf.lists import Lists
from matching.shelf.runs import Hit
from matching.shelf.shelf import Shelf
from matching.shelf.texts import Texts
from matching.shelf.verdicts import Verdicts

Array = NDArray[Any]

_COMMA: Final = ord(",")
_ZERO: Final = ord("0")
_LONGEST_COUNT: Final = 20  # digits
_BY_LINE: Final = b',"walking_by":"%b","score_minutes":' % WalkingBy.LINE.value.encode()
_TIERS: Final = {tier: number for number, tier in enumerate(UrgencyTier)}
# The figures of a row and the phrases between them, as they are numbered.
_FIGURES: Final = 7
_WALK, _WALKED, _SCORE, _RATING, _RATED, _PRICE, _PRICED = range(_FIGURES)
_LEFT, _FAR, _NULL, _BY, _BY_NOTHING, _WALKING, _RATE, _RATE_ENDS = range(8)
_NEW, _SCARCE, _SCARCE_ENDS, _END, _WEIGHTS = range(8, 13)


@dataclass(slots=True)
class _Part:
    """Rows of one run that were found for one need, and what is written of them."""

    tier: UrgencyTier
    verdicts: Verdicts
    hit: Hit
    text: bytes = b""


def written(shelf: Shelf, wanted: Sequence[Wanted]) -> list[bytes]:
    """The items of each `NeedMatches` as JSON, side by side. No need has wishes."""
    lists = shelf.lists
    by_need: list[list[_Part]] = []
    by_columns: dict[int, list[_Part]] = defaultdict(list)
    for need, limit in wanted:
        numbers = asked(need, lists)
        verdicts = Verdicts(lists, need, numbers)
        parts = [_Part(need.urgency, verdicts, hit) for hit in shelf.found(numbers, limit)]
        by_need.append(parts)
        for part in parts:
            by_columns[id(part.hit.columns)].append(part)
    for parts in by_columns.values():
        _tell(lists, parts)
    return [b",".join([part.text for part in parts]) for parts in by_need]


def phrases(policy: Policy) -> Texts:
    """What stands between the figures of a row, by its numbers."""
    new = policy.new_provider
    return Texts.of(
        [
            *(b',"places_left":', b',"walking_minutes":', b"null"),
            *(_BY_LINE, b',"walking_by":null,"score_minutes":'),
            b',"parts":[{"part":"walking","measured":',
            *(b'},{"part":"rating","measured":', _weight("rating", policy.rating)),
            b'},{"part":"new_provider","measured":1.0%b%b'
            % (_weight("new_provider", new), orjson.dumps(-new)),
            *(b'},{"part":"scarcity","measured":', _weight("scarcity", policy.scarcity)),
            b"}],",
            *(_weight("walking", policy.minutes_of(tier)) for tier in _TIERS),
        ]
    )


def _weight(part: str, weight: float) -> bytes:
    told = orjson.dumps({"weight": weight, "rule": f"score.{part}"})
    return b',%b,"minutes":' % told[1:-1]


def _tell(lists: Lists, parts: Sequence[_Part]) -> None:
    """Write the rows of parts in the same columns."""
    columns, policy = parts[0].hit.columns, lists.policy
    sizes = np.array([len(part.hit.found.rows) for part in parts])
    found = tuple(map(np.concatenate, zip(*[part.hit.found for part in parts], strict=True)))
    tiers = np.array([_TIERS[part.tier] for part in parts])
    minutes = np.array([policy.minutes_of(tier) for tier in _TIERS])[tiers]
    rows, figures = columns.rows, np.empty((len(found[0]), _FIGURES))
    facts = rows.rating, rows.scarcity, columns.standing
    _reckon(figures, found, facts, (sizes, minutes), (policy.rating, policy.scarcity))
    numbers = Texts.of_numbers(figures.ravel())
    texts = rows.begin, numbers, _verdicts(parts, sizes, columns, found), _phrases_of(lists)
    out, told = np.empty(_room(found[0], texts), np.uint8), tuple(each.columns for each in texts)
    ends = _write(out, found, rows.left, figures, told, (sizes, tiers)).tolist()
    for part, (start, end) in zip(parts, pairwise([0, *ends]), strict=True):
        part.text = out[start:end].tobytes()


def _verdicts(parts: Sequence[_Part], sizes: Array, columns: Columns, found: Any) -> Texts:
    """What the rules say of each row."""
    forms, waits = columns.form[found[0]].tolist(), found[3].tolist()
    ends = accumulate(sizes.tolist(), initial=0)
    return Texts.of(
        [
            verdict
            for part, (start, end) in zip(parts, pairwise(ends), strict=True)
            for verdict in part.verdicts.of(part.hit, forms[start:end], waits[start:end])
        ]
    )


def _phrases_of(lists: Lists) -> Texts:
    """Those of the weights in force."""
    if lists.phrases is None:
        lists.phrases = phrases(lists.policy)
    return lists.phrases


def _room(places: Array, texts: tuple[Texts, Texts, Texts, Texts]) -> int:
    """As many bytes as rows may take: a figure stands there twice at most."""
    begins, figures, verdicts, phrased = texts
    each = len(phrased.buffer) + _LONGEST_COUNT + 1
    own = int((begins.ends[places] - begins.starts[places]).sum())
    return own + 2 * len(figures.buffer) + len(verdicts.buffer) + len(places) * each


@compiled
def _reckon(figures: Any, found: Any, facts: Any, parts: Any, weights: Any) -> None:
    """The figures of rows, part by part.

    A walk that is not known weighs as a far one, and who waits ranks below all others.
    """
    places, ranks, walks, waits = found
    ratings, prices, standing = facts
    sizes, minutes = parts
    row = 0
    for part in range(len(sizes)):
        for _ in range(sizes[part]):
            place, figure = places[row], figures[row]
            walked = FAR if np.isnan(walks[row]) else walks[row]
            weighed = minutes[part] * walked
            figure[_WALK], figure[_WALKED] = walked, weighed
            figure[_SCORE] = weighed + standing[place] if waits[row] else ranks[row]
            figure[_RATING], figure[_RATED] = ratings[place], -(weights[0] * ratings[place])
            figure[_PRICE], figure[_PRICED] = prices[place], weights[1] * prices[place]
            row += 1


@compiled
def _write(out: Any, found: Any, left: Any, figures: Any, texts: Any, parts: Any) -> Any:
    """Write rows, those of one part with commas between them; where each part ends."""
    sizes, tiers = parts
    places, _, walks, _ = found
    begins, numbers, verdicts, said = texts
    ends = np.empty(len(sizes), np.int64)
    at, row = 0, 0
    for part in range(len(sizes)):
        for nth in range(sizes[part]):
            if nth:
                out[at] = _COMMA
                at += 1
            at = _put(out, at, begins, places[row])
            at = _put(out, at, said, _LEFT)
            at = _counted(out, at, left[places[row]], said)
            at = _walk(out, at, row, walks[row], numbers, said)
            at = _put(out, at, said, _WEIGHTS + tiers[part])
            at = _put(out, at, numbers, row * _FIGURES + _WALKED)
            at = _standing(out, at, row, figures[row], numbers, said)
            at = _put(out, at, said, _END)
            at = _put(out, at, verdicts, row)
            row += 1
        ends[part] = at
    return ends


@compiled
def _walk(out: Any, at: Any, row: Any, walk: Any, numbers: Any, said: Any) -> Any:
    """Put how far a row is, what it comes to, and how its first part begins."""
    walked, score = row * _FIGURES + _WALK, row * _FIGURES + _SCORE
    at = _put(out, at, said, _FAR)
    at = _put(out, at, said, _NULL) if np.isnan(walk) else _put(out, at, numbers, walked)
    at = _put(out, at, said, _BY if walk > 0 else _BY_NOTHING)
    at = _put(out, at, numbers, score)
    at = _put(out, at, said, _WALKING)
    return _put(out, at, numbers, walked)


@compiled
def _standing(out: Any, at: Any, row: Any, figures: Any, numbers: Any, said: Any) -> Any:
    """Put the parts of the score that no need changes."""
    figure = row * _FIGURES
    if np.isnan(figures[_RATING]):
        at = _put(out, at, said, _NEW)
    else:
        at = _put(out, at, said, _RATE)
        at = _put(out, at, numbers, figure + _RATING)
        at = _put(out, at, said, _RATE_ENDS)
        at = _put(out, at, numbers, figure + _RATED)
    if figures[_PRICE] != 0:
        at = _put(out, at, said, _SCARCE)
        at = _put(out, at, numbers, figure + _PRICE)
        at = _put(out, at, said, _SCARCE_ENDS)
        at = _put(out, at, numbers, figure + _PRICED)
    return at


@compiled
def _counted(out: Any, at: Any, count: Any, said: Any) -> Any:
    """Put a count; what nobody counts, less than nothing, is null."""
    if count < 0:
        return _put(out, at, said, _NULL)
    digits, rest = 1, count // 10
    while rest:
        digits, rest = digits + 1, rest // 10
    for place in range(at + digits - 1, at - 1, -1):
        out[place] = _ZERO + count % 10
        count //= 10
    return at + digits


@compiled
def _put(out: Any, at: Any, texts: Any, number: Any) -> Any:
    """Put one of some texts at a place; where it ends there.

    Byte by byte, by numbers without a sign: the compiler makes long steps of that, and of a slice
    a call.
    """
    buffer, starts, ends = texts
    start, size = starts[number], ends[number] - starts[number]
    source, target = np.uint64(start), np.uint64(at)
    for place in range(np.uint64(size)):
        out[target + place] = buffer[source + place]
    return at + size
