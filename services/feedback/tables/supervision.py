"""Supervision 两代表一委员: roster, desk days, and requests that a body has to answer in time."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_supervision import DeputyKind, Verdict
from common.records import one_of
from feedback.tables.base import Record


class Deputy(Record):
    """A deputy of an area, for a term."""

    __tablename__ = "deputy"
    __table_args__ = (
        one_of("kind", DeputyKind),
        CheckConstraint("term_to >= term_from", name="term"),
        UniqueConstraint("account", "area_code", "term_from"),
        Index("ix_deputy_area", "area_code", "id"),
        {"comment": "两代表一委员名册"},
    )

    name: Mapped[str] = mapped_column(comment="姓名，公开")
    kind: Mapped[str] = mapped_column(comment="党代表、人大代表、政协委员")
    area_code: Mapped[str] = mapped_column(comment="联系的区划")
    account: Mapped[str] = mapped_column(comment="登录账号，不公开")
    term_from: Mapped[date] = mapped_column(comment="任期起")
    term_to: Mapped[date | None] = mapped_column(comment="任期末日，含")


class DeskDay(Record):
    """A day on which deputies receive residents."""

    __tablename__ = "desk_day"
    __table_args__ = (
        Index("ix_desk_day_area", "area_code", "held_on", "id"),
        {"comment": "代表委员接待日"},
    )

    area_code: Mapped[str] = mapped_column(comment="区划")
    held_on: Mapped[date] = mapped_column(comment="日期")
    place: Mapped[str] = mapped_column(comment="地点")
    deputy_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="到场的代表委员")


class Supervision(Record):
    """What a deputy asks a body to account for."""

    __tablename__ = "supervision"
    __table_args__ = (
        one_of("verdict", Verdict),
        UniqueConstraint("number"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_whole"),
        CheckConstraint("(verdict IS NULL) = (judged_at IS NULL)", name="judged_whole"),
        CheckConstraint("verdict IS NULL OR answer IS NOT NULL", name="judged_after_the_answer"),
        CheckConstraint("escalation_level BETWEEN 0 AND 3", name="escalation_level"),
        Index("ix_supervision_area", "area_code", "id"),
        Index(
            "ix_supervision_late",
            text("coalesce(escalates_at, due_at)"),
            postgresql_where="answer IS NULL AND escalation_level < 3",
        ),
        {"comment": "督办：代表委员提出，限期书面答复，代表委员评判，公开"},
    )

    number: Mapped[str] = mapped_column(comment="督办编号")
    area_code: Mapped[str] = mapped_column(comment="区划")
    title: Mapped[str] = mapped_column(comment="题目")
    words: Mapped[str] = mapped_column(comment="要求，公开")
    deputy_id: Mapped[UUID] = mapped_column(comment="提出的代表委员")
    body_id: Mapped[UUID] = mapped_column(comment="须答复的单位")
    case_id: Mapped[UUID | None] = mapped_column(comment="所督办的工单，不公开")
    desk_day_id: Mapped[UUID | None] = mapped_column(comment="接待日")
    requested_at: Mapped[datetime] = mapped_column(comment="提出时间")
    due_at: Mapped[datetime] = mapped_column(comment="答复期限")
    is_due_provisional: Mapped[bool] = mapped_column(comment="期限超出已公布日历")
    deadline_rule: Mapped[str] = mapped_column(comment="期限依据的规则编号")
    escalation_level: Mapped[int] = mapped_column(
        SmallInteger, default=0, server_default="0", comment="逾期未答复的上报层级"
    )
    escalates_at: Mapped[datetime | None] = mapped_column(
        comment="下一次上报的时间；空为期限届满时"
    )
    answer: Mapped[str | None] = mapped_column(comment="书面答复，公开")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")
    verdict: Mapped[str | None] = mapped_column(comment="代表委员的评判")
    verdict_words: Mapped[str | None] = mapped_column(comment="评判说明，公开")
    judged_at: Mapped[datetime | None] = mapped_column(comment="评判时间")
