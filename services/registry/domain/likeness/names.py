"""Names of houses and bodies taken apart: where, which one, of what sort, which branch. Pure.

上海市黄浦区云中第二社区食堂（外滩分站）: the core 云中第二, the sort 助餐, number 2, branch 外滩.
Everything is compared in simplified characters without spaces and brackets (`common.text.fold`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import ne
from typing import Final

from common.text import fold
from common.text.pinyin import spell

# Words for the same sort of house or body; the first one names the sort.
SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "meal": (
        *("助餐点", "社区食堂", "长者食堂", "老年助餐点", "社区助餐点", "老年食堂", "食堂"),
        *("长者餐厅", "助餐服务点", "老年餐厅"),
    ),
    "day_care": (
        *("日间照料中心", "老年人日间照料中心", "老年日间照料中心", "日照中心", "日托所"),
        *("老年日托所", "老年人日间服务中心", "日间服务中心", "日间照护中心"),
    ),
    "good_neighbour": ("睦邻中心", "睦邻活动中心", "睦邻点", "睦邻活动点"),
    "hub": ("邻里汇", "邻里中心", "邻里汇服务点", "邻里服务中心"),
    "party": ("党群服务中心", "党群服务站", "党建服务中心", "党建服务站", "党群中心"),
    "social_work_station": ("社工站", "社会工作站", "社会工作服务站", "社工服务站"),
    "health_station": ("卫生服务站", "社区卫生服务站", "卫生站", "社区卫生站"),
    "health_centre": ("社区卫生服务中心", "卫生服务中心"),
    "seniors_room": ("老年活动室", "老年人活动室", "老年活动中心", "老年人活动中心"),
    "culture": ("文化活动室", "文化活动中心", "文体活动室", "文化站", "社区文化活动中心"),
    "childcare": ("托育点", "社区托育点", "宝宝屋", "社区宝宝屋", "托育园", "托儿所"),
    "affairs": ("事务受理服务中心", "社区事务受理服务中心", "受理中心"),
    "eldercare": ("为老服务中心", "养老服务中心", "居家养老服务中心", "综合为老服务中心"),
    "social_work": ("社会工作服务中心", "社工服务中心", "社会工作中心", "社会工作事务所"),
    "benefit": ("公益发展中心", "公益促进中心", "公益服务发展中心", "公益服务中心"),
    "volunteers": ("志愿者协会", "志愿服务协会", "志愿者联合会", "志愿服务总队"),
    "household": ("家政服务有限公司", "家政有限公司", "家政服务有限责任公司", "家政服务公司"),
    "elder_team": ("助老服务队", "为老服务队", "助老志愿队", "助老志愿服务队"),
    "youth": ("青少年服务中心", "青少年活动中心"),
    "family": ("家庭服务社", "家庭服务中心"),
    "disability": ("助残服务社", "助残服务中心", "阳光之家"),
    "service_centre": ("社区服务中心", "服务中心", "服务站", "服务社"),
}
_SORT_OF: Final = {word: sort for sort, words in SORTS.items() for word in words}
_WORDS: Final = sorted(_SORT_OF, key=lambda word: (-len(word), word))
_LONG: Final = [word for word in _WORDS if len(word) >= 4]  # long enough to survive a typo
_NOTES: Final = re.compile(r"演示数据|试运行|筹建|原名?")
_MARKS: Final = re.compile(r"[\W_]+")
_BRANCH: Final = re.compile(r"分(站|中心|部|点|社|院|馆|店|校|会|队)$")
_NUMERAL: Final = re.compile(r"[一二三四五六七八九十百]+|\d+")
_DIGITS: Final = {character: value for value, character in enumerate("一二三四五六七八九十", 1)}
_TAILS: Final = ("社区", "居民区", "居委会", "村委会", "小区", "街道", "居委")
_SHORTEST: Final = 2  # characters of a core


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. `places` are names of divisions that stood before the core."""

    core: str
    sort: str | None
    branch: str
    numerals: tuple[int, ...]
    places: frozenset[str]
    spoken: str

    @property
    def whole(self) -> str:
        """Core and branch, without what every such name has."""
        return self.core + self.branch


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names of divisions as they stand before names of houses, longest first."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: frozenset[str]) -> "Gazetteer":
        """From full names, such as 黄浦区 and 南京东路街道; people also leave the last word out."""
        short = {
            name.removesuffix(tail)
            for name in names
            for tail in ("市", "区", "街道", "镇", "乡")
            if name.endswith(tail)
        }
        every = names | {name for name in short if len(name) >= _SHORTEST}
        return cls(tuple(sorted(every, key=lambda name: (-len(name), name))))

    def stripped(self, text: str) -> tuple[str, frozenset[str]]:
        """The text without divisions at its head, and their names without 区, 街道 and so on."""
        found: set[str] = set()
        while True:
            head = next((n for n in self.names if text.startswith(n)), None)
            if head is None or _says_no_more(text[len(head) :]):
                return text, frozenset(found)
            text = text[len(head) :]
            found.add(re.sub(r"(区|市|街道|镇|乡)$", "", head))


def taken_apart(name: str, gazetteer: Gazetteer) -> Name:
    """The parts of a name."""
    text = _MARKS.sub("", _NOTES.sub("", fold(name)))
    text, places = gazetteer.stripped(text)
    core, sort, tail = _around_sort(text)
    branch = _BRANCH.sub("", tail)
    core = _without_tail(core) or text
    numerals = tuple(sorted(_value(each) for each in _NUMERAL.findall(core + branch)))
    return Name(core, sort, branch, numerals, places, sound(core))


@lru_cache(maxsize=20_000)
def sound(text: str) -> str:
    """How a text is spoken, without tones."""
    return spell(text).replace(" ", "")


def _around_sort(text: str) -> tuple[str, str | None, str]:
    """What stands before the word for the sort, the sort, and what stands behind."""
    for word in _WORDS:
        at = text.rfind(word)
        if at > 0:
            return text[:at], _SORT_OF[word], text[at + len(word) :]
    return _mistyped_sort(text)


def _mistyped_sort(text: str) -> tuple[str, str | None, str]:
    """The same with one character of the word typed wrong; the whole text when there is none."""
    for word in _LONG:
        for at in range(1, len(text) - len(word) + 1):
            typed = text[at : at + len(word)]
            if sum(map(ne, word, typed)) == 1:
                return text[:at], _SORT_OF[word], text[at + len(word) :]
    return text, None, ""


def _says_no_more(rest: str) -> bool:
    """Whether a name without the division before it would name nothing: 南京东路街道|睦邻中心."""
    return len(rest) < _SHORTEST or any(rest.startswith(word) for word in _WORDS)


def _without_tail(core: str) -> str:
    for tail in _TAILS:
        if core.endswith(tail) and len(core) - len(tail) >= _SHORTEST:
            return core.removesuffix(tail)
    return core


def _value(numeral: str) -> int:
    """A number as written: digits, or Chinese up to 99; longer ones by their characters."""
    if numeral.isascii():
        return int(numeral[:9])
    if numeral in _DIGITS:
        return _DIGITS[numeral]
    tens, _, ones = numeral.partition("十")
    if "百" not in numeral and len(tens) <= 1 and len(ones) <= 1:
        return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)
    return int("".join(str(ord(character)) for character in numeral)[:9])
