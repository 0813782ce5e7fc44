"""A need of a resident, and the organisations that serve."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.matching.cases import PROVIDER, raised

Header = dict[str, str]


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
