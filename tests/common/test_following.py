"""Services follow each other: by a table of effects, with a credential, patiently."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from common.contracts.feeds import READERS, Kind, Visibility
from common.contracts.vocabulary import Service
from common.credentials import TokenFile, service_auth
from common.db import Database, database
from common.errors import Text, Unavailable
from common.following import Followed, address_of, jobs, mirror
from common.http import ServiceHttp
from common.settings import ServiceSettings
from common.worker import Health, running
from deploy.local.environment import Secrets, Urls
from feedback.consumers import FOLLOWED as FEEDBACK
from matching.consumers import FOLLOWED as MATCHING
from procurement.consumers import FOLLOWED as PROCUREMENT
from tests.harness import Databases
from tests.living import served

PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def matching(databases: Databases, secrets: Secrets) -> Iterator[str]:
    """The address of a running matching, with a collective need that it publishes."""
    with databases.fresh("matching") as urls, served("matching", urls, secrets) as base:
        yield base


def settings_for(secrets: Secrets, base: str | None, urls: Urls) -> ServiceSettings:
    return ServiceSettings(
        database_url=urls.app,
        base_url="http://feedback.test",
        matching_url=base,
        registry_url=base,
        service_token=secrets.service_token,
    )


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app) as made:
        yield made


@pytest.mark.parametrize(
    ("reader", "followed"),
    [(Service.FEEDBACK, FEEDBACK), (Service.PROCUREMENT, PROCUREMENT)],
)
def test_a_service_follows_what_the_contracts_say_that_it_reads(
    reader: Service, followed: Followed
) -> None:
    assert set(followed) == {kind for kind, each in READERS if each is reader}


def test_the_matching_follows_nothing_that_it_does_not_read() -> None:
    assert {(kind, Service.MATCHING) for kind in MATCHING} <= set(READERS)


async def test_without_an_address_or_a_credential_there_is_nothing_to_follow(
    opened: Database, fresh_database: Urls, secrets: Secrets
) -> None:
    known = settings_for(secrets, "http://matching.test/", fresh_database)
    shy = known.model_copy(update={"service_token": None})
    alone = known.model_copy(update={"matching_url": None})
    followed: Followed = {Kind.NEED: (mirror,), Kind.GAP: (mirror,)}

    with capture_logs() as lines:
        names = [
            [job.name for job in jobs(each, opened.sessions, followed)]
            for each in (known, shy, alone)
        ]

    assert [(line["log_level"], line["feed"]) for line in lines] == [("warning", "matching-need")]
    assert names == [["matching-need", "matching-gap"], ["matching-gap"], []]
    assert address_of(known, Service.MATCHING) == "http://matching.test"


async def test_a_private_feed_is_read_with_the_service_token_and_refused_without(
    matching: str, secrets: Secrets, fresh_database: Urls
) -> None:
    auth = service_auth(settings_for(secrets, matching, fresh_database))

    async with ServiceHttp(matching, what=Text("供需对接", "matching"), auth=auth) as http:
        with_token = await http.get("/feeds/referral")
    async with ServiceHttp(matching, what=Text("供需对接", "matching")) as http:
        without = await http.get("/feeds/referral")

    assert (with_token.status_code, without.status_code) == (200, 401)
    assert Kind.REFERRAL.visibility is Visibility.PRIVATE


async def test_a_token_that_was_not_laid_down_is_a_credential_that_is_not_available(
    tmp_path,
) -> None:
    request = httpx.Request("GET", "http://matching.test/")

    with pytest.raises(Unavailable):
        next(TokenFile(tmp_path / "missing").auth_flow(request))


async def cursors(opened: Database) -> set[str]:
    async with opened.sessions() as session:
        return {*await session.scalars(text("SELECT source FROM feed_cursor"))}


async def test_a_feed_that_is_not_served_yet_is_waited_for_without_a_fault(
    matching: str, opened: Database, secrets: Secrets, fresh_database: Urls
) -> None:
    settings = settings_for(secrets, matching, fresh_database)
    followed: Followed = {Kind.DUTY: (mirror,), Kind.GAP: (mirror,)}
    health = Health()

    async with (
        asyncio.timeout(PATIENCE_S),
        running(jobs(settings, opened.sessions, followed)) as at,
    ):
        while len(await cursors(opened)) < 2:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        health.faults.update(at.faults)

    assert health.well
