"""The same thing brought again: mistyped, in other words, its pin or address or phone changed."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

import opencc

from common.geo import System, from_wgs84
from tests.registry.records.things import BODIES, SORTS, Home, Thing, phone

HOMOPHONES: Final = (
    *("云芸", "康慷", "苑院", "园圆", "新心", "兴星", "福富", "民明", "华花", "安庵", "和合"),
    *("东冬", "海嗨", "阳杨", "邻林", "睦木", "颐怡", "源原", "城成", "金今", "春椿", "乐勒"),
    *("青清", "馨欣", "同铜", "家佳", "惠慧", "平坪", "永勇", "长常", "丰峰", "虹红", "仁人"),
)
LOOKALIKES: Final = ("未末", "己已", "日曰", "天夭", "土士", "人入", "大太", "王玉", "田由", "木本")
_TO_TRADITIONAL: Final = opencc.OpenCC("s2t")
_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")
Change = Callable[[Thing, Home, Random], Thing]


def _homophone(name: str, random: Random, table: tuple[str, ...]) -> str:
    other = {a: b for pair in table for a, b in (pair, pair[::-1])}
    places = [at for at, character in enumerate(name) if character in other]
    if not places:
        return name
    at = random.choice(places)
    return name[:at] + other[name[at]] + name[at + 1 :]


def mistyped(thing: Thing, _: Home, random: Random) -> Thing:
    """One character typed wrong: as it sounds, as it looks, left out, twice, or swapped."""
    name, at = thing.name, random.randrange(max(1, len(thing.name) - 3))
    tries = (
        lambda: _homophone(name, random, HOMOPHONES),
        lambda: _homophone(name, random, HOMOPHONES),
        lambda: _homophone(name, random, LOOKALIKES),
        lambda: name[:at] + name[at] + name[at:],
        lambda: name[: at + 1] + name[at + 2 :] if len(name) > 6 else name,
        lambda: name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    )
    return replace(thing, name=random.choice(tries)())


def traditional(thing: Thing, _: Home, __: Random) -> Thing:
    """Written in traditional characters."""
    convert = _TO_TRADITIONAL.convert
    return replace(thing, name=convert(thing.name), address=convert(thing.address))


def prefixed(thing: Thing, home: Home, random: Random) -> Thing:
    """With city, district or street before the name."""
    if home.district_name in thing.name or home.town_name in thing.name:
        shorter = thing.name.replace(home.district_name, home.district_name.removesuffix("区"))
        return replace(thing, name=random.choice((shorter, "上海市" + thing.name)))
    prefix = random.choice(
        (
            home.town_name,
            home.district_name,
            "上海市" + home.district_name,
            home.town_name.removesuffix("街道").removesuffix("镇"),
        )
    )
    return replace(thing, name=prefix + thing.name)


def renamed(thing: Thing, _: Home, random: Random) -> Thing:
    """Another word for the same sort of house or body."""
    for _sort, words in (*SORTS, *BODIES):
        for word in words:
            if thing.name.endswith(word):
                stem = thing.name.removesuffix(word)
                return replace(thing, name=stem + random.choice(words))
    return thing


def dressed(thing: Thing, _: Home, random: Random) -> Thing:
    """Spaces, brackets, full-width letters, a note."""
    name = thing.name
    middle = len(name) - 4
    forms = (name + "（演示数据）", f"{name[:middle]} {name[middle:]}", f"“{name}”", name + " ")
    return replace(thing, name=random.choice(forms))


NAME_CHANGES: Final[tuple[tuple[str, Change], ...]] = (
    ("typo", mistyped),
    ("traditional", traditional),
    ("prefix", prefixed),
    ("synonym", renamed),
    ("dress", dressed),
)


def moved(thing: Thing, random: Random) -> tuple[Thing, str]:
    """The pin elsewhere: roughly set, in another system, or missing."""
    if thing.lon is None or thing.lat is None:
        return thing, ""
    chance = random.random()
    if chance < 0.15:
        return thing, ""
    if chance < 0.30:
        return replace(thing, lon=None, lat=None), "no_pin"
    if chance < 0.45:
        lon, lat = from_wgs84(thing.lon, thing.lat, System.GCJ02)
        return replace(thing, lon=lon, lat=lat), "pin_system"
    metres = random.choice((10, 30, 80, 150))
    return (
        replace(
            thing,
            lon=thing.lon + random.gauss(0, metres) / 95_000,
            lat=thing.lat + random.gauss(0, metres) / 111_000,
        ),
        "pin_moved",
    )


def readdressed(thing: Thing, random: Random) -> Thing:
    """The address with more, with less, with another door, or not at all."""
    address = thing.address
    if random.random() < 0.06:
        return replace(thing, address=f"{address.partition('路')[0]}路{random.randrange(1, 900)}号")
    forms = (
        *(address, address, address + "2楼", address.replace("号", "号-1"), "上海市" + address),
        *(address.replace("路", "路 "), address.translate(_WIDE), ""),
    )
    return replace(thing, address=random.choice(forms))


def rung(thing: Thing, random: Random) -> Thing:
    """The phone in another spelling, another number, or none."""
    plain = thing.phone.replace("-", "")
    forms = (thing.phone, thing.phone, plain, plain[3:], "", "")
    return replace(thing, phone=random.choice(forms) if random.random() < 0.9 else phone(random))


def settled(thing: Thing, home: Home, random: Random) -> Thing:
    """Recorded in the neighbourhood, or only in its street."""
    return replace(thing, area_code=home.town if random.random() < 0.25 else thing.area_code)


def again(thing: Thing, home: Home, random: Random) -> tuple[Thing, str]:
    """The same thing as another source has it."""
    how = []
    for name, change in random.sample(NAME_CHANGES, random.choice((1, 1, 2, 2, 3))):
        changed = change(thing, home, random)
        if changed != thing:
            how.append(name)
        thing = changed
    thing, pin = moved(thing, random)
    thing = settled(rung(readdressed(thing, random), random), home, random)
    if thing.credit_code and random.random() < 0.6:
        thing = replace(thing, credit_code="")
    return thing, "+".join(filter(None, (*how, pin))) or "same"
