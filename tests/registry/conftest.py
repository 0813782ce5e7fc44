"""Callers and a small city for the registry's tests."""

from collections.abc import Callable

import httpx
import pytest

from common.auth.roles import Role
from tests.registry.small_city import listing, upload


@pytest.fixture
def city(bearer: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The city's office."""
    return bearer(Role.CITY_OFFICE, area="31", line="*")


@pytest.fixture
def clerk(bearer: Callable[..., dict[str, str]]) -> dict[str, str]:
    """A clerk of 南京东路街道."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs")


@pytest.fixture
async def small_city(client: httpx.AsyncClient, city: dict[str, str]) -> httpx.AsyncClient:
    """Calls to a registry that knows the small city."""
    answer = await upload(client, city, listing())
    assert answer.status_code == 201, answer.text
    return client
