"""Words of growing people 人才成长: career grades, the wage guide, training plans.

Grades and wages are what the city has said, dated and with the document. A training plan keeps why
each course is in it: a gap that residents feel, or a low rating of an organisation.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.people import Hours, Qualification
from common.contracts.shapes import AreaCode

GradeCode = Annotated[
    str, Field(pattern=r"^[a-z0-9_]{1,40}$", description="职级代码 / code of a grade")
]
Document = Annotated[
    str, Field(min_length=1, max_length=100, description="依据文件及文号 / document and number")
]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]


class GradeIn(Input):
    """A rung of the career ladder 职级, from a day on."""

    code: GradeCode
    name: Annotated[str, Field(min_length=1, max_length=40, description="如 二级社工 / name")]
    rank: Annotated[int, Field(ge=1, le=50, description="次序，1 为最低 / order, 1 the lowest")]
    years_below: Annotated[
        int, Field(ge=0, le=40, description="须在下一级任职满几年 / years in the grade below")
    ]
    qualification: Qualification | None = Field(
        None, description="须有的职业资格或更高者 / qualification, or a higher one"
    )
    document: Document
    valid_from: Day


class CareerGrade(Model):
    """A rung of the career ladder."""

    id: UUID
    code: str
    name: str
    rank: int
    years_below: int
    qualification: Qualification | None
    document: str
    valid_from: date
    valid_to: date | None = Field(description="不含当日 / exclusive")
    version: int


class WageIn(Input):
    """What a grade is paid a month in an area 薪酬指导, from a day on."""

    area_code: AreaCode
    grade: GradeCode
    low_fen: Annotated[int, Field(ge=1, le=100_000_000, description="下限，分 / low, in fen")]
    middle_fen: Annotated[int, Field(ge=1, le=100_000_000, description="中位，分 / middle")]
    high_fen: Annotated[int, Field(ge=1, le=100_000_000, description="上限，分 / high")]
    document: Document
    valid_from: Day


class Wage(Model):
    """A line of the wage guide: by month, before tax."""

    id: UUID
    area_code: str
    grade: str
    low_fen: Fen
    middle_fen: Fen
    high_fen: Fen
    document: str
    valid_from: date
    valid_to: date | None = Field(description="不含当日 / exclusive")
    version: int


class Ending(Input):
    """The first day on which a rung or a line holds no more."""

    valid_to: Day = Field(description="不含当日 / exclusive")


class StepIn(Input):
    """Somebody is given a grade."""

    grade: GradeCode
    from_on: Day
    document: Document


class CareerStep(Model):
    """A grade that somebody was given."""

    id: UUID
    grade: str
    from_on: date
    document: str
    recorded_at: Instant


class Lacking(StrEnum):
    """What a grade asks for and somebody does not have yet."""

    YEARS = "years"  # 任职年限
    QUALIFICATION = "qualification"  # 职业资格
    EDUCATION = "education"  # 继续教育学时


class NextGrade(Model):
    """The next rung, and what is lacking for it."""

    grade: str
    name: str
    lacking: list[Lacking] = Field(description="空为已具备 / empty: may be given")
    earliest_on: date = Field(description="任职年限届满日 / when the years are served")


class Career(Model):
    """How far somebody has come, and what comes next 职业发展."""

    person_id: UUID
    grade: str | None = Field(description="现职级；未定级为 null / null: none yet")
    since_on: date | None
    next: NextGrade | None = Field(description="已是最高级为 null / null: the highest")
    steps: list[CareerStep]


class NeedReason(StrEnum):
    """Why a training need is seen."""

    GAP = "gap"  # 居民需求缺口
    LOW_RATING = "low_rating"  # 承接机构低评价


class TrainingNeed(Model):
    """What people of an area should learn, and why."""

    reason: NeedReason
    source_id: UUID = Field(description="缺口或评级的标识 / id of the gap, or of the rating")
    category: str = Field(description="服务类别，字典 service_category / category")
    organisation_id: UUID | None = Field(description="低评价的机构 / organisation rated low")
    unmet_needs: int | None = Field(description="未满足需求数 / needs that nobody serves")
    rating: float | None = Field(description="评级区间上界 0–1 / upper bound of the rating")
    skilled: int = Field(description="辖区内擅长者人数 / people of the area who are good at it")
    rule: str = Field(description="依据的规则编号 / rule")


class PlanIn(Input):
    """A plan of an area for some time. What stands in it is drawn from the needs of today."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    area_code: AreaCode
    valid_from: Day
    valid_to: Day = Field(description="不含当日 / exclusive")
    source_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = Field(
        None, description="只收这些需求，默认全部 / only these needs; all when absent"
    )


class PlanStatus(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    ADOPTED = "adopted"
    CLOSED = "closed"


class PlanMove(Input):
    """A step of a plan's life."""

    status: PlanStatus


class Enrolment(Model):
    """Somebody in a course of a plan."""

    person_id: UUID
    hours: float = Field(description="已学 / hours learnt")
    completed_at: Instant | None


class Course(TrainingNeed):
    """A training need as a plan keeps it: how long it takes, and who learns."""

    id: UUID
    hours: float = Field(description="学时 / hours it takes")
    enrolments: list[Enrolment]


class TrainingPlan(Model):
    """A training plan 培训计划."""

    id: UUID
    title: str
    area_code: str
    valid_from: date
    valid_to: date
    status: PlanStatus
    courses: list[Course]
    version: int
    updated_at: Instant


class EnrolmentIn(Input):
    """Who learns."""

    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class AttendanceIn(Input):
    """Hours that somebody attended a course on a day."""

    on: Day
    hours: Hours
