"""Questions about ratings to a person."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_statistics import AnomalyKind
from common.ids import uuid7
from common.records import one_of
from feedback.tables.base import Base


class Anomaly(Base):
    """A question about ratings to a person."""

    __tablename__ = "anomaly"
    __table_args__ = (
        one_of("kind", AnomalyKind),
        Index("uq_anomaly_once", "kind", "provider_id", "trace", unique=True),
        Index("ix_anomaly_area_code", "area_code", "id"),
        CheckConstraint(
            "(reviewed_at IS NULL) = (finding IS NULL)", name="reviewed_with_a_finding"
        ),
        {"comment": "评价异常提示：只提示，由人查看，不删评价"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="种类")
    provider_id: Mapped[UUID] = mapped_column(Uuid, comment="承接机构")
    category: Mapped[str | None] = mapped_column(comment="字典 service_category")
    area_code: Mapped[str] = mapped_column(comment="街镇")
    trace: Mapped[str] = mapped_column(comment="同一现象只提示一次的键")
    seen_on: Mapped[date] = mapped_column(comment="发现日")
    found: Mapped[int] = mapped_column(comment="看到的数量")
    expected: Mapped[float] = mapped_column(comment="通常的数量")
    reason: Mapped[str] = mapped_column(comment="为何提示")
    rating_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="涉及的评价")
    finding: Mapped[str | None] = mapped_column(comment="查看结论")
    reviewed_at: Mapped[datetime | None] = mapped_column(comment="查看时间")
    reviewed_by: Mapped[str | None] = mapped_column(comment="查看人")
    version: Mapped[int] = mapped_column(comment="ETag，每次修改加一")
