"""Growing people: the ladder, the wage guide, who was given which grade, and training plans."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.growth import NeedReason, PlanStatus
from common.contracts.registry.people import Qualification
from common.ids import uuid7
from registry.tables.base import Base, Record, forward, one_of

_DAYS = (text("daterange(valid_from, valid_to)"), "&&")


class CareerGrade(Record):
    """A rung of the career ladder."""

    __tablename__ = "career_grade"
    __table_args__ = (
        forward(),
        one_of("qualification", Qualification),
        CheckConstraint("rank > 0 AND years_below >= 0", name="is_a_rung"),
        ExcludeConstraint(("code", "="), _DAYS, name="ex_career_grade_code_once"),
        ExcludeConstraint(("rank", "="), _DAYS, name="ex_career_grade_rank_once"),
        {"comment": "职级序列，逐项注明依据与有效期"},
    )

    code: Mapped[str] = mapped_column(comment="职级代码")
    name: Mapped[str] = mapped_column(comment="职级名称")
    rank: Mapped[int] = mapped_column(comment="次序，1 为最低")
    years_below: Mapped[int] = mapped_column(comment="须在下一级任职满几年")
    qualification: Mapped[str | None] = mapped_column(comment="须有的职业资格或更高者")
    document: Mapped[str] = mapped_column(comment="依据文件及文号")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="截止日期，不含当日")


class Wage(Record):
    """A line of the wage guide: what a grade is paid a month in an area."""

    __tablename__ = "wage"
    __table_args__ = (
        forward(),
        CheckConstraint(
            "low_fen > 0 AND low_fen <= middle_fen AND middle_fen <= high_fen", name="in_order"
        ),
        ExcludeConstraint(("area_code", "="), ("grade", "="), _DAYS, name="ex_wage_one_at_a_time"),
        {"comment": "薪酬指导，逐项注明依据与有效期"},
    )

    area_code: Mapped[str] = mapped_column(comment="适用区划 12 位代码")
    grade: Mapped[str] = mapped_column(comment="职级代码")
    low_fen: Mapped[int] = mapped_column(BigInteger, comment="月薪下限，分")
    middle_fen: Mapped[int] = mapped_column(BigInteger, comment="月薪中位，分")
    high_fen: Mapped[int] = mapped_column(BigInteger, comment="月薪上限，分")
    document: Mapped[str] = mapped_column(comment="依据文件及文号")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="截止日期，不含当日")


class CareerStep(Base):
    """A grade that somebody was given. Rows only grow."""

    __tablename__ = "career_step"
    __table_args__ = (
        Index("uq_career_step_from_on", "person_id", "from_on", unique=True),
        {"comment": "定级与晋升记录，只增不删"},
    )

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id"), primary_key=True, comment="人员"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    grade: Mapped[str] = mapped_column(comment="职级代码")
    from_on: Mapped[date] = mapped_column(comment="起始日期")
    document: Mapped[str] = mapped_column(comment="依据文件及文号")
    recorded_at: Mapped[datetime] = mapped_column(comment="登记时间")
    recorded_by: Mapped[str] = mapped_column(comment="登记人")


class TrainingPlan(Record):
    """A training plan of an area."""

    __tablename__ = "training_plan"
    __table_args__ = (
        forward(),
        one_of("status", PlanStatus),
        Index("ix_training_plan_area_code", "area_code", "id"),
        {"comment": "培训计划，内容由缺口与低评价得出"},
    )

    title: Mapped[str] = mapped_column(comment="计划名称")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="截止日期，不含当日")
    status: Mapped[str] = mapped_column(comment="状态：拟订、已通过、已结束")


class TrainingCourse(Base):
    """A training need as a plan keeps it."""

    __tablename__ = "training_course"
    __table_args__ = (
        one_of("reason", NeedReason),
        CheckConstraint("hours > 0", name="hours"),
        CheckConstraint(
            "(reason = 'gap') = (unmet_needs IS NOT NULL)"
            " AND (reason = 'low_rating') = (rating IS NOT NULL AND organisation_id IS NOT NULL)",
            name="says_why",
        ),
        Index("uq_training_course_source", "plan_id", "source_id", unique=True),
        {"comment": "培训计划的课程及其缘由"},
    )

    plan_id: Mapped[UUID] = mapped_column(
        ForeignKey("training_plan.id"), primary_key=True, comment="所属计划"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    reason: Mapped[str] = mapped_column(comment="缘由：缺口、低评价")
    source_id: Mapped[UUID] = mapped_column(comment="缺口或评级的标识")
    category: Mapped[str] = mapped_column(comment="服务类别，字典 service_category")
    organisation_id: Mapped[UUID | None] = mapped_column(comment="低评价的机构")
    unmet_needs: Mapped[int | None] = mapped_column(comment="拟订时的未满足需求数")
    rating: Mapped[float | None] = mapped_column(Double, comment="拟订时的评级上界")
    skilled: Mapped[int] = mapped_column(comment="拟订时辖区内擅长者人数")
    rule: Mapped[str] = mapped_column(comment="依据的规则编号")
    hours: Mapped[float] = mapped_column(Double, comment="学时")


class TrainingEnrolment(Base):
    """Somebody in a course of a plan."""

    __tablename__ = "training_enrolment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["plan_id", "course_id"], ["training_course.plan_id", "training_course.id"]
        ),
        CheckConstraint("hours >= 0", name="hours"),
        Index("ix_training_enrolment_person_id", "person_id"),
        {"comment": "培训报名与所学学时"},
    )

    plan_id: Mapped[UUID] = mapped_column(primary_key=True, comment="所属计划")
    course_id: Mapped[UUID] = mapped_column(primary_key=True, comment="课程")
    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id"), primary_key=True, comment="人员"
    )
    hours: Mapped[float] = mapped_column(Double, comment="已学学时")
    completed_at: Mapped[datetime | None] = mapped_column(comment="完成时间")
