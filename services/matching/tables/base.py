"""What every table of the matching has in common. Times are aware UTC; ids are UUIDv7."""

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from common.db import service_metadata
from common.ids import uuid7


class Base(DeclarativeBase):
    """Base of the matching's tables."""

    metadata = service_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}  # noqa: RUF012


class Record(Base):
    """A record that people edit: who, when, and which version stands (the ETag)."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7, sort_order=-10)
    version: Mapped[int] = mapped_column(default=1, comment="ETag，每次修改加一", sort_order=90)
    created_at: Mapped[datetime] = mapped_column(comment="建立时间", sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(comment="最近修改时间", sort_order=92)
    created_by: Mapped[str] = mapped_column(comment="建立人；居民为化名", sort_order=93)
    updated_by: Mapped[str] = mapped_column(comment="最近修改人；居民为化名", sort_order=94)


def one_of(column: str, words: type[StrEnum] | type[IntEnum] | Iterable[str]) -> CheckConstraint:
    """CHECK that a column holds one of an enum's words."""
    listed = ", ".join(repr(getattr(word, "value", word)) for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
