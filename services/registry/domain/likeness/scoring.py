"""How alike two records are, and why, in words that a clerk reads. Pure.

Each comparison has a level; each level adds its weight to the log-odds that both tell of one thing.
The weights were fitted by logistic regression on the `tune` part of the planted set
(tests/registry/records) within bounds that a clerk would sign (the same phone never speaks against
a pair), and rounded; the `held` part measures them.

Source for the form: Fellegi and Sunter, A Theory for Record Linkage (1969).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp
from typing import Final, NamedTuple

from rapidfuzz.distance import DamerauLevenshtein, Indel

from common.errors import Text
from common.geo import System, distance_m, to_wgs84
from registry.domain.likeness.names import Name
from registry.domain.likeness.records import Likened

SHOWN_FROM: Final = 0.5  # a pair from this score on goes to the queue
LIKELY_FROM: Final = 0.9
_SHARED_BY: Final = 4  # records; a phone of more is an office's line
_NEAR_NAME: Final = 0.6
_PIN_SLIP_M: Final = 60.0  # metres that two pins may differ once one is read in its own system
_BANDS: Final = ((40, "here"), (120, "close"), (300, "near"), (800, "apart"))


class Level(NamedTuple):
    """One comparison and what came of it."""

    topic: str
    level: str

    @property
    def code(self) -> str:
        """Topic and level as the queue keeps them."""
        return f"{self.topic}.{self.level}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code, how much it weighs, and a sentence with the facts."""

    code: str
    weight: float
    text: Text


@dataclass(frozen=True, slots=True)
class Likeness:
    """The score of a pair, from 0 to 1, with its reasons, the weightiest first."""

    score: float
    reasons: tuple[Reason, ...]


_BIAS: Final = -4.7
WEIGHTS: Final[Mapping[str, float]] = {
    "address.other": -2.6,
    "address.same": 1.9,
    "address.unclear": 0.0,
    "area.district": -1.9,
    "area.other": -3.5,
    "area.same": 2.7,
    "area.town": 2.7,
    "branch.one_sided": -5.5,
    "branch.other": -3.0,
    "branch.same": 2.6,
    "code.other": -6.0,
    "code.same": 6.0,
    "kind.other": -3.0,
    "name.far": -0.4,
    "name.half": -1.6,
    "name.near": 2.6,
    "name.one_edit": 2.9,
    "name.same": 2.2,
    "name.sounds": 2.0,
    "number.other": -5.0,
    "phone.other": -0.3,
    "phone.same": 1.0,
    "phone.shared": 0.5,
    "place.apart": -1.7,
    "place.close": 1.5,
    "place.far": -2.6,
    "place.here": 1.1,
    "place.near": 0.7,
    "place.slipped": 1.1,
    "sort.other": -3.5,
    "sort.same": 2.2,
}


def likeness(a: Likened, b: Likened, *, phone_shared_by: int = 2) -> Likeness:
    """How alike two records are. `phone_shared_by`: how many records have their common phone."""
    found = list(levels(a, b, phone_shared_by=phone_shared_by))
    total = _BIAS + sum(WEIGHTS[level.code] for level in found)
    reasons = [
        Reason(level.code, WEIGHTS[level.code], _said(level, a, b))
        for level in found
        if level.code in _SAID
    ]
    reasons.sort(key=lambda reason: (-abs(reason.weight), reason.code))
    return Likeness(round(1 / (1 + exp(-max(-30.0, min(30.0, total)))), 4), tuple(reasons))


def levels(a: Likened, b: Likened, *, phone_shared_by: int) -> Iterator[Level]:
    """Every comparison; what one side does not say is no evidence."""
    yield from _names(a.name, b.name)
    if a.sort != b.sort:
        yield Level("kind", "other")
    if a.credit_code and b.credit_code:
        yield Level("code", "same" if a.credit_code == b.credit_code else "other")
    if a.phone and b.phone:
        yield Level("phone", _phone(a.phone, b.phone, phone_shared_by))
    if a.point and b.point:
        yield Level("place", _place(a.point, b.point))
    if a.address and b.address:
        yield Level("address", _address(a, b))
    yield Level("area", _area(a, b))


def _names(a: Name, b: Name) -> Iterator[Level]:
    yield Level("name", _name(a, b))
    if a.sort and b.sort:
        yield Level("sort", "same" if a.sort == b.sort else "other")
    if a.numerals != b.numerals:
        yield Level("number", "other")
    if a.branch or b.branch:
        yield Level("branch", _branch(a.branch, b.branch))


