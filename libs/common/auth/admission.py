"""Whether an app that has proved itself may call now: switched on, from its networks, in its quota.

The same for a signed call and for a token that the app was given.
"""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import ClassVar, Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.addresses import caller_of, is_forwarded, within
from common.auth.roles import ActorKind, Role
from common.auth.tables import PortalApp
from common.errors import Forbidden, Text, TooMany, Unauthenticated

ISSUER: Final = "urn:linli:portal-app"

log = structlog.get_logger(__name__)


class NonceReplayed(Unauthenticated):
    """The same nonce came before."""

    slug = "nonce-replayed"
    title = Text("签名无效", "The signature is not accepted")
    detail = Text("X-Nonce 已使用过。", "X-Nonce was used before.")
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "X-Sign"}


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


def actor_of_app(app: PortalApp) -> Actor:
    """The app as a caller."""
    roles = frozenset({Role.PORTAL_APP})
    return Actor(ISSUER, app.app_key, ActorKind.APP, roles, area=app.area, org=app.org)


def must_be_admitted(app: PortalApp, request: Request, proxies: Sequence[str]) -> None:
    """Refuse an app that is switched off, or that calls from outside its networks."""
    if not app.active:
        raise AppDisabled
    if app.allow_list and not proxies and is_forwarded(request):
        _warn_of_the_front_door(app.app_key)
    if app.allow_list and not within(caller_of(request, proxies), app.allow_list):
        raise AddressNotAllowed


@cache
def _warn_of_the_front_door(app_key: str) -> None:
    """Say once a process that an app's allow-list is held against the wrong address."""
    log.warning("allow-list judges the front door: set TRUSTED_PROXIES", app_key=app_key)


# One round trip: the nonce is taken, the call counted, and the minute's sum told. A call over the
# quota keeps its nonce and its count, so that hammering does not help. The own shard's count is the
# one after its lock, not the snapshot's: calls that meet are counted one after the other.
_TAKE: Final = text(
    "WITH taken AS (INSERT INTO request_nonce (app_key, nonce, expires_at)"
    " VALUES (:app_key, :nonce, :expires_at)"
    " ON CONFLICT (app_key, nonce) DO NOTHING RETURNING 1),"
    " counted AS (INSERT INTO portal_usage AS u (app_key, minute, shard, calls)"
    " SELECT :app_key, :minute, :shard, 1 FROM taken"
    " ON CONFLICT (app_key, minute, shard) DO UPDATE SET calls = u.calls + 1 RETURNING calls)"
    " SELECT (SELECT count(*) FROM taken) AS fresh,"
    " (SELECT coalesce(sum(calls), 0) FROM counted) + (SELECT coalesce(sum(calls), 0)"
    " FROM portal_usage WHERE app_key = :app_key AND minute = :minute AND shard <> :shard) AS calls"
)
_MOST_SHARDS: Final = 8
_CALLS_OF_A_SHARD: Final = 6000  # a minute; below it one row is quick enough, and counts exactly


async def take(
    session: AsyncSession, app: PortalApp, nonce: str, expires_at: datetime, now: datetime
) -> None:
    """Use up a nonce and a call of the quota. Raises `NonceReplayed` or `QuotaExceeded`."""
    shards = min(_MOST_SHARDS, 1 + app.quota_per_minute // _CALLS_OF_A_SHARD)
    values = {
        "app_key": app.app_key,
        "nonce": nonce,
        "expires_at": expires_at + timedelta(minutes=1),
        "minute": int(now.timestamp()) // 60,
        "shard": os.getpid() % shards,
    }
    found = (await session.execute(_TAKE, values)).one()
    if not found.fresh:
        raise NonceReplayed
    if found.calls > app.quota_per_minute:
        await session.commit()
        raise QuotaExceeded


async def admit(
    session: AsyncSession, subject: str, request: Request, proxies: Sequence[str], now: datetime
) -> None:
    """Judge a token of an app as a signed call is judged, where the app is known here.

    An app that nobody registered is its issuer's affair alone. A token may come again: it is
    counted under a nonce that nobody has used. Raises what `must_be_admitted` and `take` raise.
    """
    app = await session.get(PortalApp, subject)
    if app is not None:
        must_be_admitted(app, request, proxies)
        await take(session, app, secrets.token_hex(16), now, now)
