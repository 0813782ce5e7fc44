"""Dispatches 楼内派单: what a venue's head sends to who lives in the house, with a clock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_dispatches import DispatchStatus
from common.records import one_of
from feedback.tables.base import Record


class Dispatch(Record):
    """One piece of work for one body of the house.

    Triggers on the case look after what still waits: it ends when the case ends, with no reason of
    its own, and is due when it would be by itself, but no later than the case is, however that is
    set and set again.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        one_of("status", DispatchStatus),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)"
            " AND (cancel_reason IS NULL OR cancelled_at IS NOT NULL)",
            name="cancelled_is_told",
        ),
        Index(
            "uq_dispatch_open",
            *("case_id", "organisation_id"),
            unique=True,
            postgresql_where="status = 'sent'",
        ),
        Index("ix_dispatch_case", "case_id", "id"),
        Index("ix_dispatch_organisation", "organisation_id", "id"),
        Index("ix_dispatch_area", "area_code", "id"),
        {"comment": "楼内派单：载体负责人派给入驻单位"},
    )

    case_id: Mapped[UUID] = mapped_column(comment="工单")
    area_code: Mapped[str] = mapped_column(comment="工单所在区划")
    line: Mapped[str] = mapped_column(comment="工单条线")
    organisation_id: Mapped[UUID] = mapped_column(comment="承办的入驻单位")
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    status: Mapped[str] = mapped_column(comment="状态")
    words: Mapped[str] = mapped_column(comment="要办的事，密文")
    answer: Mapped[str | None] = mapped_column(comment="答复，密文")
    sent_at: Mapped[datetime] = mapped_column(comment="派出时间")
    due_at: Mapped[datetime] = mapped_column(comment="答复期限，不晚于工单期限")
    is_due_provisional: Mapped[bool] = mapped_column(
        server_default=false(), comment="期限超出已公布日历"
    )
    own_due_at: Mapped[datetime | None] = mapped_column(
        comment="不计工单期限时的答复期限；空为同 due_at"
    )
    is_own_due_provisional: Mapped[bool | None] = mapped_column(comment="其期限超出已公布日历")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="取消时间")
    cancel_reason: Mapped[str | None] = mapped_column(comment="撤销理由，密文；空为随工单结束")
