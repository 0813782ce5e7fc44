"""Callers of the feedback beside those of all: the body that answers, two clerks of one desk."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.feedback.cases import BODY, Sessions, known_bodies, raised
from tests.feedback.served import PROVIDER

Header = dict[str, str]


@pytest.fixture
def clerk(bearer: Callable[..., Header]) -> Header:
    """A clerk of civil affairs in 南京东路街道."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs", subject="clerk-1")


@pytest.fixture
def colleague(bearer: Callable[..., Header]) -> Header:
    """Another clerk of the same desk."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs", subject="clerk-2")


@pytest.fixture
def district(bearer: Callable[..., Header]) -> Header:
    """The district's office, superior of the street."""
    return bearer(Role.DISTRICT_OFFICE, area="310101", line="*", subject="district-1")


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
