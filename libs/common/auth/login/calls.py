"""Calls to identity providers: what may be called, and what their answers come to."""

from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from common.auth.login.identity import SignInRefused
from common.errors import Text, Unavailable
from common.tls import trusted

TIMEOUT_S: Final = 10.0
WHAT: Final = Text("身份认证平台", "The identity provider")
_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_JSON: Final = {"Accept": "application/json"}


def safe(address: Any) -> str:
    """An https address; plain http on this machine alone. Raises `Unavailable`."""
    parts = urlsplit(str(address))
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE):
        return str(address)
    raise Unavailable(what=WHAT)


def client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """Calls of one step; sign-ins are too few to keep a connection for."""
    return httpx.AsyncClient(
        timeout=TIMEOUT_S, follow_redirects=False, verify=trusted(), transport=transport
    )


async def asked(http: httpx.AsyncClient, method: str, address: str, **sent: Any) -> dict[str, Any]:
    """The JSON object that the provider answers with; its refusals are refusals of the sign-in."""
    try:
        answer = await http.request(method, address, headers=_JSON, **sent)
        said = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise Unavailable(what=WHAT) from fault
    if answer.status_code >= 500:
        raise Unavailable(what=WHAT)
    if not answer.is_success or not isinstance(said, dict):
        raise SignInRefused
    return said
