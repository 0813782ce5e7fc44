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
    """Whether an address lies in one of the networks, given in CIDR form or as addresses."""
    try:
        address = ipaddress.ip_address(host)
        return any(address in ipaddress.ip_network(net, strict=False) for net in networks)
    except ValueError:
        return False
