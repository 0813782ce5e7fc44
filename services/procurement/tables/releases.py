"""OCDS releases, immutable, and the record of each process compiled from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.ids import uuid7
from procurement.tables.base import Base


class OcdsRelease(Base):
    """What one step told. A trigger refuses every change and deletion."""

    __tablename__ = "ocds_release"
    __table_args__ = (
        Index("ix_ocds_release_key", "key", unique=True),
        {"comment": "OCDS 发布：每步一份，只增不改"},
    )

    tender_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tender.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="序号")
    key: Mapped[UUID] = mapped_column(Uuid, default=uuid7, comment="列表次序")
    released_at: Mapped[datetime] = mapped_column(comment="发布时间")
    tag: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="releaseTag")
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="发布内容")


class OcdsRecord(Base):
    """A process as its releases compile to; locked by each step that adds one."""

    __tablename__ = "ocds_record"
    __table_args__ = (
        Index("ix_ocds_record_ocid", "ocid", unique=True),
        {"comment": "OCDS 记录：由各次发布合成"},
    )

    tender_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tender.id"), primary_key=True)
    ocid: Mapped[str] = mapped_column(comment="OCDS 采购过程编号")
    number: Mapped[int] = mapped_column(comment="最近一次发布的序号")
    released_at: Mapped[datetime] = mapped_column(comment="最近一次发布时间")
    state: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="最近一次发布时的全部公开内容")
    compiled: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="合成结果")
