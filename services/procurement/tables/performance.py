"""What happens under a contract: milestones, payments, changes, oversight; keyed by its id."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_performance import (
    AssistanceOutcome,
    ChangeReason,
    Depth,
    FailureCategory,
    MilestoneStatus,
    PaymentStatus,
)
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base


def _contract() -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey("contract.id"), primary_key=True)


class Milestone(Base):
    """What is due when; what was accepted, with the users' opinions, is what may be paid."""

    __tablename__ = "milestone"
    __table_args__ = (
        one_of("status", MilestoneStatus),
        one_of("depth", Depth),
        CheckConstraint("payable_fen BETWEEN 0 AND pay_fen", name="payable_fen"),
        CheckConstraint("paid_fen BETWEEN 0 AND payable_fen", name="never_overpaid"),
        CheckConstraint(
            "(status = 'scheduled') = (accepted_at IS NULL) AND (accepted_at IS NULL"
            " OR (reported_at IS NOT NULL AND users_answered >= 1 AND opinions IS NOT NULL))",
            name="accepted_with_opinions",
        ),
        CheckConstraint(
            "users_satisfied <= users_answered AND users_answered <= users_asked", name="users"
        ),
        Index("ix_milestone_due_on", "due_on", postgresql_where="status = 'scheduled'"),
        {"comment": "里程碑与验收"},
    )

    contract_id: Mapped[UUID] = _contract()
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid, default=uuid7, comment="标识，证据与公告据此引用")
    title: Mapped[str] = mapped_column(comment="名称")
    due_on: Mapped[date] = mapped_column(comment="应完成日期")
    service_days: Mapped[int] = mapped_column(comment="应完成净服务天数")
    pay_fen: Mapped[int] = mapped_column(BigInteger, comment="约定支付，分")
    status: Mapped[str] = mapped_column(comment="状态")
    reported_at: Mapped[datetime | None] = mapped_column(comment="承接者报告时间")
    report: Mapped[str | None] = mapped_column(comment="承接者报告")
    reported_days: Mapped[int | None] = mapped_column(comment="报告的净服务天数")
    people_served: Mapped[int | None] = mapped_column(comment="报告的服务人数")
    accepted_at: Mapped[datetime | None] = mapped_column(comment="验收时间")
    accepted_by: Mapped[str | None] = mapped_column(comment="验收人")
    accepted_days: Mapped[int | None] = mapped_column(comment="认定的净服务天数")
    depth: Mapped[str | None] = mapped_column(comment="抽查或全查")
    depth_rule: Mapped[str | None] = mapped_column(comment="查验深度依据的规则")
    users_asked: Mapped[int | None] = mapped_column(comment="邀请的服务对象人数")
    users_answered: Mapped[int | None] = mapped_column(comment="提出意见的人数")
    users_satisfied: Mapped[int | None] = mapped_column(comment="满意人数")
    opinions: Mapped[str | None] = mapped_column(comment="服务对象意见摘要，公布")
    remarks: Mapped[str | None] = mapped_column(comment="验收意见，公布")
    payable_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="认定应付，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已付，分")


class Payment(Base):
    """A payment for a milestone; who requests it does not decide it."""

    __tablename__ = "payment"
    __table_args__ = (
        one_of("status", PaymentStatus),
        ForeignKeyConstraint(
            ["contract_id", "milestone"], ["milestone.contract_id", "milestone.number"]
        ),
        CheckConstraint("value_fen > 0", name="value_fen"),
        CheckConstraint("(status = 'requested') = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "status <> 'paid' OR decided_by <> requested_by", name="decided_by_another"
        ),
        {"comment": "付款：申请与批准分开"},
    )

    contract_id: Mapped[UUID] = _contract()
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    milestone: Mapped[int] = mapped_column(SmallInteger, comment="里程碑")
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    draws: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="各预算科目金额")
    status: Mapped[str] = mapped_column(comment="状态")
    requested_at: Mapped[datetime] = mapped_column(comment="申请时间")
    requested_by: Mapped[str] = mapped_column(comment="申请人")
    decided_at: Mapped[datetime | None] = mapped_column(comment="决定时间")
    decided_by: Mapped[str | None] = mapped_column(comment="决定人")
    remark: Mapped[str | None] = mapped_column(comment="说明")


