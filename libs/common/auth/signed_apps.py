"""Checks a signed request step by step; each refusal has its own slug and says no more than needed.

Who lacks the secret learns only that the signature does not fit: state of the app, addresses,
nonce and quota are judged after the signature.
"""

import hmac
import ipaddress
import os
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.portal_app import opened
from common.auth.roles import ActorKind, Role
from common.auth.signing import Call, Stamp, read_headers, signature
from common.auth.tables import PortalApp
from common.crypto.keys import Keys
from common.errors import Forbidden, Text, TooMany, Unauthenticated

ISSUER: Final = "urn:linli:portal-app"
WINDOW: Final = timedelta(minutes=5)


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


class NonceReplayed(SignatureRefused):
    """The same nonce came before."""

    slug = "nonce-replayed"
    detail = Text("X-Nonce 已使用过。", "X-Nonce was used before.")


class AppDisabled(Forbidden):
    """The app exists and is switched off."""

    slug = "app-disabled"
    detail = Text("该应用已停用。", "This app is switched off.")


class AddressNotAllowed(Forbidden):
    """The call comes from outside the app's networks."""

    slug = "address-not-allowed"
    detail = Text("调用来源地址不在白名单内。", "The calling address is not on the allow-list.")


class QuotaExceeded(TooMany):
    """The app's calls of this minute are used up."""

    slug = "quota-exceeded"


class SignedApps:
    """Turns signed requests into callers of kind `app`."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        keys: Keys,
        base_url: str,
        *,
        window: timedelta = WINDOW,
    ) -> None:
        self._sessions = sessions
        self._keys = keys
        self._prefix = urlsplit(base_url).path.rstrip("/")
        self._window = window

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
        if app is None:
            raise SignatureMismatch
        # The body is read while no connection is held: a slow caller costs nobody else.
        call = await _call(request, self._prefix)
        _must_fit(self._keys, app, call, read, now=now)
        _must_be_admitted(app, request)
        async with self._sessions.begin() as session:
            await _must_be_new(session, app, stamp, signed_at + self._window, now)
        return _actor(app)


def _actor(app: PortalApp) -> Actor:
    roles = frozenset({Role.PORTAL_APP})
    return Actor(ISSUER, app.app_key, ActorKind.APP, roles, area=app.area, org=app.org)


async def _call(request: Request, prefix: str) -> Call:
    """What was signed: the path under the public address, whatever the front door cut off."""
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = raw.decode("ascii", "replace").partition("?")[0]
    if prefix and not path.startswith(prefix + "/"):
        path = prefix + path
    return Call(
        request.method, path, request.scope["query_string"].decode("latin-1"), await request.body()
    )


def _must_fit(
    keys: Keys, app: PortalApp, call: Call, signed: tuple[Stamp, str], *, now: datetime
) -> None:
    stamp, sign = signed
    present, before = opened(keys, app)
    if hmac.compare_digest(signature(call, stamp, present), sign):
        return
    if before is None or not hmac.compare_digest(signature(call, stamp, before), sign):
        raise SignatureMismatch
    if app.previous_until is None or app.previous_until <= now:
        raise SecretRetired


def _must_be_admitted(app: PortalApp, request: Request) -> None:
    if not app.active:
        raise AppDisabled
    if app.allow_list and not _within(request.client.host if request.client else "", app):
        raise AddressNotAllowed


def _within(host: str, app: PortalApp) -> bool:
    try:
        address = ipaddress.ip_address(host)
        return any(address in ipaddress.ip_network(net, strict=False) for net in app.allow_list)
    except ValueError:
        return False


# One round trip: the nonce is taken, the call counted, and the minute's sum told. A call over the
# quota keeps its nonce and its count, so that hammering does not help.
_TAKE = text(
    "WITH taken AS (INSERT INTO request_nonce (app_key, nonce, expires_at)"
    " VALUES (:app_key, :nonce, :expires_at)"
    " ON CONFLICT (app_key, nonce) DO NOTHING RETURNING 1),"
    " counted AS (INSERT INTO portal_usage AS u (app_key, minute, shard, calls)"
    " SELECT :app_key, :minute, :shard, 1 FROM taken"
    " ON CONFLICT (app_key, minute, shard) DO UPDATE SET calls = u.calls + 1)"
    " SELECT (SELECT count(*) FROM taken) AS fresh, (SELECT coalesce(sum(calls), 0)"
    " FROM portal_usage WHERE app_key = :app_key AND minute = :minute) AS before"
)
_SHARDS: Final = 8


async def _must_be_new(
    session: AsyncSession, app: PortalApp, stamp: Stamp, expires_at: datetime, now: datetime
) -> None:
    values = {
        "app_key": app.app_key,
        "nonce": stamp.nonce,
        "expires_at": expires_at + timedelta(minutes=1),
        "minute": int(now.timestamp()) // 60,
        "shard": os.getpid() % _SHARDS,
    }
    found = (await session.execute(_TAKE, values)).one()
    if not found.fresh:
        raise NonceReplayed
    if found.before >= app.quota_per_minute:
        await session.commit()
        raise QuotaExceeded
