"""HEAD at each address of each service: as GET answers whoever asks, without the body."""

from collections.abc import Callable

import httpx
import pytest

from common.auth.permissions import Permission
from common.auth.roles import Role
from deploy.local.environment import SERVICES
from tests.contract.test_roles_on_routes import Operation, operations
from tests.harness import Apps, Databases

Header = dict[str, str]
OWN = {"x-request-id", "date"}  # of each answer


@pytest.mark.parametrize("name", SERVICES)
async def test_who_asks_for_the_head_is_answered_as_who_reads(
    apps: Apps, databases: Databases, bearer: Callable[..., Header], name: str
) -> None:
    async with (
        databases.rolled_back(name) as sessions,
        apps.client(name, sessions=sessions) as client,
    ):
        document = (await client.get("/openapi.json")).json()
        assert not any("head" in methods for methods in document["paths"].values())
        for each in operations(document):
            if each.method == "get":
                for who in ({}, _reader(bearer, each.permission)):
                    await _answered_alike(client, each, who)


@pytest.mark.parametrize("name", SERVICES)
async def test_where_nothing_is_read_there_is_no_head(apps: Apps, name: str) -> None:
    refused = 0
    async with apps.client(name) as client:
        document = (await client.get("/openapi.json")).json()
        for path in (path for path, known in document["paths"].items() if "get" not in known):
            whole, head = await client.get(path), await client.head(path)
            assert (head.status_code, head.content) == (whole.status_code, b""), path
            assert "HEAD" not in head.headers.get("Allow", ""), path
            refused += head.status_code == 405

    assert refused > 5


async def test_a_head_tells_whether_a_record_has_changed(apps: Apps, databases: Databases) -> None:
    async with (
        databases.rolled_back("matching") as sessions,
        apps.client("matching", sessions=sessions) as client,
    ):
        [rule] = (await client.get("/v1/rules", params={"limit": 1})).json()["items"]
        path = f"/v1/rules/{rule['id']}"
        whole, head = await client.get(path), await client.head(path)

    assert (head.status_code, head.headers["ETag"]) == (200, '"v1"')
    assert (head.headers["Content-Length"], head.content) == (str(len(whole.content)), b"")


def _reader(bearer: Callable[..., Header], permission: Permission) -> Header:
    """Whom the route lets in."""
    [role, *_] = sorted(permission.roles - {Role.PUBLIC}) or [Role.CLERK]
    return bearer(role, area="31", line="*")


async def _answered_alike(client: httpx.AsyncClient, each: Operation, who: Header) -> None:
    address = each.address
    whole = await client.get(address, headers=who)
    head = await client.head(address, headers=who)
    told, wanted = (
        {name: value for name, value in answer.headers.items() if name not in OWN}
        for answer in (head, whole)
    )
    if each.permission is Permission.PROBE_READ:  # figures of this moment
        del told["content-length"], wanted["content-length"]
    assert (head.status_code, told, head.content) == (whole.status_code, wanted, b""), each
