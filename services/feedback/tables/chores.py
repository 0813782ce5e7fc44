"""What the service does now and then, once for all its processes."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from feedback.tables.base import Base


class Chore(Base):
    """When something was done last; a process that does it again says so in its transaction."""

    __tablename__ = "chore"
    __table_args__ = ({"comment": "定期事项：各进程合计只做一次"},)

    name: Mapped[str] = mapped_column(primary_key=True, comment="事项")
    done_at: Mapped[datetime] = mapped_column(comment="最近一次完成时间")
