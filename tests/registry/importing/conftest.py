"""A live registry with the small city and, on request, the bodies that offerings need."""

import httpx
import pytest

from tests.registry.importing.tables_of import ORGANISATIONS, VENUES, as_csv, errors, imported
from tests.registry.small_city import listing, upload


@pytest.fixture
async def office(live_client: httpx.AsyncClient, city: dict[str, str]) -> httpx.AsyncClient:
    """Calls to a registry that knows the small city and runs imports."""
    answer = await upload(live_client, city, listing())
    assert answer.status_code == 201, answer.text
    return live_client


@pytest.fixture
async def inventory(office: httpx.AsyncClient, city: dict[str, str]) -> httpx.AsyncClient:
    """The office, with a department, a provider and a venue."""
    for kind, records in (("organisation", ORGANISATIONS), ("venue", VENUES)):
        told = await imported(office, city, kind, as_csv(records))
        assert (told["state"], told["rows_failed"]) == ("done", 0), (
            told,
            await errors(office, city, told),
        )
    return office
