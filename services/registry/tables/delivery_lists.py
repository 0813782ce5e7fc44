"""Delivery lists 资源配送清单. The lines are one value: a list is written and read as a whole."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.delivery_lists import ListStatus
from registry.tables.areas import period
from registry.tables.base import Record, forward, one_of


class DeliveryList(Record):
    """What the people of a street can call for a time. One list at a time is published."""

    __tablename__ = "delivery_list"
    __table_args__ = (
        one_of("status", ListStatus),
        forward(),
        CheckConstraint("jsonb_typeof(lines) = 'array'", name="lines_are_a_list"),
        CheckConstraint(
            "(status = 'draft') = (published_at IS NULL)"
            " AND (status = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name="steps_have_times",
        ),
        ExcludeConstraint(
            ("area_code", "="),
            (period(), "&&"),
            where="status = 'published'",
            name="ex_delivery_list_one_at_a_time",
        ),
        Index("ix_delivery_list_area_code", "area_code", "id"),
        Index("ix_delivery_list_area_id", "area_id"),
        {"comment": "街镇资源配送清单：可调用什么、谁可调用、如何调用"},
    )

    title: Mapped[str] = mapped_column(comment="名称")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="街镇")
    area_code: Mapped[str] = mapped_column(comment="街镇 12 位代码")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="截止日期，不含当日")
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="清单各行")
    status: Mapped[str] = mapped_column(comment="状态：草稿、已公布、已撤回")
    published_at: Mapped[datetime | None] = mapped_column(comment="公布时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
