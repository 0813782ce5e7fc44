"""What every table of the registry has in common. Times are aware UTC; ids are UUIDv7."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Text, Uuid, func, type_coerce
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import TypeDecorator

from common.db import service_metadata
from common.ids import uuid7


class Lexemes(TypeDecorator[list[str]]):
    """A `tsvector` that the application fills with its own tokens; never read back."""

    impl = TSVECTOR
    cache_ok = True

    def bind_expression(self, bindparam: BindParameter[Any]) -> ColumnElement[Any]:
        """The tokens as a vector, as they are: PostgreSQL parses nothing."""
        return func.array_to_tsvector(type_coerce(bindparam, ARRAY(Text)))


class Base(DeclarativeBase):
    """Base of the registry's tables."""

    metadata = service_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}


class Record(Base):
    """A record that people edit: who, when, and which version stands (the ETag)."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7, sort_order=-10)
    version: Mapped[int] = mapped_column(default=1, comment="ETag，每次修改加一", sort_order=90)
    created_at: Mapped[datetime] = mapped_column(comment="建立时间", sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(comment="最近修改时间", sort_order=92)
    created_by: Mapped[str] = mapped_column(comment="建立人（令牌 subject）", sort_order=93)
    updated_by: Mapped[str] = mapped_column(comment="最近修改人", sort_order=94)


def one_of(column: str, words: type[StrEnum] | Iterable[str]) -> CheckConstraint:
    """CHECK that a text column holds one of an enum's words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def forward(start: str = "valid_from", end: str = "valid_to") -> CheckConstraint:
    """CHECK that a period, open or not, runs forward; its end is exclusive."""
    return CheckConstraint(f"{end} IS NULL OR {end} > {start}", name=f"{end}_after_{start}")


def not_backward(start: str = "valid_from", end: str = "valid_to") -> CheckConstraint:
    """CHECK of a period that may be empty: what was called off before its first day."""
    return CheckConstraint(f"{end} >= {start}", name=f"{end}_not_before_{start}")


def lexemes() -> Mapped[list[str]]:
    """The search column: written, matched, never loaded."""
    column: Mapped[list[str]] = deferred(
        mapped_column(
            Lexemes, nullable=False, comment="检索词（单字、双字、拼音），由应用写入", sort_order=95
        ),
        raiseload=True,
    )
    return column
