"""Ideas 一线建议: what staff ask of this platform, and what was answered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_ideas import IdeaOutcome
from common.records import one_of
from feedback.tables.base import Record


class Idea(Record):
    """One idea. Who wrote it is kept, and never published."""

    __tablename__ = "idea"
    __table_args__ = (
        one_of("outcome", IdeaOutcome),
        CheckConstraint(
            "(outcome IS NULL) = (answer IS NULL) AND (outcome IS NULL) = (answered_at IS NULL)",
            name="answered_whole",
        ),
        Index("ix_idea_open", "id", postgresql_where="outcome IS NULL"),
        {"comment": "一线建议：对本平台的改进意见，公开答复"},
    )

    title: Mapped[str] = mapped_column(comment="题目")
    words: Mapped[str] = mapped_column(comment="内容，公开")
    area_code: Mapped[str] = mapped_column(comment="提出人所在区划")
    outcome: Mapped[str | None] = mapped_column(comment="处理结果")
    answer: Mapped[str | None] = mapped_column(comment="答复，公开")
    raised_at: Mapped[datetime] = mapped_column(comment="提出时间")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")
