"""For callers: sign every request, as in `httpx.Client(auth=SignedAuth(app_key, secret))`."""

import secrets
from collections.abc import Callable, Generator
from datetime import datetime

import httpx

from common.auth.signing import Call, SignMethod, Stamp, signed_headers
from common.clock import utc_now


class SignedAuth(httpx.Auth):
    """Adds the five headers to each request."""

    requires_request_body = True

    def __init__(
        self,
        app_key: str,
        secret: str,
        method: SignMethod = SignMethod.HMAC_SM3,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._app_key = app_key
        self._secret = secret.encode()
        self._method = method
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, send."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        stamp = Stamp(
            self._app_key,
            int(self._clock().timestamp() * 1000),
            secrets.token_urlsafe(16),
            self._method,
        )
        call = Call(request.method, path, query, request.content)
        request.headers.update(signed_headers(call, stamp, self._secret))
        yield request
