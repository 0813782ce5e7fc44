"""What the exchange keeps: who asked for which data, and what was decided."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.subscriptions import SubscriptionStatus
from common.db import Platform
from common.records import one_of

_INSTANT = DateTime(timezone=True)


class DataSubscription(Platform):
    """An app's request for a resource that is shared on condition, and what became of it."""

    __tablename__ = "data_subscription"
    __table_args__ = (
        one_of("status", SubscriptionStatus),
        CheckConstraint(
            "status IN ('requested', 'returned', 'ended') OR"
            " (valid_to IS NOT NULL AND conditions IS NOT NULL)",
            name="approval_is_bounded",
        ),
        CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        Index(
            "uq_data_subscription_live",
            *("app_issuer", "app", "kind"),
            unique=True,
            postgresql_where="status IN ('requested', 'approved', 'active')",
        ),
        Index("ix_data_subscription_area", "area", "id"),
        {"comment": "数据申请：有条件共享的资源，由应用申请、提供方审批"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    app_issuer: Mapped[str] = mapped_column(Text, comment="who vouches for the app")
    app: Mapped[str] = mapped_column(Text, comment="the app")
    kind: Mapped[str] = mapped_column(Text, comment="name of the resource")
    area: Mapped[str] = mapped_column(Text, comment="significant digits of the area asked for")
    purpose: Mapped[str] = mapped_column(Text, comment="用途")
    basis: Mapped[str] = mapped_column(Text, comment="依据")
    status: Mapped[str] = mapped_column(Text, comment="申请状态")
    conditions: Mapped[str | None] = mapped_column(Text, comment="使用条件")
    valid_to: Mapped[date | None] = mapped_column(comment="有效期末日，不含")
    reason: Mapped[str | None] = mapped_column(Text, comment="退回或终止的理由")
    requested_at: Mapped[datetime] = mapped_column(_INSTANT)
    decided_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    decided_by: Mapped[str | None] = mapped_column(Text, comment="审批人")
    subscribed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    version: Mapped[int] = mapped_column(comment="ETag")
