"""Real commits: caps of assessments and surveys hold with many at once; the feed tells results."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.clock import city_day, utc_now
from common.contracts.feedback import Assessment
from common.crypto.keys import Keys
from common.db import Database, database
from deploy.local.environment import Urls
from feedback import worker
from tests.feedback.assessed import (
    OTHER,
    THIRD,
    done,
    evidence,
    file,
    filed,
    known_subjects,
    said,
    send,
)
from tests.feedback.served import PROVIDER, rater_of, served
from tests.harness import Apps

Header = dict[str, str]


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=4) as made:
        yield made


@pytest.fixture
async def live(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.live("feedback", fresh_database, worker="false") as client:
        yield client


async def test_schemes_filed_at_once_never_assess_a_body_beyond_the_cap(
    live: httpx.AsyncClient, opened: Database, head: Header
) -> None:
    await known_subjects(opened.sessions)
    wish = {"subject_ids": [PROVIDER, OTHER, THIRD]}
    turned = {"subject_ids": wish["subject_ids"][::-1]}  # the locks have one order

    answers = await asyncio.gather(
        *(file(live, head, **(wish if number % 2 else turned)) for number in range(8))
    )

    assert Counter(each.status_code for each in answers) == {201: 1, 409: 7}
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM assessment_scheme")) == 1
        assert await session.scalar(text("SELECT max(taken) FROM assessment_load")) == 1


async def test_visits_planned_at_once_are_one_and_all_others_learn_which(
    live: httpx.AsyncClient, opened: Database, head: Header
) -> None:
    await known_subjects(opened.sessions)
    wish = {"subject": "organisation", "subject_id": PROVIDER, "department_id": PROVIDER}
    wish |= {"visited_on": str(city_day(utc_now()))}

    answers = await asyncio.gather(
        *(send(live, head, "assessment-visits", **wish) for _ in range(6))
    )

    planned = [each.json()["id"] for each in answers if each.status_code == 201]
    told = [each.json()["detail"] for each in answers if each.status_code == 409]
    assert (len(planned), len(told)) == (1, 5)
    assert all(planned[0] in each for each in told)


async def test_a_scheme_withdrawn_twice_at_once_gives_back_once(
    live: httpx.AsyncClient, opened: Database, head: Header
) -> None:
    await known_subjects(opened.sessions)
    planned = await filed(live, head)
    path, why = f"assessment-schemes/{planned['id']}/withdrawal", "考核期填写有误"

    answers = await asyncio.gather(*(send(live, head, path, 1, reason=why) for _ in range(4)))

    assert Counter(each.status_code for each in answers)[200] == 1
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT max(taken) FROM assessment_load")) == 0


async def test_surveys_at_once_never_ask_a_resident_beyond_the_cap(
    live: httpx.AsyncClient, opened: Database, clerk: Header, keys: Keys
) -> None:
    referrals: list[UUID] = [
        await served(opened.sessions, rater_of(keys, f"resident-{number}")) for number in range(2)
    ]
    ids = [str(each) for each in referrals]

    told = await asyncio.gather(
        *(
            done(
                live,
                clerk,
                "survey-contacts",
                title="年度问卷",
                referral_ids=ids if number % 2 else ids[::-1],
            )
            for number in range(8)
        )
    )

    asked = Counter(each for answer in told for each in answer["may_be_asked"])
    assert asked == dict.fromkeys(ids, 3)  # one contact was the invitation to rate
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT max(contacts) FROM survey_contact")) == 4


async def test_of_two_registrations_of_one_evidence_one_is_kept(
    live: httpx.AsyncClient, opened: Database, clerk: Header
) -> None:
    await known_subjects(opened.sessions)

    answers = await asyncio.gather(*(send(live, clerk, "evidence", **evidence()) for _ in range(4)))

    assert Counter(each.status_code for each in answers) == {201: 1, 409: 3}
    assert {each.json().get("type") for each in answers} == {None, "evidence-held"}


async def test_the_feed_tells_every_result_as_its_contract_says(
    apps: Apps, fresh_database: Urls, opened: Database, head: Header
) -> None:
    await known_subjects(opened.sessions)
    await said(opened.sessions, PROVIDER, {5: 40}, served=50)
    await worker.release_all(opened.sessions, now=utc_now())
    async with apps.live("feedback", fresh_database) as client:
        planned = await filed(client, head)
        where = f"assessment-schemes/{planned['id']}/results"
        await done(client, head, where, planned["version"])
        async with asyncio.timeout(30):
            while len(items := (await client.get("/feeds/assessment")).json()["items"]) < 3:
                await asyncio.sleep(0.1)

    told = {each.subject_id: each for each in (Assessment(**item["data"]) for item in items)}
    assert told[UUID(PROVIDER)].responses == 40
    assert [each.score is None for each in told.values()].count(True) == 2
