"""The registered prefix of contracting processes: configured, or nothing is published under it."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from common.auth.roles import Role
from deploy.local.environment import Secrets
from procurement.settings import OF_EXAMPLES
from tests.harness import Databases, build
from tests.procurement.cases import Header, Sessions, key
from tests.procurement.clock import Clock, city, started, timed
from tests.procurement.tendering import TENDER, Market, set_rules


async def test_a_development_run_marks_its_processes_as_local(market: Market) -> None:
    row = await market.prepared()

    assert row["ocid"] == f"local-000000-{row['id']}"


async def test_production_prepares_no_purchase_without_a_registered_prefix(
    databases: Databases, secrets: Secrets, sessions: Sessions, bearer: Callable[..., Header]
) -> None:
    production = {"environment": "production", "development_issuer": "false", "worker": "false"}
    url = databases.shared("procurement")
    await set_rules(sessions)
    clerk = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    found = []
    for more in ({}, {"ocid_prefix": "ocds-a1b2c3"}):
        app = build("procurement", url, secrets, **production, **more)
        async with (
            started(app) as running,
            timed(app, running, Clock(city("2026-03-02 09:30")), sessions=sessions) as client,
        ):
            found.append(await client.post("/v1/tenders", json=TENDER, headers={**clerk, **key()}))
    refused, prepared = found

    assert (refused.status_code, refused.json()["type"]) == (409, "ocid-prefix-not-set")
    assert "PROCUREMENT_OCID_PREFIX" in refused.json()["detail"]
    assert prepared.json()["ocid"].startswith("ocds-a1b2c3-")


def test_the_prefix_of_the_standards_examples_is_refused_at_the_start(
    databases: Databases, secrets: Secrets
) -> None:
    with pytest.raises(ValidationError, match="standard's examples"):
        build("procurement", databases.shared("procurement"), secrets, ocid_prefix=OF_EXAMPLES)