class ContractChange(Base):
    """A change or a supplement, in order."""

    __tablename__ = "contract_change"
    __table_args__ = (
        one_of("reason", ChangeReason),
        CheckConstraint("value_fen >= 0 AND (reason IS NULL) = (value_fen > 0)", name="value_fen"),
        {"comment": "合同变更与补充"},
    )

    contract_id: Mapped[UUID] = _contract()
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    reason: Mapped[str | None] = mapped_column(comment="原因代码；补充合同为空")
    text: Mapped[str] = mapped_column(comment="内容，公布")
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="补充金额，分")
    before: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="变更前")
    after: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="变更后")
    made_at: Mapped[datetime] = mapped_column(comment="时间")
    made_by: Mapped[str] = mapped_column(comment="经办人")


class Assistance(Base):
    """Administrative assistance that was asked of the provider, within the quota or beyond."""

    __tablename__ = "assistance"
    __table_args__ = (
        one_of("outcome", AssistanceOutcome),
        CheckConstraint("hours > 0 AND excess_hours BETWEEN 0 AND hours", name="hours"),
        CheckConstraint("(outcome = 'within_quota') = (excess_hours = 0)", name="excess"),
        {"comment": "行政协助台账"},
    )

    contract_id: Mapped[UUID] = _contract()
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    on: Mapped[date] = mapped_column(comment="日期")
    hours: Mapped[int] = mapped_column(comment="小时")
    task: Mapped[str] = mapped_column(comment="事项")
    excess_hours: Mapped[int] = mapped_column(comment="超出上限的小时")
    outcome: Mapped[str] = mapped_column(comment="结果")
    price_fen: Mapped[int] = mapped_column(BigInteger, comment="超额计价，分")
    logged_at: Mapped[datetime] = mapped_column(comment="登记时间")
    logged_by: Mapped[str] = mapped_column(comment="登记人")


class Visit(Base):
    """A visit of the year; there are no more of them than the contract allows."""

    __tablename__ = "contract_visit"
    __table_args__ = (
        UniqueConstraint("contract_id", "year", "number"),
        CheckConstraint("number BETWEEN 1 AND most", name="never_too_many"),
        {"comment": "评估现场：每合同每年有上限"},
    )

    contract_id: Mapped[UUID] = _contract()
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    year: Mapped[int] = mapped_column(SmallInteger, comment="年度")
    number: Mapped[int] = mapped_column(SmallInteger, comment="当年第几次")
    most: Mapped[int] = mapped_column(SmallInteger, comment="当年上限")


class Evaluation(Base):
    """An evaluation; several may share a visit."""

    __tablename__ = "contract_evaluation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contract_id", "visit_id"], ["contract_visit.contract_id", "contract_visit.id"]
        ),
        UniqueConstraint("contract_id", "assessment_id"),
        {"comment": "对合同的评估，现场可合并"},
    )

    contract_id: Mapped[UUID] = _contract()
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    visit_id: Mapped[UUID] = mapped_column(comment="现场")
    on: Mapped[date] = mapped_column(comment="日期")
    evaluator: Mapped[str] = mapped_column(comment="评估方")
    assessment_id: Mapped[UUID | None] = mapped_column(comment="居民之声考核")


class Failure(Base):
    """A performance failure that was found."""

    __tablename__ = "performance_failure"
    __table_args__ = (
        one_of("category", FailureCategory),
        CheckConstraint("to_on >= from_on AND events > 0 AND penalty_fen >= 0", name="facts"),
        {"comment": "履约失当"},
    )

    contract_id: Mapped[UUID] = _contract()
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    category: Mapped[str] = mapped_column(comment="种类")
    from_on: Mapped[date] = mapped_column(comment="起始日")
    to_on: Mapped[date] = mapped_column(comment="末日，含")
    events: Mapped[int] = mapped_column(comment="次数")
    text: Mapped[str] = mapped_column(comment="事实，公布")
    document: Mapped[str] = mapped_column(comment="认定文号")
    penalty_fen: Mapped[int] = mapped_column(BigInteger, comment="违约金，分")
    found_at: Mapped[datetime] = mapped_column(comment="认定时间")
    found_by: Mapped[str] = mapped_column(comment="认定人")
