"""Who buys and who offers beside the callers of all tests, and the markets where they meet."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Secrets
from tests.clock import Clock, city, started, timed
from tests.harness import Databases, Urls, build
from tests.procurement.cases import OTHER_PROVIDER, PROVIDER, Sessions
from tests.procurement.tendering import Market, set_rules

Header = dict[str, str]


@pytest.fixture
def other_head(bearer: Callable[..., Header]) -> Header:
    """The head of another street."""
    return bearer(Role.STREET_HEAD, area="310104003", line="*", subject="head-elsewhere")


@pytest.fixture
def provider(bearer: Callable[..., Header]) -> Header:
    """An organisation that serves."""
    return bearer(Role.PROVIDER, org=PROVIDER)


@pytest.fixture
def other_provider(bearer: Callable[..., Header]) -> Header:
    """Another organisation."""
    return bearer(Role.PROVIDER, org=OTHER_PROVIDER, subject="other-provider")


@pytest.fixture(scope="session")
async def timed_app(databases: Databases, secrets: Secrets) -> AsyncIterator[Any]:
    """The procurement, running once a session, with its clock in the test's hand."""
    app = build("procurement", databases.shared("procurement"), secrets, worker="false")
    async with started(app) as running:
        yield app, running


@pytest.fixture
def clock() -> Clock:
    """A Monday morning in the city."""
    return Clock(city("2026-03-02 09:30"))


@pytest.fixture
async def market(
    timed_app: Any, sessions: Sessions, clock: Clock, bearer: Callable[..., Header]
) -> AsyncIterator[Market]:
    """Everybody who takes part in a purchase; the city's thresholds are set."""
    await set_rules(sessions)
    async with timed(*timed_app, clock, sessions=sessions) as client:
        yield Market(client, clock, bearer)


@pytest.fixture
async def real_market(
    fresh_database: Urls, secrets: Secrets, clock: Clock, bearer: Callable[..., Header]
) -> AsyncIterator[Market]:
    """The same on a database of the test's own, where commits are real and connections many."""
    app = build("procurement", fresh_database, secrets, worker="false")
    async with started(app) as running, database(fresh_database.app, pool_size=2) as opened:
        await set_rules(opened.sessions)
        async with timed(app, running, clock) as client:
            yield Market(client, clock, bearer)
