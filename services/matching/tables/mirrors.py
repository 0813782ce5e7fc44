"""What other services publish, as their feeds last told it: written by the feeds only."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from matching.tables.base import Base


class Mirrored(Base):
    """The present state of a record of another service."""

    __tablename__ = "mirrored"
    __table_args__ = (
        Index("ix_mirrored_area_code", "kind", "area_code", "record_id"),
        {"comment": "其他服务公开记录的副本，只由变更流写入"},
    )

    kind: Mapped[str] = mapped_column(primary_key=True, comment="变更流种类")
    record_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="记录标识")
    area_code: Mapped[str | None] = mapped_column(comment="记录所在区划，无则为空")
    state: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="记录的状态")
