"""Apps that call with a signature: who they are, their secrets, their nonces, their quota.

Secrets are encrypted by the field cipher. While rotating two are valid: the new one, and the one
before it until `previous_until`. After that the old one is known as retired, and refused.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, SmallInteger, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from common.crypto.fields import place
from common.crypto.keys import Keys
from common.db import Platform
from common.errors import NotFound
from common.errors import Text as Words

SECRET_BYTES = 32


class PortalApp(Platform):
    """An app of the portal or of a gateway."""

    __tablename__ = "portal_app"

    app_key: Mapped[str] = mapped_column(Text, primary_key=True, comment="X-App-Key")
    name: Mapped[str] = mapped_column(Text, comment="who runs it, for people")
    active: Mapped[bool] = mapped_column(comment="false: every call is refused")
    secret: Mapped[str] = mapped_column(Text, comment="encrypted; signs and is valid")
    previous_secret: Mapped[str | None] = mapped_column(Text, comment="encrypted; the one before")
    previous_until: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="until when the previous secret is still valid"
    )
    area: Mapped[str | None] = mapped_column(
        Text, comment="significant digits; null covers nothing"
    )
    org: Mapped[UUID | None] = mapped_column(comment="organisation that the app acts for")
    allow_list: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="networks it may call from, in CIDR form; empty: any"
    )
    quota_per_minute: Mapped[int] = mapped_column(comment="calls a minute over all copies")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RequestNonce(Platform):
    """A nonce that was used; kept as long as its timestamp could pass once more."""

    __tablename__ = "request_nonce"

    app_key: Mapped[str] = mapped_column(Text, primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, primary_key=True, comment="X-Nonce")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class PortalUsage(Platform):
    """Calls of an app in a minute, in shards so that calls do not wait for each other."""

    __tablename__ = "portal_usage"

    app_key: Mapped[str] = mapped_column(Text, primary_key=True)
    minute: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="Unix time in minutes"
    )
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    calls: Mapped[int]


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
        raise NotFound(what=Words("接入应用", "portal app"), key=app_key)
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
