"""Case plans 个案. The plan is the root: its needs and steps carry its id first in their keys."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.matching_cases import CaseOutcome, CaseStatus, CaseStepKind
from common.ids import uuid7
from common.records import one_of
from matching.tables.base import Base, Record


class CasePlan(Record):
    """What is planned for one person, and by whom."""

    __tablename__ = "case_plan"
    __table_args__ = (
        one_of("status", CaseStatus),
        one_of("outcome", CaseOutcome),
        UniqueConstraint("number"),
        UniqueConstraint("id", "status"),
        CheckConstraint(
            "(status = 'closed') = (outcome IS NOT NULL)"
            " AND (outcome IS NULL) = (closed_at IS NULL)",
            name="closed_with_outcome",
        ),
        CheckConstraint(
            "CASE WHEN outcome IS NULL THEN goals IS NOT NULL AND summary IS NULL"
            " ELSE (goals IS NULL) = (summary IS NULL) END",
            name="closed_with_summary",
        ),
        Index("ix_case_plan_area_code", "area_code", "id"),
        Index("ix_case_plan_resident", "resident", "id"),
        Index("ix_case_plan_review_on", "review_on", postgresql_where="status = 'open'"),
        Index(
            "ix_case_plan_closed_at",
            "closed_at",
            postgresql_where="status = 'closed' AND goals IS NOT NULL",
        ),
        {"comment": "个案：一人多需，主责社工统筹"},
    )

    number: Mapped[str] = mapped_column(comment="个案编号")
    resident: Mapped[str | None] = mapped_column(comment="居民化名（用途 cases），无账号为空")
    area_code: Mapped[str] = mapped_column(comment="所在居村")
    line: Mapped[str] = mapped_column(comment="条线")
    lead: Mapped[str] = mapped_column(comment="主责社工（令牌 subject）")
    status: Mapped[str] = mapped_column(comment="状态")
    goals: Mapped[str | None] = mapped_column(comment="目标，密文；结案后按期清除")
    review_on: Mapped[date] = mapped_column(comment="下次评估日期")
    opened_at: Mapped[datetime] = mapped_column(comment="建立时间")
    closed_at: Mapped[datetime | None] = mapped_column(comment="结案时间")
    outcome: Mapped[str | None] = mapped_column(comment="结案结果")
    summary: Mapped[str | None] = mapped_column(comment="结案小结，密文；按期清除")


class CaseNeed(Base):
    """A need that stands in a plan; a need stands in one open plan at most.

    The status of the plan stands here too, and follows it by the key.
    """

    __tablename__ = "case_need"
    __table_args__ = (
        ForeignKeyConstraint(
            ["plan_id", "plan_status"], ["case_plan.id", "case_plan.status"], onupdate="CASCADE"
        ),
        Index(
            "uq_case_need_need_id", "need_id", unique=True, postgresql_where="plan_status = 'open'"
        ),
        {"comment": "个案中的需求"},
    )

    plan_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    need_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    plan_status: Mapped[str] = mapped_column(
        server_default="open", comment="个案的状态，随个案变更"
    )


class CaseStep(Base):
    """What is planned or was done."""

    __tablename__ = "case_step"
    __table_args__ = (
        one_of("kind", CaseStepKind),
        CheckConstraint(
            "(kind = 'referral') = (referral_id IS NOT NULL)", name="referral_names_itself"
        ),
        {"comment": "个案中的步骤"},
    )

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("case_plan.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="种类")
    referral_id: Mapped[UUID | None] = mapped_column(comment="转介")
    amount_fen: Mapped[int | None] = mapped_column(BigInteger, comment="资助金额，分")
    note: Mapped[str | None] = mapped_column(comment="说明，密文")
    planned_on: Mapped[date | None] = mapped_column(comment="计划日期")
    done_on: Mapped[date | None] = mapped_column(comment="完成日期")
    added_by: Mapped[str] = mapped_column(comment="登记人")
    added_at: Mapped[datetime] = mapped_column(comment="登记时间")
