"""Duty rosters AB角 of venues, and who stood in when and why: rows of the latter only grow."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.duties import Corner, SubstitutionReason
from common.ids import uuid7
from registry.tables.base import Base, Record, forward, one_of

OPEN_REMINDER: Final = "settled_at IS NULL"


class Duty(Record):
    """Who answers in a venue, and who stands in, for a period."""

    __tablename__ = "duty"
    __table_args__ = (
        forward(),
        CheckConstraint("valid_to IS NOT NULL AND uncovered_minutes >= 0", name="is_whole"),
        CheckConstraint("a_person_id <> b_person_id", name="two_persons"),
        ExcludeConstraint(
            ("venue_id", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_duty_one_at_a_time",
        ),
        Index("ix_duty_venue_id", "venue_id", "valid_from"),
        Index(
            "ix_duty_a_person_id", "a_person_id", postgresql_where=text("a_person_id IS NOT NULL")
        ),
        {"comment": "AB角值守：载体每期的责任人与替补"},
    )

    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="截止日期，不含当日")
    a_title: Mapped[str] = mapped_column(comment="A角岗位")
    a_phone: Mapped[str] = mapped_column(comment="A角值班电话")
    a_person_id: Mapped[UUID | None] = mapped_column(comment="A角人员，不对外")
    a_hours: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="A角在岗时间；空为载体开放即在岗"
    )
    b_title: Mapped[str] = mapped_column(comment="B角岗位")
    b_phone: Mapped[str] = mapped_column(comment="B角值班电话")
    b_person_id: Mapped[UUID | None] = mapped_column(comment="B角人员，不对外")
    b_hours: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="B角在岗时间；空为载体开放即在岗"
    )
    uncovered_minutes: Mapped[int] = mapped_column(comment="期内开放而无人在岗的分钟")


class DutySubstitution(Base):
    """A time in which somebody else, or nobody, holds a post."""

    __tablename__ = "duty_substitution"
    __table_args__ = (
        one_of("post", Corner),
        one_of("reason", SubstitutionReason),
        CheckConstraint("ends_at > starts_at", name="runs_forward"),
        CheckConstraint("(title IS NULL) = (phone IS NULL)", name="stand_in_is_whole"),
        ExcludeConstraint(
            ("duty_id", "="),
            ("post", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text("cancelled_at IS NULL"),
            name="ex_duty_substitution_one_at_a_time",
        ),
        {"comment": "替班与缺岗记录，只增不删"},
    )

    duty_id: Mapped[UUID] = mapped_column(
        ForeignKey("duty.id"), primary_key=True, comment="所属排班"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    post: Mapped[str] = mapped_column(comment="A角或B角")
    starts_at: Mapped[datetime] = mapped_column(comment="开始")
    ends_at: Mapped[datetime] = mapped_column(comment="结束，不含")
    reason: Mapped[str] = mapped_column(comment="原因代码")
    title: Mapped[str | None] = mapped_column(comment="替补岗位；空为无人替补")
    phone: Mapped[str | None] = mapped_column(comment="替补电话")
    person_id: Mapped[UUID | None] = mapped_column(comment="替补人员，不对外")
    recorded_at: Mapped[datetime] = mapped_column(comment="登记时间")
    recorded_by: Mapped[str] = mapped_column(comment="登记人")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")


class DutyReminder(Base):
    """That open hours ahead are not covered: open until they are, one a venue at a time."""

    __tablename__ = "duty_reminder"
    __table_args__ = (
        CheckConstraint("uncovered_minutes > 0", name="uncovered_minutes"),
        CheckConstraint("settled_at >= raised_at", name="settled_at_after_raised_at"),
        Index(
            "uq_duty_reminder_open", "venue_id", unique=True, postgresql_where=text(OPEN_REMINDER)
        ),
        Index(
            "ix_duty_reminder_area_code",
            "area_code",
            "id",
            postgresql_where=text(OPEN_REMINDER),
        ),
        {"comment": "缺岗提醒：未来开放时间无人在岗，补齐后即了结"},
    )

    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID] = mapped_column(primary_key=True, comment="载体")
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    area_code: Mapped[str] = mapped_column(comment="载体所在区划 12 位代码")
    first_gap_at: Mapped[datetime] = mapped_column(comment="最早的缺岗时刻")
    uncovered_minutes: Mapped[int] = mapped_column(comment="提醒期内无人在岗的分钟")
    raised_at: Mapped[datetime] = mapped_column(comment="提醒时间")
    settled_at: Mapped[datetime | None] = mapped_column(comment="了结时间")
