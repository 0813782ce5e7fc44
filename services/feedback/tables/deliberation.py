"""Deliberation 议事: bodies and their seats, meetings, resolutions that go on from each other."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_deliberation import BodyKind, MeetingStatus
from common.records import one_of
from feedback.tables.base import Base, Record


class DeliberationBody(Record):
    """Who deliberates, for a term."""

    __tablename__ = "deliberation_body"
    __table_args__ = (
        one_of("kind", BodyKind),
        CheckConstraint("term_to_on >= term_from_on", name="term"),
        Index("ix_deliberation_body_area_code", "area_code", "id"),
        {"comment": "议事机构：联席会议、社区委员会、居民代表会议、议事会、人大代表"},
    )

    kind: Mapped[str] = mapped_column(comment="种类")
    name: Mapped[str] = mapped_column(comment="名称")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    term_from_on: Mapped[date] = mapped_column(comment="任期首日")
    term_to_on: Mapped[date] = mapped_column(comment="任期末日，含")


class Seat(Base):
    """A seat, named by what it stands for."""

    __tablename__ = "deliberation_seat"
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="to_on"),
        {"comment": "席位：不写个人姓名"},
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("deliberation_body.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str] = mapped_column(comment="席位名称")
    organisation_id: Mapped[UUID | None] = mapped_column(comment="所代表的机构")
    from_on: Mapped[date] = mapped_column(comment="首日")
    to_on: Mapped[date | None] = mapped_column(comment="末日，含；空为在席")


class Meeting(Record):
    """A meeting, with its quorum as it was and its minutes."""

    __tablename__ = "meeting"
    __table_args__ = (
        one_of("status", MeetingStatus),
        CheckConstraint("present <= seats", name="present"),
        CheckConstraint(
            "(status IN ('held', 'inquorate')) = (held_at IS NOT NULL)"
            " AND (held_at IS NULL) = (minutes IS NULL)",
            name="held_has_minutes",
        ),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)"
            " AND (cancelled_at IS NULL) = (cancel_reason IS NULL)",
            name="cancelled_with_reason",
        ),
        Index("ix_meeting_body_id", "body_id", "id"),
        Index("ix_meeting_area_code", "area_code", "id"),
        {"comment": "会议：议题、到会、纪要"},
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("deliberation_body.id"), comment="议事机构")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    status: Mapped[str] = mapped_column(comment="状态")
    starts_at: Mapped[datetime] = mapped_column(comment="开始时间")
    place: Mapped[str] = mapped_column(comment="地点")
    seats: Mapped[int | None] = mapped_column(comment="应到席位")
    present: Mapped[int | None] = mapped_column(comment="实到席位")
    present_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), comment="到会席位")
    quorum_rule: Mapped[str | None] = mapped_column(comment="法定人数的规则编号")
    minutes: Mapped[str | None] = mapped_column(comment="纪要，公开")
    held_at: Mapped[datetime | None] = mapped_column(comment="登记纪要的时间")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="取消时间")
    cancel_reason: Mapped[str | None] = mapped_column(comment="取消的公开理由")


class MeetingTopic(Base):
    """A topic of a meeting."""

    __tablename__ = "meeting_topic"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position"),
        {"comment": "会议议题"},
    )

    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    position: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, autoincrement=False, comment="次序，从 1 起"
    )
    title: Mapped[str] = mapped_column(comment="题目")
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposal.id"), comment="提案")


class Resolution(Base):
    """What a meeting decided on a topic; it only grows.

    A trigger: it goes on from one on the same proposal, within its area; where there is none, from
    one of its own body on a topic with the same title.
    """

    __tablename__ = "resolution"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("meeting_id", "topic"),
        UniqueConstraint("previous_id"),
        ForeignKeyConstraint(
            ["meeting_id", "topic"], ["meeting_topic.meeting_id", "meeting_topic.position"]
        ),
        CheckConstraint("votes_for >= 0 AND votes_against >= 0 AND abstained >= 0", name="votes"),
        CheckConstraint("votes_for + votes_against + abstained <= present", name="within_present"),
        CheckConstraint("previous_id <> id", name="goes_on_from_another"),
        Index("ix_resolution_proposal_id", "proposal_id", "id"),
        Index("ix_resolution_area_code", "area_code", "id"),
        {"comment": "决议：票数、是否通过、承接的前一决议"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(comment="决议编号")
    meeting_id: Mapped[UUID] = mapped_column(comment="会议")
    topic: Mapped[int] = mapped_column(SmallInteger, comment="议题次序")
    body_id: Mapped[UUID] = mapped_column(ForeignKey("deliberation_body.id"), comment="议事机构")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposal.id"), comment="提案")
    text: Mapped[str] = mapped_column(comment="决议内容")
    present: Mapped[int] = mapped_column(comment="到会席位")
    votes_for: Mapped[int] = mapped_column(comment="赞成")
    votes_against: Mapped[int] = mapped_column(comment="反对")
    abstained: Mapped[int] = mapped_column(comment="弃权")
    is_adopted: Mapped[bool] = mapped_column(comment="是否通过，由规则得出")
    majority_rule: Mapped[str] = mapped_column(comment="多数的规则编号")
    previous_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("resolution.id"), comment="承接的前一决议"
    )
    decided_at: Mapped[datetime] = mapped_column(comment="登记时间")
    decided_by: Mapped[str] = mapped_column(comment="登记人")
