"""Callers of the feedback: residents, the body that answers, the desks of a street."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from deploy.local.environment import Secrets
from tests.feedback.cases import BODY, Sessions, known_bodies, raised
from tests.feedback.served import PROVIDER

Header = dict[str, str]


@pytest.fixture
def resident(bearer: Callable[..., Header]) -> Header:
    """A resident who raises cases."""
    return bearer(Role.RESIDENT, subject="resident-1")


@pytest.fixture
def neighbour(bearer: Callable[..., Header]) -> Header:
    """Another resident."""
    return bearer(Role.RESIDENT, subject="resident-2")


@pytest.fixture
def clerk(bearer: Callable[..., Header]) -> Header:
    """A clerk of civil affairs in 南京东路街道."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs", subject="clerk-1")


@pytest.fixture
def colleague(bearer: Callable[..., Header]) -> Header:
    """Another clerk of the same desk."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs", subject="clerk-2")


@pytest.fixture
def other_line(bearer: Callable[..., Header]) -> Header:
    """A clerk of the same street and another line."""
    return bearer(Role.CLERK, area="310101002", line="culture", subject="clerk-culture")


@pytest.fixture
def other_street(bearer: Callable[..., Header]) -> Header:
    """A clerk of the same line in another street."""
    return bearer(Role.CLERK, area="310104003", line="civil_affairs", subject="clerk-elsewhere")


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of the street, who approves."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*")


@pytest.fixture
def district(bearer: Callable[..., Header]) -> Header:
    """The district's office, superior of the street."""
    return bearer(Role.DISTRICT_OFFICE, area="310101", line="*", subject="district-1")


@pytest.fixture
def city(bearer: Callable[..., Header]) -> Header:
    """The city office."""
    return bearer(Role.CITY_OFFICE, area="31", line="*")


@pytest.fixture
def body(bearer: Callable[..., Header]) -> Header:
    """The organisation that has to answer."""
    return bearer(Role.PROVIDER, org=BODY)


@pytest.fixture
async def case(client: httpx.AsyncClient, resident: Header, sessions: Sessions) -> dict[str, Any]:
    """A resident's complaint, routed to its body."""
    await known_bodies(sessions)
    return await raised(client, resident)


@pytest.fixture
def venue_head(bearer: Callable[..., Header]) -> Header:
    """The head of a house in the street."""
    return bearer(Role.VENUE_HEAD, area="310101002", line="civil_affairs")


@pytest.fixture
def provider(bearer: Callable[..., Header]) -> Header:
    """The organisation that was rated."""
    return bearer(Role.PROVIDER, org=PROVIDER)


@pytest.fixture
def keys(secrets: Secrets) -> Keys:
    """The keys with which the services of this session seal."""
    return Keys.of(KeyRing.from_directory(secrets.keys))


@pytest.fixture
def clerk_actor(actor: Callable[..., Actor]) -> Actor:
    """The clerk as a value, for use cases."""
    return actor(Role.CLERK, area="310101002", line="civil_affairs")
