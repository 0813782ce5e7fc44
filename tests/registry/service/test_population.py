"""People of an area over HTTP: newest figures, summed upwards, small counts withheld."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from registry.queries.area_points import put_people
from tests.registry.small_city import area

Sessions = async_sessionmaker[AsyncSession]


async def counted(
    calls: httpx.AsyncClient, sessions: Sessions, code: str, as_of: date, **counts: int
) -> str:
    """Put figures of an area: all people of 80 and over, and those of them living alone."""
    area_id: str = (await area(calls, code))["id"]
    rows = [
        {
            "area_id": UUID(area_id),
            "age_band": "80+",
            "group": None if group == "everybody" else group,
            "count": count,
            "source": "演示数据",
        }
        for group, count in counts.items()
    ]
    async with sessions.begin() as session:
        await put_people(session, rows, area_ids=[UUID(area_id)], as_of=as_of)
    return area_id


async def told(calls: httpx.AsyncClient, area_id: str) -> dict[str, Any]:
    answer = await calls.get(f"/v1/areas/{area_id}/population")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any]) -> dict[str | None, int | None]:
    return {each["group"]: each["count"] for each in found["people"]}


async def test_the_newest_figures_are_told_and_counts_below_ten_withheld(
    small_city: httpx.AsyncClient, sessions: Sessions
) -> None:
    old, new = date(2020, 11, 1), date(2023, 6, 30)
    await counted(small_city, sessions, "310101002001", old, everybody=500)
    place = await counted(small_city, sessions, "310101002001", new, everybody=412, living_alone=9)

    found = await told(small_city, place)

    assert (found["as_of"], found["sources"]) == ("2023-06-30", ["演示数据"])
    assert (found["is_sum"], found["areas"]) == (False, 1)
    assert counts(found) == {None: 412, "living_alone": None}


async def test_a_sum_gives_away_nothing_that_a_part_withholds(
    small_city: httpx.AsyncClient, sessions: Sessions
) -> None:
    on = date(2023, 6, 30)
    await counted(small_city, sessions, "310101002001", on, everybody=400, living_alone=9)
    await counted(small_city, sessions, "310101002002", on, everybody=300, living_alone=40)
    await counted(small_city, sessions, "310105001001", on, everybody=1000)

    town = await told(small_city, (await area(small_city, "310101002000"))["id"])
    city = await told(small_city, (await area(small_city, "310000000000"))["id"])

    assert (town["is_sum"], town["areas"]) == (True, 2)
    assert counts(town) == {None: 700, "living_alone": 40}
    assert (city["areas"], counts(city)[None]) == (3, 1700)


async def test_a_sum_takes_the_newest_figures_of_each_part_and_tells_the_oldest_day(
    small_city: httpx.AsyncClient, sessions: Sessions
) -> None:
    await counted(small_city, sessions, "310101002001", date(2020, 11, 1), everybody=400)
    await counted(small_city, sessions, "310101002002", date(2020, 11, 1), everybody=200)
    await counted(small_city, sessions, "310101002002", date(2023, 6, 30), everybody=300)

    town = await told(small_city, (await area(small_city, "310101002000"))["id"])

    assert (town["areas"], town["as_of"], counts(town)) == (2, "2020-11-01", {None: 700})


async def test_an_area_without_figures_says_so_and_a_stranger_is_not_found(
    small_city: httpx.AsyncClient,
) -> None:
    bare = await told(small_city, (await area(small_city, "310105000000"))["id"])
    missing = await small_city.get(f"/v1/areas/{uuid4()}/population")

    assert (bare["as_of"], bare["areas"], bare["is_sum"], bare["people"]) == (None, 0, False, [])
    assert missing.status_code == 404
