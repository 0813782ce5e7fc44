"""Signposts lead to the same routes as trying all of them one after another."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from common.signposts import install_signposts

ROUTES = (
    *("GET /v1/needs", "POST /v1/needs", "GET /v1/needs/{id}", "GET /v1/needs/mine"),
    *("POST /v1/needs/special", "DELETE /v1/needs/{id}", "GET /v1/needs/{id}/steps"),
    *("GET /feeds", "GET /feeds/{kind}", "GET /feeds/all", "GET /{any}/needs"),
    *("GET /files/{name:path}", "GET /{face}/v2/{form}"),
)
ADDRESSES = (
    *("/", "/v1", "/v1/needs", "/v1/needs/", "/v1/needs/mine", "/v1/needs/special", "/v1/needs/7"),
    *("/v1/needs/7/steps", "/v1/needs/7/steps/1", "/v1/{id}", "/v2/needs", "/feeds", "/feeds/"),
    *("/feeds/all", "/feeds/need", "/files/a", "/files/a/b/c", "/hsds/v2/xml", "//needs", "/{}/{}"),
)


def _app(*, is_led: bool) -> FastAPI:
    app, router = FastAPI(), APIRouter()
    for route in ROUTES:
        method, path = route.split()

        async def told(route: str = route) -> str:
            return route

        router.add_api_route(path, told, methods=[method])
    app.include_router(router)
    if is_led:
        install_signposts(app, router.routes)
    return app


APPS = {is_led: _app(is_led=is_led) for is_led in (False, True)}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
async def test_every_address_is_answered_as_without_them(method: str) -> None:
    for address in ADDRESSES:
        before, after = await _asked(method, address, False), await _asked(method, address, True)

        assert (after.status_code, after.content) == (before.status_code, before.content), address
        assert after.headers.get("location") == before.headers.get("location")
        assert after.headers.get("allow") == before.headers.get("allow")


async def _asked(method: str, address: str, is_led: bool) -> httpx.Response:
    transport = httpx.ASGITransport(APPS[is_led])
    async with httpx.AsyncClient(transport=transport, base_url="http://led.test") as client:
        return await client.request(method, address)
