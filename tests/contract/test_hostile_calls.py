"""Calls that no client of ours makes, to each route of each service: refused, and told why."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from common.auth.permissions import Permission
from common.auth.roles import Role
from deploy.local.environment import SERVICES
from tests.contract.test_roles_on_routes import METHODS, operations
from tests.harness import Apps, Databases

Header = dict[str, str]
Bearer = Callable[..., Header]
FORM = {"form": "json"}  # of an address whose record exists nowhere
NUMBER = "'(integer|number)'"
OF_ANOTHER_LIST = "W251bGxd"  # [null]


class Parameter(NamedTuple):
    """A parameter of a query or a path, as its route documents it."""

    method: str
    path: str
    permission: Permission
    name: str
    place: str
    schema: str

    def caller(self, bearer: Bearer) -> Header:
        """Whom the route lets in, with a key and a version."""
        [role, *_] = sorted(self.permission.roles - {Role.PUBLIC}) or [Role.CLERK]
        own = {"Idempotency-Key": str(uuid4()), "If-Match": '"v1"'}
        return {**bearer(role, area="31", line="*"), **own}

    async def asked(self, client: httpx.AsyncClient, value: str, who: Header) -> httpx.Response:
        """The answer to a value of it."""
        filled = FORM | ({self.name: value} if self.place == "path" else {})
        query = {self.name: value} if self.place == "query" else {}
        return await client.request(
            self.method, _address(self.path, **filled), params=query, headers=who
        )


@pytest.mark.parametrize("name", SERVICES)
async def test_a_number_of_an_address_is_written_in_plain_digits(
    apps: Apps, databases: Databases, bearer: Bearer, name: str
) -> None:
    async with (
        databases.rolled_back(name) as sessions,
        apps.client(name, sessions=sessions) as client,
    ):
        asked = [each for each in await _parameters(client) if re.search(NUMBER, each.schema)]
        for each in asked:
            answer = await each.asked(client, "1_0", each.caller(bearer))
            assert answer.status_code in {400, 422}, each
            assert "只用半角数字书写" in answer.text, each

    assert len(asked) > 5


@pytest.mark.parametrize("name", SERVICES)
async def test_a_page_token_of_another_list_gives_no_page(
    apps: Apps, databases: Databases, bearer: Bearer, name: str
) -> None:
    """Not even where there is nothing to be listed for the caller."""
    async with (
        databases.rolled_back(name) as sessions,
        apps.client(name, sessions=sessions) as client,
    ):
        asked = [each for each in await _parameters(client) if each.name == "after"]
        answers = [
            (each.path, await each.asked(client, OF_ANOTHER_LIST, each.caller(bearer)))
            for each in asked
        ]

    wrong = {path: answer.status_code for path, answer in answers if answer.status_code < 400}
    assert wrong == {}
    assert max(answer.status_code for _, answer in answers) == 422


@pytest.mark.parametrize("name", SERVICES)
async def test_a_key_longer_than_its_rule_is_refused_by_each_route_that_takes_one(
    apps: Apps, databases: Databases, bearer: Bearer, name: str
) -> None:
    """Before it is claimed: PostgreSQL indexes no text of several thousand characters."""
    async with (
        databases.rolled_back(name) as sessions,
        apps.client(name, sessions=sessions) as client,
    ):
        keyed = [each for each in await _parameters(client) if each.name == "Idempotency-Key"]
        for each in keyed:
            who = {**each.caller(bearer), each.name: token_hex(4_000)}
            answer = await each.asked(client, "", who)
            pointers = [error["pointer"] for error in answer.json()["errors"]]
            assert (answer.status_code, answer.json()["type"]) == (422, "invalid"), each
            assert "/Idempotency-Key" in pointers, each

    assert len(keyed) > 5


@pytest.mark.parametrize("name", SERVICES)
async def test_a_token_that_is_over_or_somebody_elses_opens_nothing(
    apps: Apps, bearer: Bearer, name: str
) -> None:
    over = bearer(Role.CITY_OFFICE, area="31", lifetime=timedelta(minutes=-2))
    elsewhere = bearer(Role.CITY_OFFICE, area="31", audience="another-platform")
    async with apps.client(name) as client:
        for each in operations(await _document(client)):
            if each.permission is Permission.PROBE_READ:
                continue
            for who, told in ((over, "已过期"), (elsewhere, "无效")):
                address = _address(each.path, **FORM)
                answer = await client.request(each.method, address, headers=who)
                refused = 403 if each.path.startswith("/open311") else 401  # as GeoReport has it
                assert answer.status_code == refused, each
                assert f"访问令牌{told}" in answer.text, each


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("name", SERVICES)
async def test_another_method_is_told_all_that_an_address_allows(
    apps: Apps, name: str, method: str
) -> None:
    async with apps.client(name) as client:
        for path, known in (await _document(client))["paths"].items():
            answer = await client.request(method, _address(path))
            allowed = set(answer.headers["Allow"].lower().split(", "))
            assert answer.status_code == 405, path
            assert known.keys() <= allowed <= {*METHODS, "head"}, path
            assert ("get" in allowed) == ("head" in allowed), path


async def _document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


async def _parameters(client: httpx.AsyncClient) -> list[Parameter]:
    return list(_named(await _document(client)))


def _named(document: dict[str, Any]) -> Iterator[Parameter]:
    for path, methods in document["paths"].items():
        for method in methods.keys() & set(METHODS):
            operation = methods[method]
            for each in operation.get("parameters", ()):
                permission = Permission(operation["x-permission"])
                told = (each["name"], each["in"], str(each["schema"]))
                yield Parameter(method, path, permission, *told)


def _address(path: str, **filled: str) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: filled.get(found[1], str(uuid4())), path)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_digit_of_a_code_is_a_digit_of_ascii(apps: Apps, name: str) -> None:
    r"""To pydantic `\d` is a digit of any script: another code, and the same to a reader."""
    async with apps.client(name) as client:
        document = (await client.get("/openapi.json")).text

    assert '"pattern"' in document
    assert r"\\d" not in document
