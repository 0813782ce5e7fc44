"""Calls to addresses that others have given us: to the open internet, and where the operator says.

https alone (plain http to this machine, in development only). The name is resolved here, every
address of it must be public or of a network that the operator named, and the connection goes to the
very address that was looked at: a name that changes its mind in between leads nowhere else. No
proxy, no redirect, no long answer.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

import httpx

from common.errors import FieldError, Invalid, Text
from common.tls import trusted

TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
LONGEST_S: Final = 30.0  # for all of it: who answers a byte at a time keeps within `TIMEOUT`
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST: Final = 500
_PRIVATE: Final = "address not public"
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_CONFIDING: Final = frozenset(  # where clouds tell a machine its secrets, beside link-local ones
    ipaddress.ip_address(each)
    for each in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
_NO_ADDRESS: Final = Text("不是有效地址", "not an address")


class AddressNotPublic(Invalid):
    """The address is not one that we call."""

    slug = "address-not-public"
    title = Text("地址不可用", "The address cannot be called")
    detail = Text(
        "回调地址须为 https 地址，在公网上或运维方许可的网络内，不含账号、片段，不指向本机。",
        "The address must be https, on the public internet or in a network that the operator names,"
        " without user or fragment.",
    )


class OutsideError(Exception):
    """Nobody took it. The words are our own: what the other side says is not kept."""


class ReachSettings(Protocol):
    """What of the settings concerns calls to the outside."""

    @property
    def environment(self) -> str:
        """production or development."""
        ...

    @property
    def webhook_networks(self) -> Sequence[Network]:
        """Networks that are not public and may be called all the same."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Where this installation calls."""

    networks: Sequence[Network] = ()
    is_development: bool = False

    @classmethod
    def told(cls, settings: ReachSettings) -> Self:
        """As the operator says."""
        return cls(settings.webhook_networks, settings.environment == "development")

    def admits(self, address: Address) -> bool:
        """Whether an address may be called, also when it is wrapped in another family.

        This machine, its link, and where a cloud tells its secrets never are, however wide a
        network is named.
        """
        inner = _unwrapped(address)
        if inner in _CONFIDING or inner.is_loopback or inner.is_link_local or inner.is_unspecified:
            return False
        return is_public(inner) or any(inner in network for network in self.networks)


def checked_address(url: str, reach: Reach) -> str:
    """The address, as far as it can be judged without asking anybody. Raises `AddressNotPublic`."""
    if fault := _fault(url, reach):
        raise AddressNotPublic(errors=[FieldError("/url", url[:_LONGEST], fault)])
    return url


def _fault(url: str, reach: Reach) -> Text | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return _NO_ADDRESS
    if not url.isascii() or any(sign <= " " or sign in "\\\x7f" for sign in url):
        return _NO_ADDRESS
    if parts.username is not None or parts.password is not None or parts.fragment:
        return Text("不得含账号或片段", "must have neither user nor fragment")
    is_here = reach.is_development and host in LOOPBACK
    if is_here and parts.scheme == "http":
        return None
    if parts.scheme != "https" or not host:
        return Text("须为 https 地址", "must be https")
    return None if is_here else _closed(host, reach)


def _closed(host: str, reach: Reach) -> Text | None:
    try:
        is_open = reach.admits(ipaddress.ip_address(host))
    except ValueError:  # a name: judged when it is called
        is_open = host not in LOOPBACK
    return None if is_open else Text("不得指向内网或本机", "must not be private")


def is_public(address: Address) -> bool:
    """Whether an address is of the open internet."""
    inner = _unwrapped(address)
    return inner.is_global and not inner.is_multicast


def _unwrapped(address: Address) -> Address:
    """The address that is meant by one that wraps another family."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return (
        address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
    )


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    reach: Reach = Reach(),
    resolve: Resolve | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    longest_s: float = LONGEST_S,
) -> int:
    """Send, and tell the status. Raises `OutsideError` when nothing could be sent.

    On the open internet its authorities are trusted; in the operator's networks also those of the
    installation (SSL_CERT_FILE, SSL_CERT_DIR).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        if _fault(url, reach):
            raise OutsideError(_PRIVATE)
        async with asyncio.timeout(longest_s):
            found = await (resolve or _resolved)(host, parts.port or 443)
            address = _chosen(found, reach, may_be_here=reach.is_development and host in LOOPBACK)
            client = httpx.AsyncClient(
                timeout=TIMEOUT,
                trust_env=False,
                verify=trusted(is_told=not is_public(ipaddress.ip_address(address))),
                follow_redirects=False,
                transport=transport,
            )
            return await _sent(client, url, address, body, headers)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as fault:
        raise OutsideError(type(fault).__name__) from None  # UnicodeError: no name of a host


async def _sent(
    client: httpx.AsyncClient, url: str, address: str, body: bytes, headers: Mapping[str, str]
) -> int:
    """Post to the very address that was looked at, under the name that was given."""
    named = httpx.URL(url)
    async with client:
        request = client.build_request(
            "POST",
            named.copy_with(host=address),
            content=body,
            headers={**headers, "Host": named.netloc.decode("ascii")},
            extensions={"sni_hostname": named.host},
        )
        response = await client.send(request, stream=True)
        await response.aclose()  # what it says is of no interest, however long it is
        return response.status_code


async def _resolved(host: str, port: int) -> list[str]:
    """Every address that a name leads to."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


def _chosen(addresses: Sequence[str], reach: Reach, *, may_be_here: bool) -> str:
    """The address to connect to. All that the name leads to must be within reach, or none is."""
    if not addresses:
        raise OutsideError(_PRIVATE)
    if may_be_here or all(reach.admits(ipaddress.ip_address(each)) for each in addresses):
        return addresses[0]
    raise OutsideError(_PRIVATE)
