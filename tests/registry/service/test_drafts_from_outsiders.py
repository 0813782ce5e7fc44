"""Drafts of bundles and concessions: an area in a token opens none to who does not write them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.registry.inventory import made, street, venue
from tests.registry.service.test_bundles import BUNDLE
from tests.registry.service.test_concessions import WISH
from tests.registry.service.test_concessions import step as moved

Header = dict[str, str]


@pytest.fixture(
    params=[Role.PORTAL_APP, Role.DEPUTY, Role.PANEL_EXPERT, Role.AUDITOR, Role.GRID_WORKER]
)
def outsider(request: pytest.FixtureRequest, bearer: Callable[..., Header]) -> Header:
    """Somebody whose token names the city, and who writes nothing."""
    return bearer(request.param, area="31")


async def shown(client: httpx.AsyncClient, header: Header, path: str) -> list[str]:
    answer = await client.get(path, headers=header)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def status(client: httpx.AsyncClient, header: Header, path: str) -> int:
    return (await client.get(path, headers=header)).status_code


async def test_a_draft_of_a_bundle_is_shown_to_who_writes_bundles(
    small_city: httpx.AsyncClient, clerk: Header, outsider: Header
) -> None:
    new = await made(small_city, clerk, "/v1/bundles", BUNDLE)
    drafts, one = "/v1/bundles?status=draft", f"/v1/bundles/{new['id']}"

    assert await shown(small_city, clerk, drafts) == [new["id"]]
    assert await status(small_city, clerk, one) == 200
    assert await shown(small_city, outsider, drafts) == []
    assert await status(small_city, outsider, one) == 404


async def test_a_concession_drafted_or_withdrawn_is_shown_to_who_writes_concessions(
    small_city: httpx.AsyncClient, head: Header, outsider: Header
) -> None:
    place = (await venue(small_city, head, floor_area_m2=200))["id"]
    wish: dict[str, Any] = {**WISH, "venue_id": place}
    wish["operator_id"] = (await street(small_city, head))["id"]
    drafted, dropped = [await made(small_city, head, "/v1/concessions", wish) for _ in range(2)]
    withdrawn = await moved(small_city, head, dropped, status="withdrawn", reason="改址")

    assert withdrawn.status_code == 200, withdrawn.text
    ours = await shown(small_city, head, "/v1/concessions")
    assert sorted(ours) == sorted([drafted["id"], dropped["id"]])
    assert await shown(small_city, outsider, "/v1/concessions") == []
    for each in (drafted, dropped):
        path = f"/v1/concessions/{each['id']}"
        assert await status(small_city, outsider, path) == 404
        assert (
            await status(small_city, outsider, f"{path}/account?from=2026-02-01&to=2026-03-01")
            == 404
        )
