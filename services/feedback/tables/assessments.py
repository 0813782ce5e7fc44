"""Assessments 考核: schemes, results, evidence, shared visits, yearly caps, incentives 奖补."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import AssessmentSubject
from common.contracts.feedback_assessments import AssessmentKind
from common.records import one_of
from feedback.tables.base import Base, Record


class AssessmentScheme(Record):
    """An assessment as it was filed; it is never changed, only carried out or withdrawn."""

    __tablename__ = "assessment_scheme"
    __table_args__ = (
        one_of("kind", AssessmentKind),
        one_of("subject", AssessmentSubject),
        CheckConstraint("period_to_on > period_from_on", name="period"),
        CheckConstraint("(kind = 'statutory') = (statutory_name IS NOT NULL)", name="statutory"),
        CheckConstraint("satisfaction_percent BETWEEN 0 AND 100", name="satisfaction_percent"),
        CheckConstraint("withdrawn_at IS NULL OR assessed_at IS NULL", name="carried_out_or_not"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name="withdrawn_with_reason"
        ),
        Index("ix_assessment_scheme_area_code", "area_code", "id"),
        {"comment": "考核方案：事先备案，不再修改"},
    )

    kind: Mapped[str] = mapped_column(comment="考核种类")
    title: Mapped[str] = mapped_column(comment="名称")
    area_code: Mapped[str] = mapped_column(comment="区划")
    lead_id: Mapped[UUID] = mapped_column(comment="组织部门")
    subject: Mapped[str] = mapped_column(comment="对象种类")
    subject_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="考核对象")
    period_from_on: Mapped[date] = mapped_column(comment="考核期起")
    period_to_on: Mapped[date] = mapped_column(comment="考核期止，含")
    statutory_name: Mapped[str | None] = mapped_column(comment="法定考核名称")
    indicators: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="指标与权重")
    satisfaction_percent: Mapped[int] = mapped_column(SmallInteger, comment="居民满意度百分权重")
    weight_rule: Mapped[str] = mapped_column(comment="权重所依的规则编号")
    counted: Mapped[dict[str, str | None]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment="计入年度次数的对象，及随之计入的现场检查"
    )
    assessed_at: Mapped[datetime | None] = mapped_column(comment="计算结果的时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    withdrawal_reason: Mapped[str | None] = mapped_column(comment="撤回的公开理由")


class AssessmentLoad(Base):
    """How often a body is assessed in a year: locked while a scheme is filed."""

    __tablename__ = "assessment_load"
    __table_args__ = (
        CheckConstraint("taken >= 0", name="taken"),
        {"comment": "每个对象每年同类考核的次数，共用一次现场检查的只计一次"},
    )

    subject_id: Mapped[UUID] = mapped_column(primary_key=True, comment="考核对象")
    kind: Mapped[str] = mapped_column(primary_key=True, comment="考核种类")
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    taken: Mapped[int] = mapped_column(SmallInteger, comment="次数，不超过规则 assessment.cap")
    visit_id: Mapped[UUID | None] = mapped_column(comment="已计入的现场检查")


class AssessmentVisit(Record):
    """One visit to a body, shared by departments."""

    __tablename__ = "assessment_visit"
    __table_args__ = (
        Index(
            "uq_assessment_visit_of_year",
            *("subject_id", "year"),
            unique=True,
            postgresql_where="cancelled_at IS NULL",
        ),
        CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancelled_with_reason"
        ),
        CheckConstraint("year = extract(year FROM visited_on)", name="year"),
        CheckConstraint("cardinality(department_ids) > 0", name="somebody_comes"),
        {"comment": "现场检查：每个对象每年一次，各部门合并"},
    )

    subject_id: Mapped[UUID] = mapped_column(comment="考核对象")
    year: Mapped[int] = mapped_column(SmallInteger, comment="年份")
    area_code: Mapped[str] = mapped_column(comment="区划")
    visited_on: Mapped[date] = mapped_column(comment="检查日期")
    department_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="参加的部门")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="取消时间")
    cancel_reason: Mapped[str | None] = mapped_column(comment="取消的公开理由")


class AssessmentEvidence(Record):
    """What a body shows once; every assessment cites the same record."""

    __tablename__ = "assessment_evidence"
    __table_args__ = (
        ExcludeConstraint(
            ("subject_id", "="),
            ("kind", "="),
            (text("daterange(period_from_on, period_to_on, '[]')"), "&&"),
            where=text("withdrawn_at IS NULL"),
            name="ex_assessment_evidence_once",
        ),
        CheckConstraint("period_to_on >= period_from_on", name="period"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name="withdrawn_with_reason"
        ),
        CheckConstraint("achieved >= 0 AND target > 0", name="counts"),
        Index("ix_assessment_evidence_area_code", "area_code", "id"),
        {"comment": "佐证：一次登记，多方引用"},
    )

    subject_id: Mapped[UUID] = mapped_column(comment="考核对象")
    kind: Mapped[str] = mapped_column(comment="佐证类别")
    area_code: Mapped[str] = mapped_column(comment="区划")
    period_from_on: Mapped[date] = mapped_column(comment="所属期起")
    period_to_on: Mapped[date] = mapped_column(comment="所属期止，含")
    document: Mapped[str] = mapped_column(comment="文号或出处")
    achieved: Mapped[int] = mapped_column(comment="完成数")
    target: Mapped[int] = mapped_column(comment="目标数")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    withdrawal_reason: Mapped[str | None] = mapped_column(comment="撤回的公开理由")


class Assessment(Record):
    """The result of one subject."""

    __tablename__ = "assessment"
    __table_args__ = (
        UniqueConstraint("scheme_id", "subject_id"),
        CheckConstraint(
            "lower_bound <= score AND score <= upper_bound", name="score_in_its_interval"
        ),
        CheckConstraint("band IS NULL OR score IS NOT NULL", name="band_of_a_score"),
        CheckConstraint("publicity_to_on >= publicity_from_on", name="publicity"),
        CheckConstraint(
            "(appeal_decided_at IS NULL) = (is_appeal_upheld IS NULL)"
            " AND (appeal_decided_at IS NULL) = (decision_reason IS NULL)"
            " AND (appealed_at IS NOT NULL OR appeal_decided_at IS NULL)",
            name="decided_with_reason",
        ),
        CheckConstraint("appeal_decided_by <> appealed_by", name="another_person_decides"),
        CheckConstraint(
            "final_at IS NULL OR appealed_at IS NULL OR appeal_decided_at IS NOT NULL",
            name="no_appeal_is_passed_over",
        ),
        Index("ix_assessment_subject_id", "subject_id", "id"),
        Index("ix_assessment_evidence_ids", "evidence_ids", postgresql_using="gin"),
        Index("ix_assessment_open", "publicity_to_on", "id", postgresql_where="final_at IS NULL"),
        {"comment": "考核结果：公示、申诉、定论"},
    )

    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("assessment_scheme.id"), comment="方案")
    subject_id: Mapped[UUID] = mapped_column(comment="考核对象")
    body_id: Mapped[UUID | None] = mapped_column(comment="可申诉的机构")
    area_code: Mapped[str] = mapped_column(comment="区划")
    visit_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("assessment_visit.id"), comment="合并的现场检查"
    )
    score: Mapped[float | None] = mapped_column(comment="得分 0–1；样本不足为空")
    lower_bound: Mapped[float | None] = mapped_column(comment="95% 区间下限")
    upper_bound: Mapped[float | None] = mapped_column(comment="95% 区间上限")
    band: Mapped[int | None] = mapped_column(SmallInteger, comment="并列档次，1 最高")
    responses: Mapped[int | None] = mapped_column(comment="评价数，向下取整到十")
    response_share: Mapped[float | None] = mapped_column(comment="评价数占服务数，两位小数")
    scores: Mapped[dict[str, float | None]] = mapped_column(JSONB, comment="各指标得分")
    evidence_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="引用的佐证")
    publicity_from_on: Mapped[date] = mapped_column(comment="公示首日")
    publicity_to_on: Mapped[date] = mapped_column(comment="公示末日，含")
    is_publicity_provisional: Mapped[bool] = mapped_column(
        server_default=false(), comment="公示末日超出已公布日历"
    )
    appealed_at: Mapped[datetime | None] = mapped_column(comment="申诉时间")
    appealed_by: Mapped[str | None] = mapped_column(comment="申诉人")
    appeal_words: Mapped[str | None] = mapped_column(comment="申诉理由")
    appeal_decided_at: Mapped[datetime | None] = mapped_column(comment="裁定时间")
    appeal_decided_by: Mapped[str | None] = mapped_column(comment="裁定人")
    is_appeal_upheld: Mapped[bool | None] = mapped_column(comment="申诉是否成立")
    decision_reason: Mapped[str | None] = mapped_column(comment="裁定理由")
    final_at: Mapped[datetime | None] = mapped_column(comment="定论时间")


class Incentive(Record):
    """What an assessment earns its subjects, by the published formula."""

    __tablename__ = "incentive"
    __table_args__ = (
        UniqueConstraint("scheme_id"),
        CheckConstraint("pot_fen >= 0", name="pot_fen"),
        Index("ix_incentive_area_code", "area_code", "id"),
        {"comment": "奖补：每次考核一份，按公布的公式计算"},
    )

    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("assessment_scheme.id"), comment="方案")
    area_code: Mapped[str] = mapped_column(comment="区划")
    pot_fen: Mapped[int] = mapped_column(BigInteger, comment="资金，分")
    pot_document: Mapped[str] = mapped_column(comment="资金批准文号")
    rules: Mapped[dict[str, str]] = mapped_column(JSONB, comment="所依规则及其数值")
    awards: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="各对象所得")
    granted_at: Mapped[datetime] = mapped_column(comment="核定时间")
