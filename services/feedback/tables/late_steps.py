"""What was late and told upwards: once for each step of a record and each level."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_escalations import LateStep
from common.ids import uuid7
from common.records import one_of
from feedback.tables.base import Base


class Escalation(Base):
    """A late step that was told one level up; the row is never changed."""

    __tablename__ = "escalation"
    __table_args__ = (
        one_of("step", LateStep),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        UniqueConstraint("record_id", "step", "level", "round"),
        Index("ix_escalation_area", "area_code", "id"),
        {"comment": "逾期上报：先行联系、差评办理、督办答复，每步每层级一次"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    record_id: Mapped[UUID] = mapped_column(Uuid, comment="工单、评价或督办")
    step: Mapped[str] = mapped_column(comment="逾期的步骤")
    level: Mapped[int] = mapped_column(SmallInteger, comment="1 街镇，2 区，3 市")
    round: Mapped[int] = mapped_column(
        SmallInteger, default=1, server_default="1", comment="第几轮：好评后再给差评另起一轮"
    )
    area_code: Mapped[str] = mapped_column(comment="区划")
    due_at: Mapped[datetime] = mapped_column(comment="该步骤的期限")
    at: Mapped[datetime] = mapped_column(comment="上报时间")
