"""A client of strangers, as it comes from PyPI, against the running service."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from georeport import GeoReport

from common.auth.roles import Role
from common.contracts.feeds import Kind
from common.db import database
from deploy.local.environment import Secrets
from tests.feedback.cases import known_bodies, told
from tests.feedback.service.test_open311 import FORM, entry
from tests.harness import Databases
from tests.living import served

Header = dict[str, str]


@pytest.fixture(scope="module")
def base(databases: Databases, secrets: Secrets, bearer: Callable[..., Header]) -> Iterator[str]:
    """A service of its own with one request in it, for whoever reads."""
    with databases.fresh("feedback") as urls, served("feedback", urls, secrets) as base:

        async def known() -> None:
            async with database(urls.app, pool_size=1) as opened:
                await known_bodies(opened.sessions)
                await told(
                    opened.sessions, Kind.DICTIONARY_ENTRY, entry("meal_delivery", "送餐上门")
                )

        asyncio.run(known())
        form = {**FORM, "address_id": "310101002001"}
        sent = httpx.post(
            f"{base}/open311/v2/requests.xml", data=form, headers=bearer(Role.RESIDENT)
        )
        sent.raise_for_status()
        yield f"{base}/open311/v2"


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_client_reads_services_definitions_and_requests(base: str, form: str) -> None:
    client = GeoReport(base, jurisdiction="310000", output_format=form)

    services: Any = client.get_service_list()
    service = services[0] if isinstance(services, list) else services
    definition = client.get_service_definition("meal_delivery")
    requests: Any = client.get_service_requests(status="open")
    request = requests[0] if isinstance(requests, list) else requests
    one = client.get_service_request(request["service_request_id"])

    assert service["service_name"] == "送餐上门"
    assert definition["service_code"] == "meal_delivery"
    assert request["agency_responsible"] == "演示助餐中心"
    assert request["expected_datetime"]
    assert one == request
