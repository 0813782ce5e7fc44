"""Callers of the matching: residents, the clerk of a street, the one next door."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from deploy.local.environment import Secrets
from tests.matching.cases import PROVIDER, raised

Header = dict[str, str]


@pytest.fixture
def resident(bearer: Callable[..., Header]) -> Header:
    """A resident who raises needs."""
    return bearer(Role.RESIDENT, subject="resident-1")


@pytest.fixture
def neighbour(bearer: Callable[..., Header]) -> Header:
    """Another resident."""
    return bearer(Role.RESIDENT, subject="resident-2")


@pytest.fixture
def clerk(bearer: Callable[..., Header]) -> Header:
    """A clerk of civil affairs in 南京东路街道."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs")


@pytest.fixture
def other_line(bearer: Callable[..., Header]) -> Header:
    """A clerk of the same street and another line."""
    return bearer(Role.CLERK, area="310101002", line="culture", subject="clerk-culture")


@pytest.fixture
def other_street(bearer: Callable[..., Header]) -> Header:
    """A clerk of the same line in another street."""
    return bearer(Role.CLERK, area="310104003", line="civil_affairs", subject="clerk-elsewhere")


@pytest.fixture
async def need(client: httpx.AsyncClient, resident: Header) -> dict[str, Any]:
    """A resident's need of meals."""
    return await raised(client, resident)


@pytest.fixture
def provider(bearer: Callable[..., Header]) -> Header:
    """The organisation that serves."""
    return bearer(Role.PROVIDER, org=PROVIDER)


@pytest.fixture
def other_provider(bearer: Callable[..., Header]) -> Header:
    """Another organisation."""
    return bearer(
        Role.PROVIDER, org="01900000-0000-7000-8000-00000000ffff", subject="other-provider"
    )


@pytest.fixture
def clerk_actor(actor: Callable[..., Actor]) -> Actor:
    """The same clerk as a value, for use cases."""
    return actor(Role.CLERK, area="310101002", line="civil_affairs")


@pytest.fixture
def keys(secrets: Secrets) -> Keys:
    """The keys with which the services of this session seal."""
    return Keys.of(KeyRing.from_directory(secrets.keys))
