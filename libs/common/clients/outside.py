"""Calls to addresses that others have given us: nowhere but to the open internet.

https alone (plain http to this machine, in development only). The name is resolved here, every
address of it must be public, and the connection goes to the very address that was looked at: a
name that changes its mind in between leads nowhere else. No proxy, no redirect, no long answer.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx

from common.errors import FieldError, Invalid, Text
from common.tls import trusted

TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
LONGEST_S: Final = 30.0  # for all of it: who answers a byte at a time keeps within `TIMEOUT`
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST: Final = 500
_PRIVATE: Final = "address not public"
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_NO_ADDRESS: Final = Text("不是有效地址", "not an address")


class AddressNotPublic(Invalid):
    """The address is not one that we call."""

    slug = "address-not-public"
    title = Text("地址不可用", "The address cannot be called")
    detail = Text(
        "回调地址须为 https 公网地址，不含账号、片段，不指向内网或本机。",
        "The address must be https on the public internet, without user, fragment or private host.",
    )


class OutsideError(Exception):
    """Nobody took it. The words are our own: what the other side says is not kept."""


def checked_address(url: str, *, is_development: bool) -> str:
    """The address, as far as it can be judged without asking anybody. Raises `AddressNotPublic`."""
    if fault := _fault(url, is_development=is_development):
        raise AddressNotPublic(errors=[FieldError("/url", url[:_LONGEST], fault)])
    return url


def _fault(url: str, *, is_development: bool) -> Text | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return _NO_ADDRESS
    if not url.isascii() or any(sign <= " " or sign in "\\\x7f" for sign in url):
        return _NO_ADDRESS
    if parts.username is not None or parts.password is not None or parts.fragment:
        return Text("不得含账号或片段", "must have neither user nor fragment")
    if is_development and host in LOOPBACK and parts.scheme == "http":
        return None
    if parts.scheme != "https" or not host:
        return Text("须为 https 地址", "must be https")
    return None if is_development and host in LOOPBACK else _private(host)


def _private(host: str) -> Text | None:
    try:
        is_open = is_public(ipaddress.ip_address(host))
    except ValueError:  # a name: judged when it is called
        is_open = host not in LOOPBACK
    return None if is_open else Text("不得指向内网或本机", "must not be private")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the open internet, also when it is wrapped in another family."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return is_public(inner)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    is_development: bool = False,
    resolve: Resolve | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    longest_s: float = LONGEST_S,
) -> int:
    """Send, and tell the status. Raises `OutsideError` when nothing could be sent."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        if _fault(url, is_development=is_development):
            raise OutsideError(_PRIVATE)
        async with (
            asyncio.timeout(longest_s),
            httpx.AsyncClient(
                timeout=TIMEOUT,
                trust_env=False,
                verify=trusted(is_told=False),
                follow_redirects=False,
                transport=transport,
            ) as client,
        ):
            found = await (resolve or _resolved)(host, parts.port or 443)
            address = _chosen(found, may_be_here=is_development and host in LOOPBACK)
            request = client.build_request(
                "POST",
                httpx.URL(url).copy_with(host=address),
                content=body,
                headers={**headers, "Host": httpx.URL(url).netloc.decode("ascii")},
                extensions={"sni_hostname": host},
            )
            response = await client.send(request, stream=True)
            await response.aclose()  # what it says is of no interest, however long it is
            return response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as fault:
        raise OutsideError(type(fault).__name__) from None  # UnicodeError: no name of a host


async def _resolved(host: str, port: int) -> list[str]:
    """Every address that a name leads to."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


def _chosen(addresses: Sequence[str], *, may_be_here: bool) -> str:
    """The address to connect to. All that the name leads to must be public, or none is."""
    if not addresses:
        raise OutsideError(_PRIVATE)
    if may_be_here or all(is_public(ipaddress.ip_address(each)) for each in addresses):
        return addresses[0]
    raise OutsideError(_PRIVATE)
