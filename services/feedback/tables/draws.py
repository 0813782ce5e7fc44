"""Draws 抽签: the seed is sealed until it is drawn, its SM3 public from the start."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_draws import DrawStatus
from common.records import one_of
from feedback.tables.base import Base, Record


class Draw(Record):
    """A jury to be drawn by lot."""

    __tablename__ = "draw"
    __table_args__ = (
        one_of("status", DrawStatus),
        CheckConstraint("(status = 'open') = (list_sm3 IS NULL)", name="closed_has_digest"),
        CheckConstraint(
            "(status = 'drawn') = (seed IS NOT NULL AND public_value IS NOT NULL)",
            name="drawn_is_told",
        ),
        Index("ix_draw_area_code", "area_code", "id"),
        {"comment": "抽签：承诺在先、公开随机数在后，任何人可复算"},
    )

    title: Mapped[str] = mapped_column(comment="题目")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    status: Mapped[str] = mapped_column(comment="状态")
    commitment_sm3: Mapped[str] = mapped_column(comment="种子的 SM3，设立时公布")
    sealed_seed: Mapped[bytes] = mapped_column(LargeBinary, comment="种子密文")
    public_source: Mapped[str] = mapped_column(comment="事先声明的公开随机数来源")
    public_on: Mapped[date] = mapped_column(comment="公开随机数的日期")
    list_sm3: Mapped[str | None] = mapped_column(comment="候选名单的 SM3")
    seed: Mapped[str | None] = mapped_column(comment="种子，十六进制，抽签后公布")
    public_value: Mapped[str | None] = mapped_column(comment="公开随机数")
    closed_at: Mapped[datetime | None] = mapped_column(comment="名单冻结时间")
    drawn_at: Mapped[datetime | None] = mapped_column(comment="抽签时间")


class DrawStratum(Base):
    """A group from which so many are drawn."""

    __tablename__ = "draw_stratum"
    __table_args__ = (
        CheckConstraint("seats >= 1", name="seats"),
        {"comment": "抽签分组与席位"},
    )

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, comment="分组代码")
    name: Mapped[str] = mapped_column(comment="名称")
    seats: Mapped[int] = mapped_column(SmallInteger, comment="席位数")


class DrawCandidate(Base):
    """Somebody who may be drawn, under a code."""

    __tablename__ = "draw_candidate"
    __table_args__ = (
        ForeignKeyConstraint(["draw_id", "stratum"], ["draw_stratum.draw_id", "draw_stratum.code"]),
        {"comment": "抽签候选：只有代码，不写姓名"},
    )

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, comment="候选代码")
    stratum: Mapped[str] = mapped_column(comment="分组代码")
    position: Mapped[int | None] = mapped_column(comment="组内抽出次序，从 1 起")
    is_drawn: Mapped[bool] = mapped_column(comment="是否抽中；其余按次序候补")
