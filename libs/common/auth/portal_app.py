"""Apps that call with a signature: who they are, their secrets, their nonces, their quota.

Secrets are encrypted by the field cipher. While rotating two are valid: the new one, and the one
before it until `previous_until`. After that the old one is known as retired, and refused.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.tables import PortalApp, PortalUsage, RequestNonce
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import NotFound, Text

SECRET_BYTES = 32


async def register(
    session: AsyncSession,
    keys: Keys,
    app_key: str,
    *,
    name: str,
    area: str | None,
    now: datetime,
    org: UUID | None = None,
    allow_list: list[str] | None = None,
    quota_per_minute: int = 600,
) -> str:
    """Admit an app and return its secret, which is never shown again."""
    secret = new_secret()
    app = PortalApp(
        app_key=app_key,
        name=name,
        active=True,
        secret=_sealed(keys, app_key, secret),
        area=area,
        org=org,
        allow_list=allow_list or [],
        quota_per_minute=quota_per_minute,
        created_at=now,
        updated_at=now,
    )
    session.add(app)
    await session.flush()
    return secret


async def change(
    session: AsyncSession, app_key: str, wanted: Mapping[str, Any], *, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set columns of an app, which hold for its next call; what they were, and what they are."""
    if not wanted:
        raise ValueError(
            "请写明要改什么：--network、--any-network、--quota、--area、--name"
            " / name what is to change"
        )
    app = await app_for_update(session, app_key)
    before = {name: getattr(app, name) for name in wanted}
    for name, value in wanted.items():
        setattr(app, name, value)
    app.updated_at = now
    return before, dict(wanted)


async def rotate(
    session: AsyncSession, keys: Keys, app_key: str, *, now: datetime, overlap: timedelta
) -> str:
    """A new secret; the present one stays valid for `overlap`, an older one ends now."""
    app = await app_for_update(session, app_key)
    secret = new_secret()
    app.previous_secret, app.previous_until = app.secret, now + overlap
    app.secret, app.updated_at = _sealed(keys, app_key, secret), now
    return secret


async def app_for_update(session: AsyncSession, app_key: str) -> PortalApp:
    """The app, locked until the transaction ends."""
    statement = select(PortalApp).where(PortalApp.app_key == app_key).with_for_update()
    app = (await session.scalars(statement)).one_or_none()
    if app is None:
        raise NotFound(what=Text("接入应用", "portal app"), key=app_key)
    return app


async def purge(session: AsyncSession, *, now: datetime) -> None:
    """Forget nonces that no timestamp can use again, and yesterday's counters."""
    await session.execute(delete(RequestNonce).where(RequestNonce.expires_at < now))
    yesterday = int(now.timestamp()) // 60 - 24 * 60
    await session.execute(delete(PortalUsage).where(PortalUsage.minute < yesterday))


def opened(keys: Keys, app: PortalApp) -> tuple[bytes, bytes | None]:
    """The app's two secrets in clear: the present one, and the one before if there is one."""
    context = place("portal_app", "secret", app.app_key)
    before = app.previous_secret
    return (
        keys.fields.open(app.secret, context=context).encode(),
        None if before is None else keys.fields.open(before, context=context).encode(),
    )


def new_secret() -> str:
    """64 hexadecimal digits; the text itself is the key of the HMAC."""
    return secrets.token_hex(SECRET_BYTES)


def _sealed(keys: Keys, app_key: str, secret: str) -> str:
    return keys.fields.seal(secret, context=place("portal_app", "secret", app_key))
