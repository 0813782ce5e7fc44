"""What records were: every version that an edit replaced, kept by a trigger. It only grows."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Base

# Columns that follow from others, or that only the record itself may keep: no version holds them.
NOT_KEPT: Final = (
    *("search", "place", "open_minutes", "exception_days", "exception_minutes"),
    *("contact_name", "contact_phone", "contact_index"),
)


class RecordVersion(Base):
    """A version of a record that stands no more: `made_at` and `made_by` are of its making."""

    __tablename__ = "record_version"
    __table_args__ = {"comment": "记录的历次版本：每次修改前的原样，只增不改"}

    kind: Mapped[str] = mapped_column(primary_key=True, comment="表名")
    record_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="记录标识")
    version: Mapped[int] = mapped_column(primary_key=True, comment="版本号")
    made_at: Mapped[datetime] = mapped_column(comment="该版本形成的时间")
    made_by: Mapped[str] = mapped_column(comment="形成该版本的人（令牌 subject）")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="该版本各列")