def _name(a: Name, b: Name) -> str:
    if a.core == b.core:
        return "same"
    if a.spoken == b.spoken:
        return "sounds"
    edits = DamerauLevenshtein.distance(a.core, b.core)
    longer = max(len(a.core), len(b.core))
    if edits == 1:
        return "one_edit" if longer > 2 else "half"
    if Indel.normalized_similarity(a.spoken, b.spoken) >= _NEAR_NAME + 0.2:
        return "near"
    return "near" if Indel.normalized_similarity(a.core, b.core) >= _NEAR_NAME else "far"


def _branch(a: str, b: str) -> str:
    if not (a and b):
        return "one_sided"
    if a == b or DamerauLevenshtein.distance(a, b) <= max(len(a), len(b)) // 3:
        return "same"
    return "other"


def _phone(a: str, b: str, shared_by: int) -> str:
    if a != b:
        return "other"
    return "same" if shared_by <= _SHARED_BY else "shared"


def _place(a: tuple[float, float], b: tuple[float, float]) -> str:
    metres = distance_m(a, b)
    for limit, band in _BANDS:
        if metres <= limit:
            return band
        if band == "near" and slipped(a, b):
            return "slipped"
    return "far"


def slipped(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether one point is the other one read in the wrong coordinate system."""
    return any(
        distance_m(to_wgs84(*wrong, system), right) <= _PIN_SLIP_M
        for wrong, right in ((a, b), (b, a))
        for system in (System.GCJ02, System.BD09)
    )


def _address(a: Likened, b: Likened) -> str:
    if a.door and b.door:
        return "same" if a.door == b.door else "other"
    return "same" if a.address == b.address else "unclear"


def _area(a: Likened, b: Likened) -> str:
    for digits, level in ((12, "same"), (9, "town"), (6, "district")):
        if a.area_code[:digits] == b.area_code[:digits]:
            return level
    return "other"


_SAID: Final[Mapping[str, Text]] = {
    "name.same": Text("名称相同（“{a}”）", 'the same name ("{a}")'),
    "name.sounds": Text("名称同音（“{a}”与“{b}”）", 'names that sound alike ("{a}", "{b}")'),
    "name.one_edit": Text("名称只差一字（“{a}”与“{b}”）", 'one character apart ("{a}", "{b}")'),
    "name.near": Text("名称相近（“{a}”与“{b}”）", 'similar names ("{a}", "{b}")'),
    "name.half": Text("名称有一字不同（“{a}”与“{b}”）", 'half of a short name ("{a}", "{b}")'),
    "name.far": Text("名称不同（“{a}”与“{b}”）", 'different names ("{a}", "{b}")'),
    "sort.same": Text("同类", "of the same sort"),
    "sort.other": Text("名称中的类别不同", "of different sorts by their names"),
    "kind.other": Text("登记的种类不同", "of different kinds by their records"),
    "number.other": Text("序号不同", "different numbers in their names"),
    "branch.same": Text("同一分支（{branch}）", "the same branch ({branch})"),
    "branch.one_sided": Text("一方为分支（{branch}）", "one is a branch ({branch})"),
    "branch.other": Text("分支不同（{branch}）", "different branches ({branch})"),
    "code.same": Text("统一社会信用代码相同", "the same credit code"),
    "code.other": Text("统一社会信用代码不同", "different credit codes"),
    "phone.same": Text("电话相同", "the same phone"),
    "phone.shared": Text("电话相同，但多家共用", "the same phone, which many share"),
    "phone.other": Text("电话不同", "different phones"),
    "place.here": Text("相距 {metres} 米", "{metres} m apart"),
    "place.close": Text("相距 {metres} 米", "{metres} m apart"),
    "place.near": Text("相距 {metres} 米", "{metres} m apart"),
    "place.slipped": Text(
        "相距 {metres} 米，换算坐标系后重合", "{metres} m apart, the same in another system"
    ),
    "place.apart": Text("相距 {metres} 米", "{metres} m apart"),
    "place.far": Text("相距 {metres} 米", "{metres} m apart"),
    "address.same": Text("地址相同（{door}）", "the same address ({door})"),
    "address.other": Text("门牌不同（{door}）", "different doors ({door})"),
    "area.same": Text("同一居村", "in the same neighbourhood"),
    "area.town": Text("同一街镇", "in the same town"),
    "area.other": Text("不在同一区", "in different districts"),
}


def _said(level: Level, a: Likened, b: Likened) -> Text:
    metres = round(distance_m(a.point, b.point)) if a.point and b.point else ""
    doors = dict.fromkeys(each for each in (a.door, b.door) if each)
    branches = dict.fromkeys(each for each in (a.name.branch, b.name.branch) if each)
    return _SAID[level.code].format(
        {
            "a": a.name.core,
            "b": b.name.core,
            "metres": metres,
            "door": "、".join(doors),
            "branch": "、".join(branches),
        }
    )
