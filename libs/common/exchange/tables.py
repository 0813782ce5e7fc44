"""What the exchange keeps: who asked for which data, and where changes are to be sent."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.subscriptions import SubscriptionStatus
from common.contracts.webhooks import Reset
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
            postgresql_where="status IN ('requested', 'approved')",
        ),
        Index(
            "uq_data_subscription_active",
            *("app_issuer", "app", "kind"),
            unique=True,
            postgresql_where="status = 'active'",
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


class Webhook(Platform):
    """An address that is told of the changes of one resource, as far as its cursor has come."""

    __tablename__ = "webhook"
    __table_args__ = (
        one_of("reset", Reset),
        CheckConstraint(
            "(next_secret IS NULL) = (next_secret_from IS NULL)", name="next_secret_has_its_day"
        ),
        Index("ix_webhook_app", "app_issuer", "app", "id"),
        {"comment": "回调：向不便轮询的应用推送变更"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    app_issuer: Mapped[str] = mapped_column(Text, comment="who vouches for the app")
    app: Mapped[str] = mapped_column(Text, comment="the app")
    app_area: Mapped[str | None] = mapped_column(Text, comment="area of the app when it came")
    kind: Mapped[str] = mapped_column(Text, comment="name of the resource")
    url: Mapped[str] = mapped_column(Text, comment="where changes are sent")
    secret: Mapped[str] = mapped_column(Text, comment="encrypted; key of the signature")
    next_secret: Mapped[str | None] = mapped_column(
        Text, comment="encrypted; signs from next_secret_from on"
    )
    next_secret_from: Mapped[datetime | None] = mapped_column(
        _INSTANT, comment="until then the receiver learns the next secret"
    )
    epoch: Mapped[str] = mapped_column(Text, comment="epoch of the feed; another one: from zero")
    position: Mapped[int] = mapped_column(BigInteger, comment="change number put into the queue")
    purged: Mapped[int] = mapped_column(
        BigInteger, server_default="0", comment="purged_through when a course from zero began"
    )
    area: Mapped[str | None] = mapped_column(Text, comment="area that is told; null: no limit")
    course: Mapped[int] = mapped_column(
        BigInteger, server_default="0", comment="rises when it begins anew: milliseconds of then"
    )
    reset: Mapped[str | None] = mapped_column(
        Text, comment="why it begins anew; sent first, alone, until it is taken"
    )
    failures: Mapped[int] = mapped_column(comment="failures in a row; a success makes it 0")
    resumes_at: Mapped[datetime | None] = mapped_column(_INSTANT, comment="pauses until then")
    taken_at: Mapped[datetime | None] = mapped_column(_INSTANT, comment="last taken message")
    created_at: Mapped[datetime] = mapped_column(_INSTANT)


class WebhookDelivery(Platform):
    """A changed record that its address has not taken yet: once, at its latest change."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_due", "webhook_id", "retry_at", postgresql_where="NOT is_dead"),
        {"comment": "待投递的变更；送达即删，多次失败成为死信"},
    )

    webhook_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True
    )
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    change_number: Mapped[int] = mapped_column(BigInteger, comment="latest change to be sent")
    attempts: Mapped[int] = mapped_column(comment="attempts at this change")
    first_at: Mapped[datetime] = mapped_column(_INSTANT, comment="when it was put into the queue")
    retry_at: Mapped[datetime] = mapped_column(_INSTANT, comment="next attempt; a lease meanwhile")
    is_dead: Mapped[bool] = mapped_column(comment="true: no more attempts until it is replayed")
    fault: Mapped[str | None] = mapped_column(Text, comment="status or name of the last failure")
