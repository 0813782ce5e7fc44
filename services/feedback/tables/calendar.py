"""Notices of holidays that were loaded here, on top of those that come with a release."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.tables.base import Record


class CalendarNotice(Record):
    """One notice: what it arranges, where it stands, how far deadlines have been set anew by it."""

    __tablename__ = "calendar_notice"
    __table_args__ = (
        Index(
            "uq_calendar_notice_source",
            "source",
            unique=True,
            postgresql_where="withdrawn_at IS NULL",
        ),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name="withdrawn_with_reason"
        ),
        {"comment": "载入的节假日安排：内容、来源、载入人"},
    )

    title: Mapped[str] = mapped_column(comment="文件名称")
    year: Mapped[int | None] = mapped_column(comment="所定年份；修订为空")
    document: Mapped[str | None] = mapped_column(comment="文号")
    issued_on: Mapped[date | None] = mapped_column(comment="印发日期")
    source: Mapped[str] = mapped_column(comment="出处网址")
    arranged: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="放假与调休上班的日期")
    first_on: Mapped[date] = mapped_column(comment="最早安排到的日期")
    recounted_up_to: Mapped[UUID | None] = mapped_column(comment="时限重算进行到的工单")
    recounted_at: Mapped[datetime | None] = mapped_column(comment="时限重算完毕的时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间；此后不计")
    withdrawal_reason: Mapped[str | None] = mapped_column(comment="撤回理由")
