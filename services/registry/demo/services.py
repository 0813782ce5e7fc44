"""Venues, items and offerings of a demo street. Money in fen, points in WGS-84. 演示数据."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from common.contracts.vocabulary import PriceKind
from registry.demo.catalogue import SERVICES
from registry.demo.forms import VENUES, ServiceForm, VenueForm
from registry.demo.geography import Point, scattered
from registry.demo.organisations import NOTE, Street, phone_of

ROADS: Final = (
    "和平",
    "惠民",
    "青松",
    "延年",
    "长乐",
    "福佑",
    "中兴",
    "文化",
    "健康",
    "友谊",
    "新苑",
    "梅园",
)
OFFERINGS_PER_VENUE: Final = 10
REACH: Final = (("ramp", 0.7), ("accessible_toilet", 0.5), ("lift", 0.3), ("nursing_room", 0.2))


@dataclass(frozen=True, slots=True)
class Venue:
    """A place; organisations are named by code."""

    code: str
    name: str
    kind: str
    area_code: str
    address: str
    lon: float
    lat: float
    operator_mode: str
    owner_code: str
    operator_code: str
    floor_area_m2: float
    phone: str
    accessibility: Sequence[str]
    opening_hours: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """What the street promises."""

    code: str
    name: str
    category: str
    target_groups: Sequence[str]
    area_code: str
    responsible_department_code: str
    handling_body_code: str
    description: str = NOTE


@dataclass(frozen=True, slots=True)
class Offering:
    """What is really offered; venue, item and organisations are named by code."""

    code: str
    name: str
    description: str
    service_item_code: str
    category: str
    provider_code: str
    venue_code: str
    channels: Sequence[str]
    target_groups: Sequence[str]
    eligibility: Mapping[str, Any]
    price_kind: str
    price_fen: int
    price_unit: str | None
    capacity: int
    capacity_unit: str
    capacity_period: str
    responsible_department_code: str
    handling_body_code: str
    funding_source: str


def items_of(street: Street) -> Iterator[Item]:
    """One item for each service of the catalogue."""
    prefix = f"DEMO-{street.code[:9]}"
    for form in SERVICES:
        yield Item(
            code=f"{prefix}-SX-{form.category}",
            name=form.name,
            category=form.category,
            target_groups=form.groups,
            area_code=street.code,
            responsible_department_code=f"{prefix}-JD",
            handling_body_code=f"{prefix}-DQ",
        )


def venues_of(
    street: Street, points: Mapping[str, Point], radius_km: float, seed: int, count: int
) -> Iterator[Venue]:
    """`count` venues, each in a neighbourhood, of the kinds of the catalogue in their shares."""
    random = Random(f"{seed}:venues:{street.code}")
    homes = list(street.neighbourhoods.items()) or [(street.code, street.name)]
    weights = [form.per_hundred for form in VENUES]
    forms = [*VENUES, *random.choices(VENUES, weights, k=max(count - len(VENUES), 0))][:count]
    for index, form in enumerate(forms):
        area_code, name = homes[index % len(homes)]
        point = scattered(points[area_code], min(radius_km, 1.2) * 0.5, random)
        home = Home(area_code, name, point)
        yield _venue(street, form, index, home, random)


@dataclass(frozen=True, slots=True)
class Home:
    """The neighbourhood a venue stands in, and the point of the venue."""

    area_code: str
    name: str
    point: Point


def _venue(street: Street, form: VenueForm, index: int, home: Home, random: Random) -> Venue:
    prefix = f"DEMO-{street.code[:9]}"
    mode = random.choices(("neighbourhood_staff", "street_staff", "third_party"), (4, 3, 3))[0]
    operator = {
        "neighbourhood_staff": f"DEMO-{home.area_code}-JW"
        if street.neighbourhoods
        else f"{prefix}-JD",
        "street_staff": f"{prefix}-DQ",
        "third_party": f"{prefix}-P{random.randrange(5)}",
    }[mode]
    place = home.name.removesuffix("居委会").removesuffix("村委会")
    return Venue(
        code=f"{prefix}-V{index:03d}",
        name=f"{place}{form.name}（{NOTE}）",
        kind=form.kind,
        area_code=home.area_code,
        address=f"{street.name}{random.choice(ROADS)}路{random.randint(1, 999)}号",
        lon=home.point.lon,
        lat=home.point.lat,
        operator_mode=mode,
        owner_code=f"{prefix}-JD",
        operator_code=operator,
        floor_area_m2=float(random.randint(*form.floor_m2)),
        phone=phone_of(random),
        accessibility=[name for name, share in REACH if random.random() < share],
        opening_hours=form.hours,
    )


def offerings_of(street: Street, venues: Sequence[Venue], seed: int) -> Iterator[Offering]:
    """Ten offerings a venue on average: what its kind can give, some of it in several rounds."""
    random = Random(f"{seed}:offerings:{street.code}")
    for venue in venues:
        fitting = [form for form in SERVICES if venue.kind in form.venues]
        wanted = max(1, round(random.gauss(OFFERINGS_PER_VENUE, 2.5)))
        for index in range(wanted):
            form = fitting[index % len(fitting)]
            again = index // len(fitting)
            yield _offering(street, venue, form, index=index, again=again, random=random)


_ROUNDS: Final = ("", "（第二期）", "（周末班）", "（晚间班）", "（预约专场）", "（体验课）")


def _offering(
    street: Street, venue: Venue, form: ServiceForm, *, index: int, again: int, random: Random
) -> Offering:
    prefix = f"DEMO-{street.code[:9]}"
    yuan = random.randint(*form.yuan)
    free = form.price is PriceKind.FREE or yuan == 0
    place = venue.name.removesuffix(f"（{NOTE}）")
    return Offering(
        code=f"{venue.code}-{index:02d}",
        name=f"{place}{form.name}{_ROUNDS[again % len(_ROUNDS)]}",
        description=f"{form.name}，{NOTE}。",
        service_item_code=f"{prefix}-SX-{form.category}",
        category=form.category,
        provider_code=random.choice((venue.operator_code, f"{prefix}-P{random.randrange(8)}")),
        venue_code=venue.code,
        channels=form.channels,
        target_groups=form.groups,
        eligibility=_eligibility(street, form, random),
        price_kind=PriceKind.FREE if free else form.price,
        price_fen=0 if free else yuan * 100,
        price_unit=None if free else form.unit,
        capacity=random.randint(*form.places),
        capacity_unit=form.places_unit,
        capacity_period=form.period,
        responsible_department_code=f"{prefix}-JD",
        handling_body_code=f"{prefix}-DQ",
        funding_source=form.funding,
    )


def _eligibility(street: Street, form: ServiceForm, random: Random) -> dict[str, Any]:
    """Ages and groups as the form says; a third of the offerings serve their own street only."""
    rule: dict[str, Any] = {"groups_any": list(form.groups)}
    rule["age_min"], rule["age_max"] = form.ages
    if random.random() < 0.33:
        rule["household_areas"] = [street.code[:9]]
    return rule
