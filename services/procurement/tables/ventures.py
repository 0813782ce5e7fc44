"""Venture philanthropy 公益创投, apart from tendering: calls, applications, reviews, grants."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_ventures import ApplicationStatus, CallStatus, GrantStatus
from common.records import one_of
from procurement.tables.base import Base, Record


class VentureCall(Record):
    """A call with its pot; grants never pass it."""

    __tablename__ = "venture_call"
    __table_args__ = (
        one_of("status", CallStatus),
        CheckConstraint("granted_fen BETWEEN 0 AND pot_fen", name="never_exceeded"),
        Index("ix_venture_call_area_code", "area_code", "id"),
        {"comment": "公益创投征集"},
    )

    title: Mapped[str] = mapped_column(comment="名称")
    aims: Mapped[str] = mapped_column(comment="目标")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    sponsor_id: Mapped[UUID] = mapped_column(comment="发起机构")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="服务对象")
    document: Mapped[str] = mapped_column(comment="文号")
    pot_fen: Mapped[int] = mapped_column(BigInteger, comment="资金总额，分")
    granted_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已资助，分")
    largest_grant_fen: Mapped[int] = mapped_column(BigInteger, comment="单个项目上限，分")
    reviews_least: Mapped[int] = mapped_column(SmallInteger, comment="最少评审数")
    closes_at: Mapped[datetime] = mapped_column(comment="截止时间")
    status: Mapped[str] = mapped_column(comment="状态")
    cancel_reason: Mapped[str | None] = mapped_column(comment="取消理由，公开")


class VentureApplication(Record):
    """One project of one organisation for one call."""

    __tablename__ = "venture_application"
    __table_args__ = (
        one_of("status", ApplicationStatus),
        CheckConstraint("asked_fen > 0", name="asked_fen"),
        Index(
            "uq_venture_application_live",
            *("call_id", "applicant_id"),
            unique=True,
            postgresql_where="status <> 'withdrawn'",
        ),
        Index("ix_venture_application_applicant_id", "applicant_id", "id"),
        {"comment": "公益创投申请"},
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("venture_call.id"), comment="征集")
    applicant_id: Mapped[UUID] = mapped_column(comment="申请机构")
    title: Mapped[str] = mapped_column(comment="项目名称")
    text: Mapped[str] = mapped_column(comment="项目内容")
    asked_fen: Mapped[int] = mapped_column(BigInteger, comment="申请金额，分")
    people_reached: Mapped[int] = mapped_column(comment="预计服务人数")
    status: Mapped[str] = mapped_column(comment="状态")
    reason: Mapped[str | None] = mapped_column(comment="决定理由，公开")


class VentureReview(Base):
    """What one reviewer thinks of one project; said once."""

    __tablename__ = "venture_review"
    __table_args__ = (
        CheckConstraint("points BETWEEN 0 AND 100", name="points"),
        {"comment": "公益创投评审"},
    )

    application_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("venture_application.id"), primary_key=True
    )
    reviewer: Mapped[str] = mapped_column(primary_key=True, comment="评审人")
    points: Mapped[int] = mapped_column(SmallInteger, comment="得分")
    text: Mapped[str] = mapped_column(comment="意见")
    reviewed_at: Mapped[datetime] = mapped_column(comment="评审时间")


class VentureGrant(Record):
    """A grant agreement; no contract, no award."""

    __tablename__ = "venture_grant"
    __table_args__ = (
        one_of("status", GrantStatus),
        UniqueConstraint("application_id"),
        CheckConstraint("paid_fen BETWEEN 0 AND value_fen", name="never_overpaid"),
        CheckConstraint("spent_fen + returned_fen = value_fen", name="settled"),
        Index("ix_venture_grant_call_id", "call_id", "id"),
        Index("ix_venture_grant_grantee_id", "grantee_id", "id"),
        {"comment": "公益创投资助协议"},
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("venture_call.id"), comment="征集")
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("venture_application.id"), comment="申请"
    )
    grantee_id: Mapped[UUID] = mapped_column(comment="受资助机构")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="资助金额，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已付，分")
    draws: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="各预算科目金额")
    status: Mapped[str] = mapped_column(comment="状态")
    agreed_at: Mapped[datetime] = mapped_column(comment="签订时间")
    report: Mapped[str | None] = mapped_column(comment="结项报告，公布")
    opinions: Mapped[str | None] = mapped_column(comment="服务对象意见摘要，公布")
    people_reached: Mapped[int | None] = mapped_column(comment="服务人数")
    spent_fen: Mapped[int | None] = mapped_column(BigInteger, comment="实际支出，分")
    returned_fen: Mapped[int | None] = mapped_column(BigInteger, comment="未用退回，分")
    reported_at: Mapped[datetime | None] = mapped_column(comment="报告时间")
    report_due_on: Mapped[date | None] = mapped_column(
        comment="报告退回后重新报告的末日；空为按协议"
    )
    closed_at: Mapped[datetime | None] = mapped_column(comment="结项时间")
    reason: Mapped[str | None] = mapped_column(comment="报告退回或提前终止的理由，公开")
