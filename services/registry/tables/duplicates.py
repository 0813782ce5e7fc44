"""One record from many: where records are filed for matching, likely duplicates, merges."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.duplicates import DuplicateKind, DuplicateStatus
from common.ids import uuid7
from registry.tables.base import Base, one_of


class RecordKey(Base):
    """A key under which a record is looked for (`domain.likeness.blocking`)."""

    __tablename__ = "record_key"
    __table_args__ = (
        one_of("kind", DuplicateKind),
        Index("ix_record_key_record_id", "kind", "record_id"),
        {"comment": "查重用的分块键，随记录重算"},
    )

    kind: Mapped[str] = mapped_column(primary_key=True, comment="载体、机构")
    key: Mapped[str] = mapped_column(primary_key=True, comment="键：代码、电话、读音、位置等")
    record_id: Mapped[UUID] = mapped_column(primary_key=True, comment="记录")


class RecordSeen(Base):
    """Which version of a record was last looked at for duplicates."""

    __tablename__ = "record_seen"
    __table_args__ = (
        one_of("kind", DuplicateKind),
        {"comment": "查重进度：已查看到的版本"},
    )

    kind: Mapped[str] = mapped_column(primary_key=True, comment="载体、机构")
    record_id: Mapped[UUID] = mapped_column(primary_key=True, comment="记录")
    version: Mapped[int] = mapped_column(comment="已查看的版本")


class Duplicate(Base):
    """Two records that seem to tell of one thing."""

    __tablename__ = "duplicate"
    __table_args__ = (
        one_of("kind", DuplicateKind),
        one_of("status", DuplicateStatus),
        CheckConstraint("first_id < second_id", name="in_order"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        CheckConstraint("jsonb_typeof(reasons) = 'array'", name="reasons_are_a_list"),
        CheckConstraint(
            "(status = 'open') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)"
            " AND (decided_at IS NULL) = (decision_reason IS NULL)",
            name="decided_says_who_and_why",
        ),
        CheckConstraint("(status = 'same') = (merge_id IS NOT NULL)", name="same_is_merged"),
        UniqueConstraint("kind", "first_id", "second_id"),
        Index("ix_duplicate_queue", "kind", "status", "score", "id"),
        Index("ix_duplicate_second_id", "second_id"),
        {"comment": "疑似重复：分数、理由、判定"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="载体、机构")
    first_id: Mapped[UUID] = mapped_column(comment="较早的标识")
    second_id: Mapped[UUID] = mapped_column(comment="较晚的标识")
    score: Mapped[float] = mapped_column(Double, comment="相像程度 0–1")
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="理由，重者在前")
    status: Mapped[str] = mapped_column(comment="待核、存疑、同一、不同")
    merge_id: Mapped[UUID | None] = mapped_column(comment="合并")
    found_at: Mapped[datetime] = mapped_column(comment="发现时间")
    decided_at: Mapped[datetime | None] = mapped_column(comment="判定时间")
    decided_by: Mapped[str | None] = mapped_column(comment="判定人（令牌 subject）")
    decision_reason: Mapped[str | None] = mapped_column(comment="判定理由")


class Merge(Base):
    """Two records made one; kept for ever, so that it can be undone and told."""

    __tablename__ = "merge"
    __table_args__ = (
        one_of("kind", DuplicateKind),
        CheckConstraint("kept_id <> retired_id", name="of_two"),
        CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)"
            " AND (undone_at IS NULL) = (undo_reason IS NULL)",
            name="undone_says_who_and_why",
        ),
        Index(
            "uq_merge_retired_once",
            "kind",
            "retired_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_merge_kept_id", "kind", "kept_id"),
        {"comment": "合并：采用了什么、改指了什么，可撤销"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="载体、机构")
    kept_id: Mapped[UUID] = mapped_column(comment="保留的记录")
    retired_id: Mapped[UUID] = mapped_column(comment="并入的记录")
    area_code: Mapped[str] = mapped_column(comment="保留记录所在区划，数据范围以此为准")
    reason: Mapped[str] = mapped_column(comment="理由")
    taken: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="采用的字段：原值与现值")
    moved: Mapped[dict[str, list[str]]] = mapped_column(JSONB, comment="改指的引用：列与记录标识")
    made_at: Mapped[datetime] = mapped_column(comment="合并时间")
    made_by: Mapped[str] = mapped_column(comment="合并人（令牌 subject）")
    undone_at: Mapped[datetime | None] = mapped_column(comment="撤销时间")
    undone_by: Mapped[str | None] = mapped_column(comment="撤销人（令牌 subject）")
    undo_reason: Mapped[str | None] = mapped_column(comment="撤销理由")
