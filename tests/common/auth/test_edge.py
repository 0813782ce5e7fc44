from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI

from common.auth.actor import Actor
from common.auth.development import ISSUER, DevelopmentIssuer
from common.auth.edge import needs
from common.auth.jwks import source
from common.auth.permissions import Permission
from common.auth.roles import Role
from common.auth.token import Issuer, TokenVerifier
from common.auth.trust import Trust
from common.clock import utc_now
from common.errors import Problem
from common.problem_details import answer
from common.route import permission_marker


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> DevelopmentIssuer:
    return DevelopmentIssuer.at(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def keys_file(issuer, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("jwks") / "jwks.json"
    file.write_bytes(issuer.jwks())
    return str(file)


@pytest.fixture
async def http(keys_file):
    trust = Trust(TokenVerifier({ISSUER: Issuer(source(keys_file))}, "linli"))
    app = FastAPI(exception_handlers={Problem: answer})

    @app.get("/open")
    async def read(actor: Annotated[Actor, needs(Permission.AREA_READ)]) -> str:
        return actor.kind

    @app.get("/closed")
    async def write(actor: Annotated[Actor, needs(Permission.AREA_WRITE)]) -> str:
        return actor.subject

    async def served(scope, receive, send) -> None:
        await app({**scope, "state": {"trust": trust}}, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(served), base_url="http://x"
    ) as client:
        yield client


async def test_nobody_reads_what_is_published(http):
    assert (await http.get("/open")).json() == "anonymous"


async def test_nobody_is_asked_who_they_are_where_it_matters(http):
    response = await http.get("/closed")

    assert (response.status_code, response.json()["type"]) == (401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_bad_credential_is_refused_even_where_none_is_needed(http):
    for header in ("Bearer nonsense", "Basic dTpw", "Bearer", ""):
        response = await http.get("/open", headers={"Authorization": header})
        assert (response.status_code, response.json()["type"]) == (401, "token-invalid")


async def test_a_signature_is_refused_where_signatures_are_not_accepted(http):
    response = await http.get("/open", headers={"X-App-Key": "portal-demo"})

    assert response.status_code == 401


async def test_the_role_decides(http, issuer):
    clerk = issuer.issue(Role.CLERK, now=utc_now(), area="310101002")
    resident = issuer.issue(Role.RESIDENT, now=utc_now())

    let_in = await http.get("/closed", headers={"Authorization": f"bearer {clerk}"})
    kept_out = await http.get("/closed", headers={"Authorization": f"Bearer {resident}"})

    assert let_in.json() == "demo-clerk"
    assert (kept_out.status_code, kept_out.json()["type"]) == (403, "permission-missing")


def test_the_permission_of_an_endpoint_can_be_read_from_outside():
    async def search(actor: Annotated[Actor, needs(Permission.MATCH_QUERY, query=True)]): ...

    found = permission_marker(search)

    assert (found.permission, found.query) == (Permission.MATCH_QUERY, True)
