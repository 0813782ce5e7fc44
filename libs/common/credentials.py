"""How a service proves itself to another: OAuth 2 client credentials (RFC 6749, 4.4), or a token
that the platform lays in a file and renews there (a projected service account).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

import httpx

from common.clock import utc_now
from common.errors import Text, Unavailable
from common.settings import ServiceSettings

EARLY: Final = timedelta(seconds=30)  # renewed before it ends, so that no call carries a dead one


class ClientCredentials(httpx.Auth):
    """A bearer token from the OpenID provider, kept until shortly before it expires."""

    requires_response_body = True

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        audience: str = "linli",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._token_url = token_url
        self._form = {"grant_type": "client_credentials", "audience": audience}
        # RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
        self._basic = httpx.BasicAuth(quote_plus(client_id), quote_plus(client_secret))
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends_at: datetime | None = None

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Bear a token; a refused one is renewed once."""
        async with self._lock:
            if self._ends_at is None or self._clock() >= self._ends_at - EARLY:
                self._keep((yield self._asking()))
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == 401:
            async with self._lock:
                self._keep((yield self._asking()))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _asking(self) -> httpx.Request:
        asking = httpx.Request(
            "POST", self._token_url, data=self._form, headers={"Accept": "application/json"}
        )
        return next(self._basic.auth_flow(asking))

    def _keep(self, answer: httpx.Response) -> None:
        """Keep the token; a provider that gives none is not available."""
        try:
            told = answer.raise_for_status().json()
            self._token = str(told["access_token"])
            lifetime = timedelta(seconds=float(told.get("expires_in", 60)))
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as fault:
            raise Unavailable(what=Text("统一认证", "The OpenID provider")) from fault
        self._ends_at = self._clock() + lifetime


class TokenFile(httpx.Auth):
    """A bearer token from a file, read at each call: whoever laid it there renews it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Bear the token; a file that cannot be read is a credential that is not available."""
        try:
            token = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise Unavailable(what=Text("服务凭证", "The service's credential")) from fault
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


ServiceAuth = ClientCredentials | TokenFile


def service_auth(settings: ServiceSettings) -> ServiceAuth | None:
    """How this service proves itself to the others; None when it was given no means."""
    if settings.service_token is not None:
        return TokenFile(settings.service_token)
    secret = settings.service_client_secret
    if settings.service_token_url is None or settings.service_client_id is None or secret is None:
        return None
    return ClientCredentials(
        str(settings.service_token_url),
        settings.service_client_id,
        secret.get_secret_value(),
        audience=settings.token_audience,
    )
