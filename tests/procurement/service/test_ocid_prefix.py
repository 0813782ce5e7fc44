"""The registered prefix of contracting processes: configured, or nothing is published under it."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from common.auth.roles import Role
from procurement.settings import OF_EXAMPLES, Settings
from tests.clock import Clock, timed
from tests.procurement.cases import Header, Sessions, key
from tests.procurement.tendering import TENDER, Market, set_rules


def production(**more: Any) -> Settings:
    """What a production is told."""
    return Settings(database_url="postgresql://db", base_url="https://linli.example", **more)


async def test_a_development_run_marks_its_processes_as_local(market: Market) -> None:
    row = await market.prepared()

    assert row["ocid"] == f"local-000000-{row['id']}"


async def test_production_prepares_no_purchase_without_a_registered_prefix(
    timed_app: Any, sessions: Sessions, clock: Clock, bearer: Callable[..., Header]
) -> None:
    await set_rules(sessions)
    clerk = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    found = []
    for settings in (production(), production(ocid_prefix="ocds-a1b2c3")):
        async with timed(*timed_app, clock, sessions=sessions, settings=settings) as client:
            found.append(await client.post("/v1/tenders", json=TENDER, headers={**clerk, **key()}))
    refused, prepared = found

    assert (refused.status_code, refused.json()["type"]) == (409, "ocid-prefix-not-set")
    assert "PROCUREMENT_OCID_PREFIX" in refused.json()["detail"]
    assert prepared.json()["ocid"].startswith("ocds-a1b2c3-")


def test_the_prefix_of_the_standards_examples_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="standard's examples"):
        production(ocid_prefix=OF_EXAMPLES)
