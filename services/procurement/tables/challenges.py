"""Challenges 质疑 and complaints 投诉 of suppliers. Their clocks are kept as they were set."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_challenges import (
    ChallengeAbout,
    ChallengeStep,
    DecidedFrom,
    Remedy,
)
from common.records import one_of
from procurement.tables.base import Record

_SETTLED = "step IN ('upheld', 'rejected')"


class Challenge(Record):
    """A supplier's challenge of documents, procedure or result."""

    __tablename__ = "challenge"
    __table_args__ = (
        one_of("about", ChallengeAbout),
        one_of("step", ChallengeStep),
        one_of("remedy", Remedy),
        CheckConstraint(f"({_SETTLED}) = (answered_at IS NOT NULL)", name="answered"),
        Index(
            "uq_challenge_open",
            *("tender_id", "by_id", "about"),
            unique=True,
            postgresql_where="step = 'open'",
        ),
        Index("ix_challenge_tender_id", "tender_id", "id"),
        Index("ix_challenge_due", "answer_due_on", "id", postgresql_where="step = 'open'"),
        {"comment": "供应商质疑"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), comment="采购过程")
    round: Mapped[int] = mapped_column(SmallInteger, comment="针对第几次评审")
    by_id: Mapped[UUID] = mapped_column(comment="质疑供应商")
    about: Mapped[str] = mapped_column(comment="质疑对象")
    ground: Mapped[str] = mapped_column(comment="事实与理由")
    known_on: Mapped[date] = mapped_column(comment="知道或应知之日")
    filed_at: Mapped[datetime] = mapped_column(comment="提出时间")
    answer_due_on: Mapped[date] = mapped_column(comment="答复期限，含当日")
    is_due_provisional: Mapped[bool] = mapped_column(comment="期限超出已公布日历")
    step: Mapped[str] = mapped_column(comment="状态")
    remedy: Mapped[str | None] = mapped_column(comment="处理方式")
    answer: Mapped[str | None] = mapped_column(comment="答复")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")
    answered_by: Mapped[str | None] = mapped_column(comment="答复人")
    answered_area: Mapped[str | None] = mapped_column(comment="答复单位辖区，区划有效位")
    answered_for: Mapped[UUID | None] = mapped_column(comment="答复人所属机构")
    rules: Mapped[list[str]] = mapped_column(JSONB, comment="适用的规则编号")


class SupplierComplaint(Record):
    """A complaint to the supervising authority."""

    __tablename__ = "supplier_complaint"
    __table_args__ = (
        one_of("step", ChallengeStep),
        one_of("remedy", Remedy),
        one_of("decided_from", DecidedFrom),
        CheckConstraint(f"({_SETTLED}) = (decided_at IS NOT NULL)", name="decided"),
        Index("uq_supplier_complaint_challenge_id", "challenge_id", unique=True),
        Index("ix_supplier_complaint_tender_id", "tender_id", "id"),
        Index(
            "ix_supplier_complaint_due",
            *("decision_due_on", "id"),
            postgresql_where="step = 'open'",
        ),
        {"comment": "供应商投诉"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), comment="采购过程")
    challenge_id: Mapped[UUID] = mapped_column(ForeignKey("challenge.id"), comment="所涉质疑")
    by_id: Mapped[UUID] = mapped_column(comment="投诉供应商")
    ground: Mapped[str] = mapped_column(comment="事实与理由")
    filed_at: Mapped[datetime] = mapped_column(comment="提出时间")
    review_due_on: Mapped[date] = mapped_column(comment="审查期限，含当日")
    notice_due_on: Mapped[date] = mapped_column(comment="答复通知书期限，含当日")
    decision_due_on: Mapped[date] = mapped_column(comment="处理决定期限，含当日")
    excluded_days: Mapped[int] = mapped_column(SmallInteger, default=0, comment="不计入的工作日")
    suspended_days: Mapped[int] = mapped_column(
        SmallInteger, server_default="0", comment="已决定暂停的天数，合计"
    )
    suspended_until_on: Mapped[date | None] = mapped_column(comment="暂停至，含当日")
    step: Mapped[str] = mapped_column(comment="状态")
    remedy: Mapped[str | None] = mapped_column(comment="处理方式")
    decision: Mapped[str | None] = mapped_column(comment="处理决定")
    decided_at: Mapped[datetime | None] = mapped_column(comment="决定时间")
    decided_from: Mapped[str | None] = mapped_column(comment="由上级、同级或同一单位的另一人决定")
    rules: Mapped[list[str]] = mapped_column(JSONB, comment="适用的规则编号")
