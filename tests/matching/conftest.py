"""A need of a resident, the organisations that serve, and the two ways of the shelf."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from matching.shelf import compiled, quickest
from tests.matching.cases import PROVIDER, raised
from tests.matching.scan import POLICY

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


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "plain"])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """By machine code, or as it goes until there is any; what stood before stands again."""
    was_ready = compiled.IS_READY.is_set()
    if not request.param:
        compiled.IS_READY.clear()
    elif compiled.IS_HERE:
        quickest.compile_kernel(POLICY)
    else:
        pytest.skip("the extra kernel is not installed")
    yield
    (compiled.IS_READY.set if was_ready else compiled.IS_READY.clear)()
