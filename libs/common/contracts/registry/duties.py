"""Words of duty AB角: who answers in a venue, who stands in, and hours that nobody covers.

The public learns the post and its desk phone, never the person. Periods are days, the end
exclusive; a post without hours of its own stands whenever the venue is open.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.bookings import Moment
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.organisations import Phone
from common.contracts.registry.spaces import Stretch

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]
PostTitle = Annotated[str, Field(min_length=1, max_length=40, description="岗位名称 / post")]


class Corner(StrEnum):
    """A answers, B stands in."""

    A = "a"
    B = "b"


class SubstitutionReason(StrEnum):
    """Why a post is held by somebody else, or by nobody, for a time."""

    LEAVE = "leave"  # 休假
    TRAINING = "training"  # 培训
    REDEPLOYED = "redeployed"  # 抽调
    VACANT = "vacant"  # 缺岗
    EMERGENCY = "emergency"  # 突发


class PostIn(Input):
    """A post of a roster. `person_id` names who holds it, for staff only."""

    title: PostTitle
    phone: Phone
    person_id: UUID | None = None
    hours: OpeningHours | None = Field(
        None, description="null：载体开放即在岗 / null: as the venue"
    )


class Post(Model):
    """A post as the public may know it."""

    title: str = Field(description="岗位 / post")
    phone: str = Field(description="值班电话 / desk phone")
    hours: OpeningHours | None = Field(description="null：载体开放即在岗 / null: as the venue")


class DutyIn(Input):
    """A roster of a venue for a period; a year at most."""

    venue_id: UUID
    valid_from: Day
    valid_to: Day = Field(description="不含当日 / exclusive")
    a: PostIn = Field(description="A角 / who answers")
    b: PostIn = Field(description="B角 / who stands in")


class DutyPatch(Input):
    """What can change of a roster."""

    valid_to: Day | None = None
    a: PostIn | None = None
    b: PostIn | None = None


class StandIn(Input):
    """Who holds a post for a time."""

    title: PostTitle
    phone: Phone
    person_id: UUID | None = None


class SubstitutionIn(Input):
    """A post is held by somebody else for a time; without `stand_in` by nobody."""

    post: Corner
    starts_at: Moment
    ends_at: Moment
    reason: SubstitutionReason
    stand_in: StandIn | None = None


class Substitution(Model):
    """A time in which somebody else, or nobody, holds a post."""

    id: UUID
    post: Corner
    starts_at: Instant
    ends_at: Instant
    title: str | None = Field(description="替补岗位；无人替补为 null / null: nobody stands in")
    phone: str | None


class SubstitutionRecord(Substitution):
    """A substitution as staff see it: why, who wrote it, and whether it was taken back."""

    reason: SubstitutionReason
    person_id: UUID | None
    recorded_at: Instant
    recorded_by: str
    cancelled_at: Instant | None


class Duty(Model):
    """A roster, also its state in the feed `duty`: posts and desk phones, no person."""

    id: UUID
    venue_id: UUID
    valid_from: date
    valid_to: date
    a: Post = Field(description="A角 / who answers")
    b: Post = Field(description="B角 / who stands in")
    substitutions: list[Substitution] = Field(description="替班 / who else, when")
    uncovered_minutes: int = Field(
        description="期内开放而无人在岗的分钟 / open minutes of the period that nobody covers"
    )
    version: int
    updated_at: Instant


class Answering(Model):
    """Who answers at an instant."""

    post: Corner
    title: str
    phone: str
    is_stand_in: bool


class OnDuty(Model):
    """Who answers now 现在由谁答复."""

    venue_id: UUID
    at: Instant
    is_open: bool | None = Field(description="null：未登记开放时间 / null: hours not known")
    answering: Answering | None = Field(description="null：无人在岗 / null: nobody")
    next_in_line: Answering | None = Field(description="其后备 / who stands behind")


class DutyGap(Model):
    """A venue with open hours ahead that nobody covers 缺岗提醒."""

    venue_id: UUID
    venue_name: str
    area_code: str
    has_roster: bool = Field(description="该期间有排班 / some roster lies in these days")
    uncovered_minutes: int
    stretches: list[Stretch] = Field(description="最早的若干段 / the first of them")


class DutyReminder(Model):
    """That a venue has open hours ahead which nobody covers; gone once they are covered."""

    id: UUID
    venue_id: UUID
    area_code: str
    first_gap_at: Instant = Field(description="最早的缺岗时刻 / the first uncovered minute")
    uncovered_minutes: int = Field(description="提醒期内无人在岗的分钟 / uncovered minutes ahead")
    raised_at: Instant = Field(description="提醒时间 / when it was raised")
