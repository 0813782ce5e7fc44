"""What was conducted on the designated platform 法定平台, and how its clocks measure up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from procurement.tables.base import Base


class PlatformRecord(Base):
    """One import: where from, under which number, and each clock that was checked."""

    __tablename__ = "platform_record"
    __table_args__ = ({"comment": "法定平台导入记录"},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(comment="平台名称")
    number: Mapped[str] = mapped_column(comment="平台项目编号")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="逐项时限核对结果")
    imported_at: Mapped[datetime] = mapped_column(comment="导入时间")
    imported_by: Mapped[str] = mapped_column(comment="导入人")
