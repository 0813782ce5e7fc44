"""Where a call comes from, seen through the proxies that are trusted. Pure but for the request."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

_FORWARDED: Final = "X-Forwarded-For"


def caller_of(request: Request, proxies: Sequence[str]) -> str:
    """The address of the caller; empty when there is none.

    `X-Forwarded-For` is believed only of a trusted proxy, and read from its end: what stands
    before the first address that no trusted proxy holds, the caller may have written itself.
    """
    address = request.client.host if request.client else ""
    hops = [hop.strip() for line in request.headers.getlist(_FORWARDED) for hop in line.split(",")]
    while hops and within(address, proxies):
        address = hops.pop()
    return address


def is_forwarded(request: Request) -> bool:
    """Whether a proxy, or somebody who says to be one, handed the call on."""
    return _FORWARDED in request.headers


def within(host: str, networks: Sequence[str]) -> bool:
    """Whether an address lies in one of the networks, given in CIDR form or as addresses.

    An entry that is no network holds no address, and leaves the others their say.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(network and address in network for network in map(_network, networks))


def networks_of(told: Sequence[str]) -> list[str]:
    """Networks as they are kept. Raises `ValueError` that names the first that is none."""
    for each in told:
        if _network(each) is None:
            raise ValueError(
                f"--network {each}: 不是网段，请写成 203.0.113.16/28 或一个地址"
                " / is no network: write 203.0.113.16/28, or an address"
            )
    return [str(_network(each)) for each in told]


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
