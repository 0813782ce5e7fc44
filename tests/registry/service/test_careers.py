"""Careers through the public API: the ladder, the wage guide, and grades that are earned."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.registry.inventory import made, patched, pointers, slug
from tests.registry.rooms import day_after
from tests.registry.service.test_people import learn, worker
from tests.registry.small_city import key

Header = dict[str, str]
FIRST: dict[str, Any] = {
    "code": "third",
    "name": "三级社工",
    "rank": 1,
    "years_below": 0,
    "qualification": "assistant",
    "document": "演示数据〔2026〕1号",
    "valid_from": "2020-01-01",
}
SECOND = {**FIRST, "code": "second", "name": "二级社工", "rank": 2, "years_below": 3}
THIRD = {**FIRST, "code": "first", "name": "一级社工", "rank": 3, "qualification": "senior"}
WAGE: dict[str, Any] = {
    "area_code": "310000000000",
    "grade": "third",
    "low_fen": 600_000,
    "middle_fen": 750_000,
    "high_fen": 900_000,
    "document": "演示数据〔2026〕2号",
    "valid_from": "2026-01-01",
}


@pytest.fixture
async def rungs(small_city: httpx.AsyncClient, city: Header) -> list[dict[str, Any]]:
    """A ladder of three rungs."""
    return [
        await made(small_city, city, "/v1/career-grades", rung) for rung in (FIRST, SECOND, THIRD)
    ]


async def given(
    client: httpx.AsyncClient, header: Header, person: dict[str, Any], grade: str, on: int
) -> httpx.Response:
    step = {"grade": grade, "from_on": str(day_after(on)), "document": "演示数据 聘任通知"}
    address = f"/v1/people/{person['id']}/career"
    return await client.post(address, json=step, headers={**header, **key()})


async def test_a_grade_is_given_when_it_is_earned_and_says_what_is_lacking(
    small_city: httpx.AsyncClient, clerk: Header, rungs: list[dict[str, Any]]
) -> None:
    person = await worker(small_city, clerk)
    await learn(small_city, clerk, person, hours=72)
    placed = (await given(small_city, clerk, person, "third", -5)).json()
    early = await given(small_city, clerk, person, "second", 0)
    skipped = await given(small_city, clerk, person, "first", 0)
    unknown = await given(small_city, clerk, person, "fourth", 0)
    backwards = await given(small_city, clerk, person, "third", -5)
    ahead = await given(small_city, clerk, person, "third", 1)
    shown = (await small_city.get(f"/v1/people/{person['id']}", headers=clerk)).json()

    assert (placed["grade"], placed["since_on"]) == ("third", str(day_after(-5)))
    assert placed["next"]["grade"] == "second"
    assert placed["next"]["lacking"] == ["years"]
    assert (early.status_code, slug(early)) == (409, "grade-not-earned")
    assert (skipped.status_code, slug(skipped)) == (409, "grade-not-earned")
    assert (unknown.status_code, pointers(unknown)) == (422, ["/grade"])
    assert (backwards.status_code, pointers(backwards)) == (422, ["/from_on"])
    assert (ahead.status_code, pointers(ahead)) == (422, ["/from_on"])
    assert shown["grade"] == "third"
    assert len(rungs) == 3


async def test_years_count_but_not_without_qualification_and_learning(
    small_city: httpx.AsyncClient, clerk: Header, rungs: list[dict[str, Any]]
) -> None:
    person = await worker(small_city, clerk, qualified_from=str(day_after(-364 * 4)))
    refused = await given(small_city, clerk, person, "third", 0)
    for ago in (400, 300):
        await learn(small_city, clerk, person, hours=45, on=str(day_after(-ago)))
    await given(small_city, clerk, person, "third", -3 * 366)
    promoted = (await given(small_city, clerk, person, "second", 0)).json()
    bare = await worker(
        small_city,
        clerk,
        **dict.fromkeys(
            ("qualification", "certificate_number", "qualified_from", "qualified_to"), None
        ),
    )
    unqualified = await given(small_city, clerk, bare, "third", 0)

    assert refused.json()["errors"][0]["pointer"] == "/grade"
    assert slug(refused) == "grade-not-earned"
    assert promoted["grade"] == "second"
    assert promoted["next"]["lacking"] == ["qualification"]
    assert [each["grade"] for each in promoted["steps"]] == ["second", "third"]
    assert slug(unqualified) == "grade-not-earned"
    assert len(rungs) == 3


async def test_the_wage_guide_is_public_dated_and_said_once(
    small_city: httpx.AsyncClient,
    clerk: Header,
    city: Header,
    rungs: list[dict[str, Any]],
) -> None:
    line = await made(small_city, city, "/v1/wage-guide", WAGE)
    own = {**WAGE, "area_code": "310101000000", "middle_fen": 800_000}
    await made(small_city, city, "/v1/wage-guide", own)
    headers = {**city, **key()}
    twice = await small_city.post("/v1/wage-guide", json=WAGE, headers=headers)
    crooked = {**WAGE, "valid_from": "2025-01-01", "middle_fen": 1}
    wrong = await small_city.post("/v1/wage-guide", json=crooked, headers={**city, **key()})
    mine = await small_city.post("/v1/wage-guide", json=WAGE, headers={**clerk, **key()})
    ended = await patched(small_city, city, "/v1/wage-guide", line, {"valid_to": "2027-01-01"})
    later = await made(small_city, city, "/v1/wage-guide", {**WAGE, "valid_from": "2027-01-01"})

    async def told(**query: str) -> list[int]:
        answer = await small_city.get("/v1/wage-guide", params=query)
        return [each["middle_fen"] for each in answer.json()["items"]]

    assert (twice.status_code, slug(twice)) == (409, "wage-overlaps")
    assert (wrong.status_code, pointers(wrong)) == (422, ["/middle_fen"])
    assert (mine.status_code, slug(mine)) == (403, "permission-missing")
    assert ended.json()["valid_to"] == later["valid_from"]
    assert await told(on="2026-06-01", area="310101002") == [750_000, 800_000]
    assert await told(on="2026-06-01", area="310104") == [750_000]
    assert await told(on="2025-06-01") == []
    assert len(rungs) == 3


async def test_of_two_rungs_with_one_rank_one_is_taken(
    live_client: httpx.AsyncClient, city: Header
) -> None:
    bodies = [{**FIRST, "code": code} for code in ("left", "right")]
    answers = await asyncio.gather(
        *(
            live_client.post("/v1/career-grades", json=body, headers={**city, **key()})
            for body in bodies
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {slug(each) for each in answers if each.status_code == 409} == {"grade-overlaps"}
