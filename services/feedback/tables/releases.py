"""Figures that were released: one period each, published once, never revised."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Uuid, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import AssessmentSubject
from common.contracts.feedback_statistics import FigureSubject
from common.ids import uuid7
from common.records import one_of
from feedback.tables.base import Base


class Release(Base):
    """Figures of one period, published once and never revised."""

    __tablename__ = "statistics_release"
    __table_args__ = (
        Index("uq_statistics_release_period", "from_on", unique=True),
        ExcludeConstraint(
            (text("daterange(from_on, until_on, '[]')"), "&&"), name="ex_statistics_release_apart"
        ),
        CheckConstraint("until_on >= from_on", name="until_on"),
        {"comment": "评价统计的一期：各期互不重叠，发布后不改"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    from_on: Mapped[date] = mapped_column(comment="服务日期起")
    until_on: Mapped[date] = mapped_column(comment="服务日期止，含")
    rank_minimum: Mapped[int] = mapped_column(comment="参加分档的最少评价数")
    published_at: Mapped[datetime] = mapped_column(comment="发布时间")


class Figure(Base):
    """One published figure; null where it is withheld."""

    __tablename__ = "figure"
    __table_args__ = (
        one_of("subject", FigureSubject),
        Index("ix_figure_subject", "subject", "key", "release_id"),
        {"comment": "发布的数字；不足十人或可由差额推出的为空"},
    )

    release_id: Mapped[UUID] = mapped_column(ForeignKey("statistics_release.id"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True, comment="字典 service_category")
    subject: Mapped[str] = mapped_column(primary_key=True, comment="市、区、街镇、机构、合同、载体")
    key: Mapped[str] = mapped_column(primary_key=True, comment="区划代码、机构、合同或载体标识")
    ratings: Mapped[int | None] = mapped_column(comment="计入的评价数")
    levels: Mapped[list[int] | None] = mapped_column(
        ARRAY(Integer), comment="一至五级各几条，考核据此计算，不发布"
    )
    served: Mapped[int | None] = mapped_column(comment="服务数，考核据此计算")
    response_share: Mapped[float | None] = mapped_column(comment="评价数占服务数")
    score: Mapped[float | None] = mapped_column(comment="收缩后得分 0–1")
    lower_bound: Mapped[float | None] = mapped_column(comment="95% 区间下限")
    upper_bound: Mapped[float | None] = mapped_column(comment="95% 区间上限")
    prior_mean: Mapped[float | None] = mapped_column(comment="先验均值：该类目全市")
    prior_strength: Mapped[float | None] = mapped_column(comment="先验相当于多少条评价")
    satisfied_share: Mapped[float | None] = mapped_column(comment="满意率：三级及以上")
    band: Mapped[int | None] = mapped_column(SmallInteger, comment="并列档次，1 最高")


class CaseFigure(Base):
    """How the cases of one subject and period fared, as they stood when it was released."""

    __tablename__ = "case_figure"
    __table_args__ = (
        one_of("subject", AssessmentSubject),
        CheckConstraint("cases >= 10 AND in_time <= cases AND solved <= cases", name="cases"),
        Index("ix_case_figure_subject", "subject", "key", "release_id"),
        {"comment": "随统计期定格的工单数字，考核据此计算；不足十件或可由差额推出的不记"},
    )

    release_id: Mapped[UUID] = mapped_column(ForeignKey("statistics_release.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True, comment="责任单位、载体、合同")
    key: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="其标识")
    cases: Mapped[int] = mapped_column(comment="该期收到的工单")
    in_time: Mapped[int] = mapped_column(comment="按期答复的")
    solved: Mapped[int] = mapped_column(comment="经居民确认解决的")
