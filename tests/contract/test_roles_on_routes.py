"""Every route of every service with every role: who is not on the permission's line may not."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from common.auth.permissions import Permission
from common.auth.roles import Role
from deploy.local.environment import SERVICES
from tests.harness import Apps, Databases

METHODS = ("get", "post", "put", "patch", "delete")
NOBODY = "anonymous"


class Operation(NamedTuple):
    """One route as its service documents it."""

    method: str
    path: str
    permission: Permission

    @property
    def address(self) -> str:
        """The path with an id that exists nowhere."""
        return re.sub(r"\{[^}]+\}", str(uuid4()), self.path)


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield Operation(method, path, Permission(operation["x-permission"]))


async def refusal(client: httpx.AsyncClient, operation: Operation, headers: dict[str, str]) -> str:
    """The slug with which a caller was refused; empty when the caller was let through."""
    answer = await client.request(
        operation.method, operation.address, headers={**headers, "Idempotency-Key": str(uuid4())}
    )
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    slug: str = answer.json()["type"]
    return slug if slug in {"permission-missing", "unauthenticated"} else ""


@pytest.mark.parametrize("name", SERVICES)
async def test_every_operation_names_a_permission_that_exists(apps: Apps, name: str) -> None:
    async with apps.client(name) as client:
        document = (await client.get("/openapi.json")).json()

    assert list(operations(document))


@pytest.mark.parametrize("role", [NOBODY, *Role])
@pytest.mark.parametrize("name", SERVICES)
async def test_a_role_reaches_what_its_permissions_name_and_nothing_else(
    apps: Apps,
    databases: Databases,
    bearer: Callable[..., dict[str, str]],
    name: str,
    role: str,
) -> None:
    headers = {} if role == NOBODY else bearer(Role(role), area="31", line="*")
    async with (
        databases.rolled_back(name) as sessions,  # some calls need no body, and succeed
        apps.client(name, sessions=sessions) as client,
    ):
        document = (await client.get("/openapi.json")).json()
        for operation in operations(document):
            if operation.permission is Permission.PROBE_READ:
                continue
            holds = (Role.PUBLIC if role == NOBODY else Role(role)) in operation.permission.roles
            slug = await refusal(client, operation, headers)
            wanted = "" if holds else "unauthenticated" if role == NOBODY else "permission-missing"
            assert slug == wanted, f"{role}: {operation.method} {operation.path}"
