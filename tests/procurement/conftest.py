"""Callers of the procurement: the street that buys, the one next door, organisations that serve."""

from collections.abc import Callable

import pytest

from common.auth.roles import Role
from tests.procurement.cases import OTHER_PROVIDER, PROVIDER

Header = dict[str, str]


@pytest.fixture
def clerk(bearer: Callable[..., Header]) -> Header:
    """A clerk of 南京东路街道."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs")


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of the same street."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*")


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
