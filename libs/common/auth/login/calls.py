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
    if not is_safe(str(address), may_be_here=True):
        raise Unavailable(what=WHAT)
    return str(address)


def is_safe(address: str, *, may_be_here: bool) -> bool:
    """Whether a secret may be sent there: nobody on the way reads it."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in _HERE
    return parts.scheme == "https" or (may_be_here and is_here)


def client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """Calls of one step; sign-ins are too few to keep a connection for."""
    return httpx.AsyncClient(
        timeout=TIMEOUT_S, follow_redirects=False, verify=trusted(), transport=transport
    )


async def asked(http: httpx.AsyncClient, method: str, address: str, **sent: Any) -> dict[str, Any]:
    """The JSON object that the provider answers with; its refusals are refusals of the sign-in."""
    try:
        answer = await http.request(method, safe(address), headers=_JSON, **sent)
        said = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise Unavailable(what=WHAT) from fault
    if answer.status_code >= 500:
        raise Unavailable(what=WHAT)
    if not answer.is_success or not isinstance(said, dict):
        raise SignInRefused
    return said
