"""Venues and organisations as somebody records them: real neighbourhoods, invented houses."""

import csv
from dataclasses import dataclass
from importlib import resources
from random import Random
from typing import Final

from common.codes.credit import ALPHABET, credit_check_character

SEED: Final = 20_261_128
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
