"""Finding against a scan by hand: 3,000 synthetic offerings, every filter, every page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common import opening
from common.auth.actor import Actor
from common.clock import CITY_ZONE
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import PriceKind
from common.db import database
from common.geo import METRES_PER_DEGREE, distance_m, planar
from registry.api.finding import official_calendar
from registry.queries import offerings, shelving, venues
from registry.queries.finding import Key, Near
from registry.searching.reading import read_anew, read_words, shelved
from registry.searching.shelf import Shelf
from registry.tables import Offering, Venue
from tests.harness import Databases
from tests.registry.crowd import CENTRE, Crowd, crowd

PUBLIC = Actor.anonymous()
INSTANTS = [
    "2026-03-02T10:00",  # Monday
    "2026-03-07T13:30",  # Saturday
    "2026-03-07T23:59",
    "2026-10-01T10:30",  # a public holiday
    "2026-10-02T10:30",  # a public holiday, and an exception
    "2026-10-10T09:30",  # a Saturday that is worked
]


Pages = Callable[..., Awaitable[list[str]]]


@pytest.fixture(scope="module")
async def found(databases: Databases) -> AsyncIterator[tuple[AsyncSession, Crowd]]:
    with databases.fresh("registry") as urls:
        async with database(urls.owner, pool_size=1) as opened:
            async with opened.sessions.begin() as session:
                made = await crowd(session, venues=300, offerings=3_000)
            async with opened.sessions() as session:
                yield session, made


@pytest.fixture(scope="module")
async def shelf(found: tuple[AsyncSession, Crowd]) -> Shelf:
    """Filled in no order, with offerings replaced and dropped, as after a long day."""
    session, _ = found
    random = Random(5)
    filled = Shelf(await read_words(session))
    rows = [entry async for part in shelving.walk(session) for entry in shelved(part)]
    random.shuffle(rows)
    filled.put([row._replace(name="旧名称周末", price_fen=900) for row in rows[:700]])
    for start in range(0, len(rows), 190):
        filled.put(rows[start : start + 190])
    filled.drop([rows[0].id, UUID(int=0)])
    filled.put(rows[:1])
    return filled


async def test_an_index_read_anew_equals_one_fed_by_changes(
    found: tuple[AsyncSession, Crowd], shelf: Shelf
) -> None:
    session, _ = found
    anew = await read_anew(session)
    instants = (datetime.fromisoformat(each).replace(tzinfo=CITY_ZONE) for each in INSTANTS)
    moments = [opening.moment(each, official_calendar()) for each in instants]

    asked = [
        offerings.Filters(),
        *(offerings.Filters(words=words) for words in ("中心", "助浴", "zhuyu", "z", "周末", "旧")),
        *(offerings.Filters(category=each) for each in anew.values("category")),
        *(offerings.Filters(area=each) for each in anew.values("area9")),
        *(offerings.Filters(group=each) for each in anew.values("group")),
        *(offerings.Filters(channel=each) for each in anew.values("channel")),
        *(offerings.Filters(accessibility=each) for each in anew.values("feature")),
        *(offerings.Filters(price_kind=each) for each in anew.values("price")),
        *(offerings.Filters(open_at=each) for each in moments),
        offerings.Filters(price_max_fen=1_000),
        offerings.Filters(near=Near(*CENTRE, 5_000)),
    ]
    for filters in asked:
        assert shelf_pages(anew, filters) == shelf_pages(shelf, filters), filters
    assert len(anew) == len(shelf) > 2_000


@pytest.fixture(params=["shelf", "database"])
def codes(request: pytest.FixtureRequest, found: tuple[AsyncSession, Crowd], shelf: Shelf) -> Pages:
    """All pages of a list, 97 rows each, from the index in memory and from the tables."""
    session, _ = found

    async def of_database(filters: offerings.Filters) -> list[str]:
        seen: list[str] = []
        after: Key | None = None
        while True:
            rows = await offerings.page(session, PUBLIC, filters, after=after, limit=97)
            seen += [str(row.code) for row in rows[:97]]
            if len(rows) <= 97:
                return seen
            last = rows[96]
            after = Key(last.rank if filters.near else last.area_code, last.id)

    async def of_shelf(filters: offerings.Filters) -> list[str]:
        named = await session.execute(select(Offering.id, Offering.code))
        code_of = {row.id: str(row.code) for row in named}
        return [code_of[each] for each in shelf_pages(shelf, filters)]

    return of_shelf if request.param == "shelf" else of_database


def shelf_pages(shelf: Shelf, filters: offerings.Filters) -> list[UUID]:
    """All pages of the index in memory."""
    seen: list[UUID] = []
    after: Any = None
    matched = shelf.matching(filters)
    while True:
        if filters.near is None:
            rows = shelf.page(matched, after, 97)
            keys: list[Any] = [shelf.key(row) for row in rows]
        else:
            spots = shelf.nearest(matched, filters.near, after, 97)
            rows = [spot.row for spot in spots]
            keys = [(spot.distance, shelf.ids[spot.row]) for spot in spots]
        if not rows:
            return seen
        seen += shelf.ids_of(rows)
        after = keys[-1]


def published(made: Crowd) -> list[dict[str, Any]]:
    return [row for row in made.offerings if row["status"] == "published"]


def flat_m(row: dict[str, Any], lon: float, lat: float) -> float:
    """The distance on the plane, in metres."""
    x, y = planar(lon, lat)
    dx, dy = row["place"][0] - x, row["place"][1] - y
    return float((dx * dx + dy * dy) ** 0.5 * METRES_PER_DEGREE)


def is_open(row: dict[str, Any], houses: dict[str, dict[str, Any]], at: datetime) -> bool:
    """The words of `_open`, with the rules of the domain."""

    def by(hours: dict[str, Any] | None) -> bool:
        return hours is not None and opening.is_open(
            OpeningHours.model_validate(hours), at, official_calendar()
        )

    house = houses[row["place"]]
    there = house["status"] == "active" and by(house["hours"])
    if row["hours"] is None:
        return there
    return by(row["hours"]) and (there or row["channels"] != ["on_site"])


async def test_every_published_offering_is_listed_once_in_order_of_its_area(
    found: tuple[AsyncSession, Crowd],
    codes: Pages,
) -> None:
    _, made = found

    seen = await codes(offerings.Filters())

    areas = {row["code"]: row["area_code"] for row in made.offerings}
    assert sorted(seen) == sorted(row["code"] for row in published(made))
    assert [areas[code] for code in seen] == sorted(areas[code] for code in seen)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"area": "310101007"}, lambda row: row["area_code"] == "310101007000"),
        ({"area": "3101"}, lambda _: True),
        ({"category": "bathing"}, lambda row: row["category"] == "bathing"),
        ({"category": "no_such"}, None),
        ({"category": "eldercare"}, lambda row: row["category_path"].startswith("eldercare/")),
        ({"group": "child"}, lambda row: "child" in row["target_groups"]),
        (
            {"group": "elderly"},
            lambda row: bool({"elderly", "living_alone"} & set(row["target_groups"])),
        ),
        ({"price_kind": "free"}, lambda row: row["price_fen"] == 0),
        ({"price_max_fen": 900}, lambda row: row["price_fen"] <= 900),
        ({"channel": "online"}, lambda row: "online" in row["channels"]),
        ({"words": "周末"}, lambda row: "周末" in row["name"]),
        ({"words": "东苑"}, lambda row: "东苑" in row["name"]),
    ],
)
async def test_each_filter_finds_what_a_scan_finds(
    found: tuple[AsyncSession, Crowd], codes: Pages, filters: dict[str, Any], holds: Any
) -> None:
    _, made = found

    seen = await codes(offerings.Filters(**filters))

    wanted = [row["code"] for row in published(made) if holds and holds(row)]
    assert wanted or holds is None
    assert sorted(seen) == sorted(wanted)


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("东苑", lambda row: "东苑" in row["name"]),
        ("東苑", lambda row: "东苑" in row["name"]),
        ("苑", lambda row: "苑" in row["name"]),
        ("dongyuan", lambda row: "东苑" in row["name"]),
        ("o123", lambda row: row["code"].startswith("O123")),
        ("🍚", None),
        ("没有这样的服务", None),
    ],
)
async def test_words_find_what_a_scan_finds(
    found: tuple[AsyncSession, Crowd], shelf: Shelf, words: str, holds: Any
) -> None:
    session, made = found
    named = await session.execute(select(Offering.id, Offering.code))
    code_of = {row.id: row.code for row in named}

    seen = [code_of[each] for each in shelf_pages(shelf, offerings.Filters(words=words))]

    wanted = [row["code"] for row in published(made) if holds and holds(row)]
    assert wanted or holds is None
    assert sorted(seen) == sorted(wanted)


async def test_words_go_with_other_filters(found: tuple[AsyncSession, Crowd], shelf: Shelf) -> None:
    _, made = found
    asked = offerings.Filters(words="助浴", area="310101007", price_kind=PriceKind.FREE)

    seen = shelf_pages(shelf, asked)

    assert len(seen) == sum(
        row["category"] == "bathing"
        and row["area_code"] == "310101007000"
        and row["price_fen"] == 0
        for row in published(made)
    )


async def test_a_feature_of_the_venue_finds_what_a_scan_finds(
    found: tuple[AsyncSession, Crowd],
    codes: Pages,
) -> None:
    session, made = found
    ramps = {venue["code"] for venue in made.venues if "ramp" in venue["accessibility"]}
    houses = {row.id: row.code for row in await session.execute(select(Venue.id, Venue.code))}

    seen = await codes(offerings.Filters(accessibility=Accessibility.RAMP))

    wanted = [row["code"] for row in published(made) if houses[row["venue_id"]] in ramps]
    assert wanted
    assert sorted(seen) == sorted(wanted)


@pytest.mark.parametrize("radius_m", [800, 5_000, 50_000])
async def test_nearest_first_through_all_pages(
    found: tuple[AsyncSession, Crowd], codes: Pages, radius_m: float
) -> None:
    _, made = found
    near = Near(*CENTRE, radius_m)

    seen = await codes(offerings.Filters(near=near))

    away = {row["code"]: flat_m(row, *CENTRE) for row in published(made)}
    wanted = {code for code, metres in away.items() if metres <= radius_m}
    assert set(seen) == wanted
    assert len(seen) == len(wanted)
    assert [round(away[code], 6) for code in seen] == sorted(
        round(away[code], 6) for code in wanted
    )


async def test_the_told_distance_is_that_of_the_sphere_within_its_promise(
    found: tuple[AsyncSession, Crowd],
) -> None:
    session, _ = found
    filters = offerings.Filters(near=Near(*CENTRE, 20_000), category="bathing")

    rows = await offerings.page(session, PUBLIC, filters, after=None, limit=50)

    assert len(rows) > 10
    for row in rows:
        assert row.distance_m == pytest.approx(distance_m((row.lon, row.lat), CENTRE), rel=0.008)


@pytest.mark.parametrize("text", INSTANTS)
async def test_open_at_an_instant_is_what_the_rules_say(
    found: tuple[AsyncSession, Crowd], codes: Pages, text: str
) -> None:
    _, made = found
    at = datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)
    moment = opening.moment(at, official_calendar())

    seen = await codes(offerings.Filters(open_at=moment))
    houses = {house["place"]: house for house in made.venues}
    wanted = [row["code"] for row in published(made) if is_open(row, houses, at)]

    assert wanted
    assert sorted(seen) == sorted(wanted)


@pytest.mark.parametrize("text", INSTANTS)
async def test_venues_open_at_an_instant_are_what_the_rules_say(
    found: tuple[AsyncSession, Crowd], text: str
) -> None:
    session, made = found
    at = datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)
    moment = opening.moment(at, official_calendar())

    rows = await venues.page(
        session, PUBLIC, venues.Filters(open_at=moment), after=None, limit=1_000
    )

    wanted = [
        house["code"]
        for house in made.venues
        if house["status"] == "active"
        and house["hours"] is not None
        and opening.is_open(OpeningHours.model_validate(house["hours"]), at, official_calendar())
    ]
    assert sorted(row.code for row in rows) == sorted(wanted)
