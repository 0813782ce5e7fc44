"""Who calls, in every service's tests: residents, the desks of 南京东路街道, the city.

A service whose people differ says so in a conftest of its own.
"""

from collections.abc import Callable

import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from deploy.local.environment import Secrets

Header = dict[str, str]


@pytest.fixture
def resident(bearer: Callable[..., Header]) -> Header:
    """A resident."""
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
def clerk_actor(actor: Callable[..., Actor]) -> Actor:
    """The same clerk as a value, for use cases."""
    return actor(Role.CLERK, area="310101002", line="civil_affairs")


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
    """The head of 南京东路街道, over all lines."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*")


@pytest.fixture
def city(bearer: Callable[..., Header]) -> Header:
    """The city's office."""
    return bearer(Role.CITY_OFFICE, area="31", line="*")


@pytest.fixture(scope="session")
def keys(secrets: Secrets) -> Keys:
    """The keys with which the services of this session seal."""
    return Keys.of(KeyRing.from_directory(secrets.keys))
