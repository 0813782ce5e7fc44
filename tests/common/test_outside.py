"""Where we call out to, and where nobody can make us call."""

import asyncio

import httpx
import pytest

from common.clients.outside import AddressNotPublic, OutsideError, Resolve, checked_address, post

BODY = b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example/in",
        "ftp://portal.example/in",
        "https://",
        "https:///in",
        "https://user@portal.example/in",
        "https://user:word@portal.example/in",
        "https://portal.example/in#there",
        "https://portal.example\\@10.0.0.1/in",
        "https://portal.example/i n",
        "https://portal.example:99999/",
        "https://127.0.0.1/in",
        "https://localhost/in",
        "https://10.1.2.3/in",
        "https://172.16.0.1/in",
        "https://192.168.0.1/in",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/in",
        "https://0.0.0.0/in",
        "https://224.0.0.1/in",
        "https://[::1]/in",
        "https://[fd00::1]/in",
        "https://[fe80::1]/in",
        "https://[::ffff:10.0.0.1]/in",
        "https://[64:ff9b::a00:1]/in",
        "https://[2002:a00:1::]/in",
    ],
)
def test_an_address_that_is_not_of_the_open_internet_is_refused(url: str) -> None:
    with pytest.raises(AddressNotPublic):
        checked_address(url, is_development=False)


@pytest.mark.parametrize("url", ["https://portal.example/in?a=1", "https://93.184.216.34:8443/"])
def test_an_address_of_the_open_internet_is_taken(url: str) -> None:
    assert checked_address(url, is_development=False) == url


def test_this_machine_is_for_development_alone() -> None:
    here = "http://127.0.0.1:9000/in"

    assert checked_address(here, is_development=True) == here
    with pytest.raises(AddressNotPublic):
        checked_address("http://10.0.0.1/in", is_development=True)


def leading_to(*addresses: str) -> Resolve:
    async def found(_: str, __: int) -> tuple[str, ...]:
        return addresses

    return found


OPEN = leading_to("93.184.216.34")


def answering(seen: list[httpx.Request], status: int, **headers: str) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, headers=headers)

    return httpx.MockTransport(answer)


async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    seen: list[httpx.Request] = []
    status = await post(
        "https://portal.example/in?a=1",
        BODY,
        {"X-Sign": "s"},
        transport=answering(seen, 200),
        resolve=OPEN,
    )

    (request,) = seen
    assert status == 200
    assert (request.url.host, request.headers["host"]) == ("93.184.216.34", "portal.example")
    assert request.extensions["sni_hostname"] == "portal.example"
    assert (request.url.raw_path, request.content) == (b"/in?a=1", BODY)


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ()])
async def test_a_name_that_leads_inside_is_not_called(addresses: tuple[str, ...]) -> None:
    seen: list[httpx.Request] = []

    with pytest.raises(OutsideError, match="address not public"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            transport=answering(seen, 200),
            resolve=leading_to(*addresses),
        )
    assert seen == []


async def test_a_redirect_is_not_followed() -> None:
    seen: list[httpx.Request] = []
    away = answering(seen, 307, Location="http://169.254.169.254/")

    assert await post("https://portal.example/in", BODY, {}, transport=away, resolve=OPEN) == 307
    assert len(seen) == 1


async def test_who_does_not_answer_is_named_by_the_fault_alone() -> None:

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("took too long at 93.184.216.34", request=request)

    with pytest.raises(OutsideError, match=r"^ConnectTimeout$"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            transport=httpx.MockTransport(silent),
            resolve=OPEN,
        )


@pytest.mark.parametrize("host", ["a..example", f"{'a' * 64}.example"])
async def test_a_name_that_no_host_can_have_is_a_fault_like_others(host: str) -> None:
    with pytest.raises(OutsideError, match=r"^UnicodeError$"):
        await post(f"https://{host}/in", BODY, {})


async def test_who_never_ends_is_left() -> None:
    async def endless(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    with pytest.raises(OutsideError, match=r"^TimeoutError$"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            transport=httpx.MockTransport(endless),
            resolve=OPEN,
            longest_s=0.05,
        )
