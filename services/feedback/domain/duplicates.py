"""Which cases may be the same: near by, not long ago, alike in words. Suggested, never decided.

Pure. The city is divided into cells of about 280 m; a cell is one number, its neighbours are found
by counting. Whoever is within the radius lies in one of the cells around.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from rapidfuzz import fuzz

from common.errors import Conflict, Text
from common.geo import Point, distance_m
from common.rules import RulesInForce
from common.text.folding import fold

_LON_STEP, _LAT_STEP = 0.003, 0.0025  # degrees: 285 m and 278 m at 31.2° north
_CELL_M: Final = 278
_ROW: Final = 1 << 18  # more columns than the earth has steps of longitude
_ROUGH_M: Final = 100


class MergeKeepsTheFirst(Conflict):
    """The case that came first stays: its deadline is the earlier one."""

    slug = "merge-keeps-the-first"
    title = Text("应并入先收到的工单", "The first case stays")
    detail = Text(
        "{into} 晚于本工单收到；请把后收到的并入先收到的，以先到的时限为准。",
        "{into} came later; merge the later case into the earlier, whose deadline counts.",
    )


class NotMergeable(Conflict):
    """Nobody works on the case to merge into: it is answered, has ended, or is a duplicate."""

    slug = "not-mergeable"
    title = Text("不能并入该工单", "Nothing can be merged into it")
    detail = Text(
        "工单 {into} 为 {status}，不能并入；只能并入未答复的工单。",
        "Case {into} is {status}: a case is merged only into one that waits for its answer.",
    )


class OthersWait(Conflict):
    """What others said was merged into the case; nobody withdraws it for them."""

    slug = "others-wait"
    title = Text("他人的诉求已并入", "Others wait for it too")
    detail = Text(
        "工单 {number} 并入了他人的诉求，不能撤回；可在答复后确认或不认可。",
        "What others said was merged into case {number}: it is not withdrawn. Confirm or reopen it"
        " once it is answered.",
    )


class NotAnsweredYet(Conflict):
    """Who waits together with others judges the outcome once there is one."""

    slug = "not-answered-yet"
    title = Text("所并入的工单尚未答复", "The case it joined is not answered yet")
    detail = Text(
        "本工单已并入 {into}，其当前为 {status}；答复后再确认或不认可。",
        "This case goes on in {into}, which is {status}: confirm or reopen it once it is answered.",
    )


@dataclass(frozen=True, slots=True)
class Like:
    """What is compared of a case; what the caller may not read lies in the middle of its cell."""

    words: str
    category: str
    area_code: str
    received_at: datetime
    point: Point | None
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A case that may be the same, with what speaks for it; how alike, to its readers alone."""

    case_id: UUID
    likeness: float | None
    distance_m: int | None
    same_category: bool
    reasons: tuple[Text, ...]


def cell(there: Point) -> int:
    """The cell of a point, as one number."""
    return math.floor(there.lat / _LAT_STEP) * _ROW + math.floor(there.lon / _LON_STEP)


def middle(number: int) -> Point:
    """The middle of a cell: a place told no more exactly than that."""
    row, column = divmod(number, _ROW)
    return Point((column + 0.5) * _LON_STEP, (row + 0.5) * _LAT_STEP)


def around(there: Point, radius_m: int) -> list[int]:
    """The cells that hold every point within a radius."""
    reach, middle = math.ceil(radius_m / _CELL_M), cell(there)
    span = range(-reach, reach + 1)
    return [middle + row * _ROW + column for row in span for column in span]


def is_near(one: Point | None, other: Point | None, radius_m: int) -> bool:
    """Whether two places lie within the radius; one that is not known may lie anywhere."""
    return one is None or other is None or round(distance_m(one, other)) <= radius_m


def likeness(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1: the same words in another order count as alike.

    The better of the whole texts' edit ratio and of the share of pairs of characters in common.
    """
    return _alike(_Told.of(one), _Told.of(other))


def suggest(
    wanted: Like, others: Iterable[tuple[UUID, Like]], rules: RulesInForce
) -> list[Suggestion]:
    """Those that may be the same, the likeliest first; ties by the id.

    Nobody finds out by asking where exactly something happened, or word by word what was said of
    it: what the caller may not read comes last, by the id, and without figures.
    Source: rules `duplicate.radius`, `duplicate.likeness`; the window is the query's.
    """
    radius = rules.rule("duplicate.radius").number
    least = float(rules.rule("duplicate.likeness").share)
    told = _Told.of(wanted.words)
    found = [
        _compared(case_id, wanted, other, alike)
        for case_id, other in others
        if is_near(wanted.point, other.point, radius)
        and (alike := round(_alike(told, _Told.of(other.words)), 2)) >= least
    ]
    return sorted(found, key=lambda each: (-(each.likeness or 0), str(each.case_id)))


def _compared(case_id: UUID, wanted: Like, other: Like, alike: float) -> Suggestion:
    metres = None
    if wanted.point is not None and other.point is not None:
        metres = round(distance_m(wanted.point, other.point))
    same = wanted.category == other.category
    shown: float | None = alike
    reasons = [_where(metres), Text(f"文字相似 {alike:.0%}", f"words {alike:.0%} alike")]
    if not other.is_readable:
        shown, metres = None, _roughly(metres)
        reasons = [_where(metres, zh="约", en="about "), Text("文字相似", "words alike")]
    if same:
        reasons.append(Text("同一类别", "the same category"))
    days = abs((wanted.received_at - other.received_at).days)
    reasons.append(Text(f"相隔 {days} 天", f"{days} days apart"))
    return Suggestion(case_id, shown, metres, same, tuple(reasons))


def _roughly(metres: int | None) -> int | None:
    return None if metres is None else max(1, math.ceil(metres / _ROUGH_M)) * _ROUGH_M


def _where(metres: int | None, *, zh: str = "", en: str = "") -> Text:
    if metres is None:
        return Text("同一居村", "the same neighbourhood")
    return Text(f"相距{zh} {metres} 米", f"{en}{metres} m apart")


class _Told(NamedTuple):
    """A text as it is compared: folded, and its pairs of characters."""

    text: str
    pairs: frozenset[str]

    @classmethod
    def of(cls, words: str) -> Self:
        """The text, folded once."""
        text = fold(words)
        return cls(text, frozenset(map(str.__add__, text, text[1:])))


def _alike(one: _Told, other: _Told) -> float:
    return max(fuzz.ratio(one.text, other.text) / 100, _shared(one.pairs, other.pairs))


def _shared(pairs: frozenset[str], others: frozenset[str]) -> float:
    """Sørensen's share of common pairs of characters."""
    together = len(pairs) + len(others)
    return 2 * len(pairs & others) / together if together else 0.0
