"""Ratings of providers: as they stand, the grades they passed through, priors, and replies."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Double,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_challenges import DecidedFrom
from common.contracts.procurement_ratings import EvidenceSource, ReplyKind, Verdict
from common.contracts.vocabulary import RatingDimension
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base, Record


def of_one_piece() -> tuple[CheckConstraint, ...]:
    """What holds of every rating, exact or told: whole or absent, its bounds around it."""
    return (
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint(
            "is_rated = (level IS NOT NULL) AND is_rated = (expected IS NOT NULL)"
            " AND is_rated = (lower_bound IS NOT NULL) AND is_rated = (upper_bound IS NOT NULL)",
            name="rated_is_whole",
        ),
        CheckConstraint(
            "0 <= lower_bound AND lower_bound <= expected AND expected <= upper_bound"
            " AND upper_bound <= 1",
            name="bounds",
        ),
    )


class BaseRates:
    """The columns of base rates: how common each level is in a category and dimension."""

    category: Mapped[str] = mapped_column(primary_key=True, comment="空串为全部类别")
    dimension: Mapped[str] = mapped_column(primary_key=True, comment="评价维度")
    levels: Mapped[list[float]] = mapped_column(ARRAY(Double), comment="1 至 5 级的基准比例")
    weight: Mapped[float] = mapped_column(Double, comment="先验相当于多少条评价")
    correlation: Mapped[float] = mapped_column(Double, comment="同一购买方各条的相关")
    steadiness: Mapped[float] = mapped_column(Double, comment="相隔一个月的服务水平相关")
    providers: Mapped[int] = mapped_column(comment="所据承接者数")
    evidence: Mapped[int] = mapped_column(comment="所据证据条数")


class Rating(Base):
    """One provider in one category and one dimension, as last computed."""

    __tablename__ = "provider_rating"
    __table_args__ = (
        one_of("dimension", RatingDimension),
        UniqueConstraint("provider_id", "category", "dimension"),
        *of_one_piece(),
        CheckConstraint("anchor_level BETWEEN 1 AND 5", name="anchor_level"),
        {"comment": "承接者评级：按承接者、类别、维度，全市计算"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    provider_id: Mapped[UUID] = mapped_column(comment="承接者")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    dimension: Mapped[str] = mapped_column(comment="评价维度")
    is_rated: Mapped[bool] = mapped_column(comment="样本足够；否则不评级，且不得据此排除")
    level: Mapped[int | None] = mapped_column(SmallInteger, comment="等次，带滞后")
    anchor_level: Mapped[int | None] = mapped_column(SmallInteger, comment="上一月末的等次")
    anchor_on: Mapped[date] = mapped_column(comment="等次所依据的上一月末")
    expected: Mapped[float | None] = mapped_column(Double, comment="期望得分 0–1")
    lower_bound: Mapped[float | None] = mapped_column(Double, comment="下界，用于激励")
    upper_bound: Mapped[float | None] = mapped_column(Double, comment="上界，用于惩戒")
    ratings: Mapped[int] = mapped_column(comment="计入的证据条数")
    effective_ratings: Mapped[float] = mapped_column(Double, comment="有效样本量")
    buyers: Mapped[int] = mapped_column(comment="互不关联的购买方数")
    prior_version: Mapped[str] = mapped_column(comment="类别先验版本")
    reply_until_on: Mapped[date | None] = mapped_column(comment="答复期截止日")
    suspended_at: Mapped[datetime | None] = mapped_column(comment="申诉起暂停使用")
    as_of_on: Mapped[date] = mapped_column(comment="计算所及日期")


class Grade(Base):
    """A level that a rating took at some instant; the newest one is the present level."""

    __tablename__ = "grade"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        {"comment": "等次历史：每次变动及其依据"},
    )

    rating_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="评级")
    from_at: Mapped[datetime] = mapped_column(primary_key=True, comment="自何时起")
    level: Mapped[int | None] = mapped_column(SmallInteger, comment="等次；空为不评级")
    expected: Mapped[float | None] = mapped_column(Double, comment="当时的期望得分")
    lower_bound: Mapped[float | None] = mapped_column(Double, comment="当时的下界")
    upper_bound: Mapped[float | None] = mapped_column(Double, comment="当时的上界")
    prior_version: Mapped[str] = mapped_column(comment="当时的先验版本")


class Prior(BaseRates, Base):
    """The base rates of a category and dimension, frozen for one day; small, kept for ever."""

    __tablename__ = "rating_prior"
    __table_args__ = (
        one_of("dimension", RatingDimension),
        CheckConstraint("cardinality(levels) = 5", name="levels"),
        CheckConstraint("weight > 0", name="weight"),
        CheckConstraint("correlation >= 0 AND correlation < 1", name="correlation"),
        CheckConstraint("steadiness > 0 AND steadiness <= 1", name="steadiness"),
        {"comment": "类别先验：按日冻结，评级据版本复算"},
    )

    frozen_on: Mapped[date] = mapped_column(primary_key=True, comment="版本：自该日起适用")


class Judgement(Base):
    """Who judged a provider: the appeal against it is decided by somebody else.

    The table is called by what was kept in it first; the release before writes to it.
    """

    __tablename__ = "violation"
    __table_args__ = ({"comment": "违规、履约失当、验收的作出单位，申诉由其上级裁定"},)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="评级证据的来源记录")
    provider_id: Mapped[UUID] = mapped_column(comment="承接者")
    judged_at: Mapped[datetime] = mapped_column(comment="记录时间")
    judged_by: Mapped[str] = mapped_column(comment="记录人")
    judged_area: Mapped[str | None] = mapped_column(comment="记录单位辖区，区划有效位")
    judged_for: Mapped[UUID | None] = mapped_column(comment="记录人所属机构")


class Reply(Record):
    """What a provider said about a judgement; an appeal is made once and decided once."""

    __tablename__ = "grade_reply"
    __table_args__ = (
        one_of("source", EvidenceSource),
        one_of("kind", ReplyKind),
        one_of("verdict", Verdict),
        one_of("decided_from", DecidedFrom),
        CheckConstraint("kind = 'appeal' OR verdict IS NULL", name="only_appeals_are_decided"),
        CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL)"
            " AND (verdict IS NULL) = (verdict_reason IS NULL)",
            name="decided",
        ),
        Index(
            "uq_grade_reply_appeal",
            *("provider_id", "source", "source_id"),
            unique=True,
            postgresql_where="kind = 'appeal'",
        ),
        Index("ix_grade_reply_source", "provider_id", "source", "source_id"),
        Index(
            "ix_grade_reply_open",
            "said_at",
            postgresql_where="kind = 'appeal' AND verdict IS NULL",
        ),
        {"comment": "承接者的陈述与申诉，及其裁定"},
    )

    provider_id: Mapped[UUID] = mapped_column(comment="承接者")
    source: Mapped[str] = mapped_column(comment="所答复评价的来源")
    source_id: Mapped[UUID] = mapped_column(comment="所答复评价的来源记录")
    kind: Mapped[str] = mapped_column(comment="陈述、申诉")
    words: Mapped[str] = mapped_column(comment="所述内容，公开")
    said_at: Mapped[datetime] = mapped_column(comment="提出时间")
    verdict: Mapped[str | None] = mapped_column(comment="裁定")
    verdict_reason: Mapped[str | None] = mapped_column(comment="裁定理由，公开")
    decided_at: Mapped[datetime | None] = mapped_column(comment="裁定时间")
    decided_from: Mapped[str | None] = mapped_column(comment="由上级、同级或同一单位的另一人裁定")
