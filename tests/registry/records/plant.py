"""A planted set for record matching: the same thing brought again, and things that only look alike.

`python -m tests.registry.records.plant` writes records.csv and pairs.csv anew; the same seed gives
the same bytes. Everything in it is 演示数据: real names of neighbourhoods, invented houses.

A family is a thing with those that are easily mistaken for it. Each family falls, as a whole, into
the part on which weights were chosen (`tune`) or into the one that is held out (`held`).
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Final

import opencc

from common.codes.credit import ALPHABET, credit_check_character
from common.geo import System, from_wgs84

SEED: Final = 20_261_128
FAMILIES: Final = 600
HERE: Final = Path(__file__).parent
ROADS: Final = ("和平路", "惠民路", "青松路", "延年路", "长乐路", "中兴路", "友谊路", "梅园路")
# One house under several names that people use for it; the first is the official one.
SORTS: Final = (
    ("meal_site", ("社区食堂", "长者食堂", "老年助餐点", "社区助餐点")),
    ("day_care_centre", ("老年人日间照料中心", "日间照料中心", "日照中心", "老年日托所")),
    ("good_neighbour_centre", ("睦邻中心", "睦邻活动中心", "睦邻点")),
    ("neighbourhood_hub", ("邻里汇", "邻里中心", "邻里汇服务点")),
    ("party_service_centre", ("党群服务中心", "党群服务站", "党建服务中心")),
    ("social_work_station", ("社工站", "社会工作站", "社会工作服务站")),
    ("health_station", ("社区卫生服务站", "卫生服务站", "卫生站")),
    ("seniors_activity_room", ("老年活动室", "老年人活动室", "老年活动中心")),
    ("culture_centre", ("文化活动室", "文化活动中心", "文体活动室")),
    ("childcare_point", ("社区托育点", "宝宝屋", "社区宝宝屋", "托育园")),
)
BODIES: Final = (
    ("private_non_enterprise", ("社会工作服务中心", "社工服务中心", "社会工作中心")),
    ("private_non_enterprise", ("为老服务中心", "养老服务中心", "居家养老服务中心")),
    ("private_non_enterprise", ("公益发展中心", "公益促进中心", "公益服务发展中心")),
    ("association", ("志愿者协会", "志愿服务协会", "志愿者联合会")),
    ("enterprise", ("家政服务有限公司", "家政有限公司", "家政服务有限责任公司")),
    ("community_organisation", ("助老服务队", "为老服务队", "助老志愿队")),
)
BRANDS: Final = (
    *("乐邻", "善邻", "和煦", "暖阳", "益家", "同心", "睦友", "颐年", "童心", "馨悦", "众帮"),
    *("久安", "春晖", "知行", "青禾", "百合", "星火", "汇爱", "康邻", "福泽", "慧心", "安欣"),
    *("仁和", "恒爱", "新途", "乐活", "屋里厢", "好帮手", "爱晚", "金色年华", "绿缘", "海星"),
)
HOMOPHONES: Final = (
    *("云芸", "康慷", "苑院", "园圆", "新心", "兴星", "福富", "民明", "华花", "安庵", "和合"),
    *("东冬", "海嗨", "阳杨", "邻林", "睦木", "颐怡", "源原", "城成", "金今", "春椿", "乐勒"),
    *("青清", "馨欣", "同铜", "家佳", "惠慧", "平坪", "永勇", "长常", "丰峰", "虹红", "仁人"),
)
LOOKALIKES: Final = ("未末", "己已", "日曰", "天夭", "土士", "人入", "大太", "王玉", "田由", "木本")
FIELDS: Final = (
    *("id", "kind", "sort", "name", "credit_code", "phone", "address", "lon", "lat", "area_code"),
    *("entity", "family", "part"),
)
_TO_TRADITIONAL: Final = opencc.OpenCC("s2t")


@dataclass(frozen=True, slots=True)
class Thing:
    """A record as some platform or department brings it."""

    kind: str
    sort: str
    name: str
    credit_code: str
    phone: str
    address: str
    lon: float | None
    lat: float | None
    area_code: str


@dataclass(slots=True)
class Planted:
    """The rows of the two files."""

    records: list[dict[str, str]] = field(default_factory=list)
    pairs: list[tuple[str, str, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Home:
    """A neighbourhood of the real list, with a synthetic middle."""

    code: str
    name: str
    town: str
    town_name: str
    district_name: str
    lon: float
    lat: float


def homes(random: Random) -> list[Home]:
    """Neighbourhoods of every district, in seeded order."""
    file = resources.files("registry").joinpath("data", "divisions_shanghai_2023.csv")
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    names = {row["code"]: row["name"] for row in rows}
    found = []
    for code, name in names.items():
        if code.endswith("000"):
            continue
        town = code[:9] + "000"
        middle = Random(f"{SEED}:{town}")
        lon, lat = 121.2 + middle.random() * 0.5, 31.0 + middle.random() * 0.4
        found.append(
            Home(
                code,
                name.removesuffix("居民委员会").removesuffix("村民委员会").removesuffix("居委会")
                .removesuffix("村委会").removesuffix("社区"),
                town,
                names[town],
                names[code[:6] + "000000"],
                lon + random.gauss(0, 0.004),
                lat + random.gauss(0, 0.004),
            )
        )  # fmt: skip
    random.shuffle(found)
    return [home for home in found if 2 <= len(home.name) <= 6]


def phone(random: Random) -> str:
    return f"021-5550{random.randrange(10_000):04d}"


def credit_code(kind: str, area_code: str, random: Random) -> str:
    first = {"association": "51", "private_non_enterprise": "52"}.get(kind, "91")
    body = first + area_code[:6] + "MADEM" + "".join(random.choice(ALPHABET) for _ in range(4))
    return body + credit_check_character(body)


def venue(home: Home, random: Random, sort: tuple[str, tuple[str, ...]] | None = None) -> Thing:
    """A house in a neighbourhood."""
    code, words = sort or random.choice(SORTS)
    return Thing(
        kind="venue",
        sort=code,
        name=home.name + words[0],
        credit_code="",
        phone=phone(random) if random.random() < 0.85 else "",
        address=f"{random.choice(ROADS)}{random.randrange(1, 900)}号",
        lon=home.lon + random.gauss(0, 0.002),
        lat=home.lat + random.gauss(0, 0.002),
        area_code=home.code,
    )


def body(home: Home, random: Random) -> Thing:
    """An organisation that lives in a neighbourhood."""
    code, words = random.choice(BODIES)
    brand = random.choice(BRANDS) if random.random() < 0.7 else home.name
    place = random.choice((home.district_name, home.district_name, home.town_name))
    return Thing(
        kind="organisation",
        sort=code,
        name=("上海" if random.random() < 0.3 else "") + place + brand + words[0],
        credit_code=""
        if code == "community_organisation"
        else credit_code(code, home.code, random),
        phone=phone(random) if random.random() < 0.8 else "",
        address=f"{random.choice(ROADS)}{random.randrange(1, 900)}号",
        lon=None,
        lat=None,
        area_code=home.code,
    )


# ---- The same thing, brought again

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


_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")


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


# ---- Things that only look alike


def _near(thing: Thing, random: Random, metres: float) -> Thing:
    if thing.lon is None or thing.lat is None:
        return thing
    lon, lat = (
        thing.lon + random.gauss(0, metres) / 95_000,
        thing.lat + random.gauss(0, metres) / 111_000,
    )
    return replace(thing, lon=lon, lat=lat)


def _elsewhere(thing: Thing, random: Random, metres: float) -> Thing:
    address = f"{random.choice(ROADS)}{random.randrange(1, 900)}号"
    return replace(_near(thing, random, metres), address=address)


def siblings(
    thing: Thing, home: Home, others: list[Home], random: Random
) -> Iterator[tuple[Thing, str]]:
    """Other things of the family: each is its own entity."""
    if thing.kind == "venue":
        yield from _houses(thing, home, others, random)
    else:
        yield from _bodies(thing, home, others, random)


def _houses(
    thing: Thing, home: Home, others: list[Home], random: Random
) -> Iterator[tuple[Thing, str]]:
    ways = random.sample(("ordinal", "branch", "house_mate", "namesake", "hotline", "neighbour"), 2)
    stem = home.name
    word = thing.name.removeprefix(stem)
    if "ordinal" in ways:
        second = _elsewhere(thing, random, 350)
        yield replace(second, name=f"{stem}第二{word}"), "ordinal"
    if "branch" in ways:
        yard = random.choice(others).name
        branch = _elsewhere(thing, random, 500)
        name = random.choice((f"{stem}{word}（{yard}分站）", f"{stem}{word}{yard}分中心"))
        yield replace(branch, name=name), "branch"
    if "house_mate" in ways:
        sort, words = random.choice([each for each in SORTS if each[0] != thing.sort])
        mate = _near(thing, random, 8)
        yield replace(mate, sort=sort, name=stem + random.choice(words)), "house_mate"
    if "namesake" in ways:
        other = next(each for each in others if each.code[:6] != home.code[:6])
        twin = venue(other, random)
        yield replace(twin, sort=thing.sort, name=thing.name), "namesake"
    if "hotline" in ways:
        other = next(each for each in others if each.town == home.town or each.name != home.name)
        yield replace(venue(other, random), phone=thing.phone), "shared_phone"
    if "neighbour" in ways:
        alike = _elsewhere(thing, random, 600)
        yield replace(alike, name=stem[:1] + random.choice("南北新华") + word), "alike"


def _bodies(
    thing: Thing, home: Home, others: list[Home], random: Random
) -> Iterator[tuple[Thing, str]]:
    ways = random.sample(("namesake", "other_field", "other_brand", "shared_phone", "branch"), 2)
    other = next(each for each in others if each.code[:6] != home.code[:6])
    fresh = credit_code(thing.sort, other.code, random) if thing.credit_code else ""
    if "namesake" in ways:
        name = thing.name.replace(home.district_name, other.district_name)
        name = name.replace(home.town_name, other.town_name)
        far = replace(thing, name=name, credit_code=fresh, phone=phone(random))
        yield replace(_elsewhere(far, random, 0), area_code=other.code), "namesake"
    if "other_field" in ways:
        words = random.choice([each for each in BODIES if not thing.name.endswith(each[1][0])])
        stem = thing.name
        for _sort, known in BODIES:
            stem = stem.removesuffix(known[0])
        mate = replace(thing, sort=words[0], name=stem + words[1][0], credit_code="")
        yield mate, "other_field"
    if "other_brand" in ways:
        brands = [each for each in BRANDS if each not in thing.name]
        known = next((each for each in (*BRANDS, home.name) if each in thing.name), "")
        name = thing.name.replace(known, random.choice(brands)) if known else "别" + thing.name
        yield replace(_elsewhere(thing, random, 0), name=name, credit_code=""), "other_brand"
    if "shared_phone" in ways:
        yield replace(body(other, random), phone=thing.phone), "shared_phone"
    if "branch" in ways:
        yard = random.choice(others).name
        branch = replace(_elsewhere(thing, random, 0), name=f"{thing.name}{yard}分中心")
        yield replace(branch, credit_code=""), "branch"


# ---- Families, written down


def plant() -> Planted:
    """All records and pairs."""
    planted, random = Planted(), Random(SEED)
    places = homes(random)
    for family in range(FAMILIES):
        _plant_family(planted, family, places)
    return planted


def _plant_family(planted: Planted, family: int, places: list[Home]) -> None:
    random = Random(f"{SEED}:{family}")
    home = places[family]
    others = random.sample(places[FAMILIES:], 60)
    thing = venue(home, random) if family % 5 < 3 else body(home, random)
    entities = [(thing, "")]
    entities += siblings(thing, home, others, random)
    known = {each.code: each for each in (home, *others)}
    groups: list[list[tuple[str, str]]] = []
    for number, (each, kind) in enumerate(entities):
        copies = random.choice((1, 1, 2)) if number == 0 else random.choice((0, 0, 1))
        forms = [(each, kind)] + [again(each, known[each.area_code], random) for _ in range(copies)]
        groups.append(
            [(_write(planted, shown, f"{family}-{number}", family), how) for shown, how in forms]
        )
    for group in groups:
        for (left, _), (right, how) in combinations(group, 2):
            planted.pairs.append((left, right, 1, how))
    for first, second in combinations(groups, 2):
        planted.pairs.append((first[0][0], second[0][0], 0, second[0][1]))


def _write(planted: Planted, thing: Thing, entity: str, family: int) -> str:
    record_id = f"R{len(planted.records):05d}"
    part = "tune" if Random(f"{SEED}:part:{family}").random() < 0.5 else "held"
    point = {
        "lon": "" if thing.lon is None else f"{thing.lon:.6f}",
        "lat": "" if thing.lat is None else f"{thing.lat:.6f}",
    }
    planted.records.append(
        {
            "id": record_id,
            **{name: getattr(thing, name) for name in FIELDS[1:7]},
            **point,
            "area_code": thing.area_code,
            "entity": entity,
            "family": str(family),
            "part": part,
        }
    )
    return record_id


def files() -> dict[str, str]:
    """The two files as text."""
    planted = plant()
    records, pairs = io.StringIO(), io.StringIO()
    table = csv.DictWriter(records, FIELDS, lineterminator="\n")
    table.writeheader()
    table.writerows(planted.records)
    lines = csv.writer(pairs, lineterminator="\n")
    lines.writerow(("left", "right", "is_same", "how"))
    lines.writerows(planted.pairs)
    return {"records.csv": records.getvalue(), "pairs.csv": pairs.getvalue()}


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8")
