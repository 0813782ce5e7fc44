"""Nothing that has the words is missed: 500 planted questions against a scan of all names.

Part of a name as written, in traditional characters, in pinyin and by initials; words for the same
thing; and characters with several readings, planted by hand.
"""

from random import Random
from uuid import UUID

import opencc
import pytest

from common.contracts.registry.dictionaries import Dictionary
from common.text import spell, synonyms
from registry.queries.offerings import Filters
from registry.searching.entries import Entry
from registry.searching.shelf import Shelf
from registry.searching.words import Word, Words

DRAWN = 115  # parts of names, each asked in four ways
STREETS = (
    "长宁",
    "长风",
    "重庆南路",
    "曹家渡",
    "厦门路",
    "乐山",
    "单家",
    "曾家",
    "朝阳",
    "都市",
)
PLACES = (
    "长者食堂",
    "社区食堂",
    "助餐点",
    "日间照料中心",
    "宝宝屋",
    "图书馆",
    "银行角",
    "会计代办",
)
DEEDS = (
    "调解",
    "调查",
    "快乐合唱",
    "音乐欣赏",
    "人参讲座",
    "参观",
    "理发",
    "重阳慰问",
    "重点探访",
    "助浴",
)
TAILS = ("", "（周末班）", "A 组", "服务", "志愿队")
READ = {
    "长宁": ("changning", "cn"),
    "长者": ("zhangzhe", "zz"),
    "重庆": ("chongqing", "cq"),
    "重点": ("zhongdian", "zd"),
    "重阳": ("chongyang", "cy"),
    "银行": ("yinhang", "yh"),
    "会计": ("kuaiji", "kj"),
    "调解": ("tiaojie", "tj"),
    "调查": ("diaocha", "dc"),
    "快乐": ("kuaile", "kl"),
    "音乐": ("yinyue", "yy"),
    "人参": ("renshen", "rs"),
    "参观": ("canguan", "cg"),
    "厦门": ("xiamen", "xm"),
    "乐山": ("leshan", "ls"),
}
ALIKE = (
    "助餐点",
    "长者食堂",
    "社区食堂",
    "老年食堂",
    "宝宝屋",
    "托育",
    "日托",
    "日间照料",
    "剃头",
    "理发",
)
NAMES = [
    f"{street}{place}{deed}{tail}"
    for number, (street, place, deed) in enumerate(
        (street, place, deed) for street in STREETS for place in PLACES for deed in DEEDS
    )
    for tail in (TAILS[number % len(TAILS)],)
]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    categories = {"service": Word(("service",), "便民", "Service")}
    filled = Shelf(Words({Dictionary.SERVICE_CATEGORY: categories}, synonyms()))
    filled.put([entry(number, name) for number, name in enumerate(NAMES)])
    return filled


def entry(number: int, name: str) -> Entry:
    return Entry(
        id=UUID(int=number),
        area_code="310105001000",
        name=name,
        description=None,
        code=None,
        category="service",
        category_path="service",
        groups=(),
        channels=("on_site",),
        price_kind="free",
        price_fen=0,
        provider_id=None,
        service_item_id=None,
        venue_id=None,
        place=None,
        hours=None,
        venue_name=None,
        venue_address=None,
        venue_hours=None,
        venue_stands=None,
        features=None,
    )


def found(shelf: Shelf, words: str) -> set[int]:
    return set(shelf.matching(Filters(words=words)))


def scanned(*parts: str) -> set[int]:
    """The names that have one of the parts."""
    return {n for n, name in enumerate(NAMES) if any(part in name for part in parts)}


def read_so(part: str, read: list[str]) -> set[int]:
    """The names that have a part and read it so: 重 is another sound in 重点 than in 重阳."""
    return {
        n
        for n in scanned(part)
        if spell(NAMES[n]).split()[NAMES[n].index(part) :][: len(read)] == read
    }


def drawn() -> list[tuple[str, list[str]]]:
    """Parts of names, of one to six characters, none across a bracket, as they are read there."""
    random = Random(11)
    parts = []
    while len(parts) < DRAWN:
        name = random.choice(NAMES).split("（")[0].split("A")[0]
        start, length = random.randrange(len(name)), random.randint(1, 6)
        read = spell(name).split()
        parts.append((name[start : start + length], read[start : start + length]))
    return parts


def planted() -> list[tuple[str, set[int]]]:
    """What is asked, and what must be found at least."""
    traditional = opencc.OpenCC("s2t")
    asked: list[tuple[str, set[int]]] = []
    for part, read in drawn():
        must, heard = scanned(part), read_so(part, read)
        asked += [
            (part, must),
            (traditional.convert(part), must),
            ("".join(read), heard),
            ("".join(syllable[0] for syllable in read), heard),
        ]
    asked += [(way, scanned(word)) for word, ways in READ.items() for way in ways]
    asked += [(word, scanned(*synonyms()[word])) for word in ALIKE]
    return asked


def test_five_hundred_questions_miss_nothing(shelf: Shelf) -> None:
    asked = planted()

    missed = {words: len(must - found(shelf, words)) for words, must in asked}

    assert len(asked) == 500
    assert all(must for _, must in asked)
    assert {words: count for words, count in missed.items() if count} == {}


def test_what_nobody_offers_is_not_found(shelf: Shelf) -> None:
    assert not found(shelf, "滑雪")
    assert not found(shelf, "huaxue")
    assert not found(shelf, "？！")
