"""The tables of signed calls: apps, the nonces they used, the calls they made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from common.db import Platform


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
