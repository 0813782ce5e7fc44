"""The demo city's people: a ladder with wages, staff of a street, one of them behind with hours."""

import httpx
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from deploy.local.environment import Secrets
from registry.demo.growth import LADDER, STAFF, grow
from registry.demo.load import LOADER
from registry.demo.organisations import Street
from registry.demo.training import train
from tests.registry.service.test_training import gap

Header = dict[str, str]


async def test_a_demo_street_has_people_who_grow_and_the_city_their_ladder(
    small_city: httpx.AsyncClient,
    city: Header,
    sessions: async_sessionmaker[AsyncSession],
    secrets: Secrets,
) -> None:
    cipher = Keys.of(KeyRing.from_directory(secrets.keys)).fields
    place = Street("310101002000", "南京东路街道", {})
    made = await grow([place], sessions, cipher, by=LOADER, now=utc_now())
    again = await grow([place], sessions, cipher, by=LOADER, now=utc_now())
    people = (await small_city.get("/v1/people", headers=city)).json()["items"]
    behind = await small_city.get("/v1/people/behind?area=310101", headers=city)

    assert made == {"career_grade": len(LADDER), "person": len(STAFF)}
    assert again == {"career_grade": 0, "person": 0}
    assert sorted(str(each["grade"]) for each in people) == [
        "None",
        "level_1",
        "level_1",
        "level_2",
    ]
    assert [each["qualification"] for each in behind.json()] == ["assistant"]


async def test_a_demo_street_draws_its_training_plan_once_it_knows_what_residents_lack(
    small_city: httpx.AsyncClient,
    city: Header,
    sessions: async_sessionmaker[AsyncSession],
    secrets: Secrets,
) -> None:
    cipher = Keys.of(KeyRing.from_directory(secrets.keys)).fields
    place = Street("310101002000", "南京东路街道", {})
    await grow([place], sessions, cipher, by=LOADER, now=utc_now())
    early = await train(sessions, by=LOADER, now=utc_now())
    source = await gap(sessions, area_code=place.code, unmet_needs=41)
    made = await train(sessions, by=LOADER, now=utc_now())
    again = await train(sessions, by=LOADER, now=utc_now())
    [plan] = (await small_city.get("/v1/training-plans", headers=city)).json()["items"]
    [course] = plan["courses"]

    assert early == {"training_plan": 0, "without": 1}
    assert made == {"training_plan": 1, "without": 0}
    assert again == {"training_plan": 0, "without": 0}
    assert (plan["status"], course["source_id"]) == ("adopted", str(source))
    assert sorted(each["hours"] for each in course["enrolments"]) == [0, 4]
