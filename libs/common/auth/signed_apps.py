"""Checks a signed request step by step; each refusal has its own slug and says no more than needed.

Who lacks the secret learns only that the signature does not fit: state of the app, addresses,
nonce and quota are judged after the signature.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.admission import actor_of_app, admit, must_be_admitted, take
from common.auth.portal_app import opened
from common.auth.signing import Call, Stamp, read_headers, signature
from common.auth.tables import PortalApp
from common.crypto.keys import Keys
from common.errors import Text, Unauthenticated
from common.heads import method_asked

WINDOW: Final = timedelta(minutes=5)
_DECOY: Final = secrets.token_bytes(32)  # signs for apps that do not exist, and fits nothing


class SignatureRefused(Unauthenticated):
    """The family of signature faults."""

    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "X-Sign"}
    title = Text("签名无效", "The signature is not accepted")


class SignatureIncomplete(SignatureRefused):
    """A header is missing or malformed."""

    slug = "signature-incomplete"
    detail = Text(
        "签名请求头不完整或格式有误。", "A header of the signature is missing or malformed."
    )


class ClockSkew(SignatureRefused):
    """The timestamp lies outside the window."""

    slug = "clock-skew"
    detail = Text(
        "X-Timestamp 与服务器时间相差超过 {minutes} 分钟，请校准时钟。",
        "X-Timestamp is more than {minutes} minutes off; set the clock.",
    )


class SignatureMismatch(SignatureRefused):
    """The signature does not fit app, secret and content."""

    slug = "signature-mismatch"
    detail = Text("签名与请求内容不符。", "The signature does not fit the request.")


class SecretRetired(SignatureRefused):
    """The secret was valid once and has been replaced."""

    slug = "secret-retired"
    detail = Text("所用密钥已停用，请使用新密钥。", "That secret was replaced; use the new one.")


class SignedApps:
    """Turns signed requests into callers of kind `app`."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        keys: Keys,
        base_url: str,
        *,
        window: timedelta = WINDOW,
        proxies: Sequence[str] = (),
    ) -> None:
        self._sessions = sessions
        self._keys = keys
        self._prefix = urlsplit(base_url).path.rstrip("/")
        self._window = window
        self._proxies = proxies

    async def actor(self, request: Request, *, now: datetime) -> Actor:
        """The app that signed. Raises a leaf of `SignatureRefused`, `Forbidden` or `TooMany`."""
        read = read_headers(request.headers)
        if read is None:
            raise SignatureIncomplete
        stamp, _ = read
        signed_at = datetime.fromtimestamp(stamp.timestamp_ms / 1000, UTC)
        if abs(now - signed_at) > self._window:
            raise ClockSkew(minutes=int(self._window.total_seconds() // 60))
        async with self._sessions() as session:
            app = await session.scalar(select(PortalApp).where(PortalApp.app_key == stamp.app_key))
        # The body is read while no connection is held: a slow caller costs nobody else. It is read
        # and signed for unknown apps too: an answer that comes sooner would tell which exist.
        call = await _call(request, self._prefix)
        is_current = _is_current(self._keys, app, call, read, now=now)
        if app is None:
            raise SignatureMismatch
        # From here on a refusal is this app's own affair, and written down as such.
        actor = request.state.proven = actor_of_app(app)
        if not is_current:
            raise SecretRetired
        must_be_admitted(app, request, self._proxies)
        async with self._sessions.begin() as session:
            await take(session, app, stamp.nonce, signed_at + self._window, now)
        return actor

    async def admit(self, subject: str, request: Request, *, now: datetime) -> None:
        """Let an app in that shows a token instead. Raises leaves of `Forbidden` and `TooMany`."""
        async with self._sessions.begin() as session:
            await admit(session, subject, request, self._proxies, now)


async def _call(request: Request, prefix: str) -> Call:
    """What was signed: the path under the public address, whatever the front door cut off."""
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = raw.decode("ascii", "replace").partition("?")[0]
    if prefix and not path.startswith(prefix + "/"):
        path = prefix + path
    query = request.scope["query_string"].decode("latin-1")
    return Call(method_asked(request), path, query, await request.body())


def _is_current(
    keys: Keys, app: PortalApp | None, call: Call, signed: tuple[Stamp, str], *, now: datetime
) -> bool:
    """Whether the secret that signed is valid, or was once. Raises `SignatureMismatch`."""
    stamp, sign = signed
    present, before = opened(keys, app) if app else (_DECOY, None)
    if hmac.compare_digest(signature(call, stamp, present), sign):
        return True
    if before is None or not hmac.compare_digest(signature(call, stamp, before), sign):
        raise SignatureMismatch
    return app is not None and app.previous_until is not None and now < app.previous_until
