"""Cross-department issues 跨部门议题: one body leads, others help, until a day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_issues import IssueStatus
from common.records import one_of
from feedback.tables.base import Base, Record


class Issue(Record):
    """What no single body can solve."""

    __tablename__ = "issue"
    __table_args__ = (
        one_of("status", IssueStatus),
        UniqueConstraint("number"),
        CheckConstraint("NOT (lead_id = ANY (helping_ids))", name="who_leads_does_not_help"),
        CheckConstraint("(status = 'settled') = (settled_at IS NOT NULL)", name="settled_whole"),
        Index("ix_issue_area", "area_code", "id"),
        {"comment": "跨部门议题台账：牵头、配合、期限"},
    )

    number: Mapped[str] = mapped_column(comment="议题编号")
    area_code: Mapped[str] = mapped_column(comment="区划")
    title: Mapped[str] = mapped_column(comment="题目")
    words: Mapped[str] = mapped_column(comment="内容")
    status: Mapped[str] = mapped_column(comment="状态")
    lead_id: Mapped[UUID] = mapped_column(comment="牵头单位")
    helping_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="配合单位")
    case_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="所涉工单")
    due_on: Mapped[date] = mapped_column(comment="办结日期，含")
    raised_at: Mapped[datetime] = mapped_column(comment="提出时间")
    settled_at: Mapped[datetime | None] = mapped_column(comment="办结时间")


class IssueStep(Base):
    """One step of an issue. Its number is the version that the step made."""

    __tablename__ = "issue_step"
    __table_args__ = ({"comment": "议题的每一步，只增不改"},)

    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="版本号")
    at: Mapped[datetime] = mapped_column(comment="时间")
    by: Mapped[str] = mapped_column(comment="记录人")
    body_id: Mapped[UUID | None] = mapped_column(comment="由哪个单位")
    words: Mapped[str] = mapped_column(comment="进展或理由")
