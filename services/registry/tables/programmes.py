"""Programmes 项目: what a department line does in an area over several years."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.programmes import ProgrammeStatus
from registry.tables.base import Record, forward, one_of


class Programme(Record):
    """A programme of a department."""

    __tablename__ = "programme"
    __table_args__ = (
        one_of("status", ProgrammeStatus),
        UniqueConstraint("code"),
        forward(),
        CheckConstraint("jsonb_typeof(years) = 'array'", name="years_are_a_list"),
        CheckConstraint(
            "status NOT IN ('published', 'ended') OR published_at IS NOT NULL",
            name="published_has_a_time",
        ),
        CheckConstraint(
            "(status = 'ended') = (ended_at IS NOT NULL)"
            " AND (status = 'dropped') = (dropped_at IS NOT NULL)"
            " AND (status IN ('ended', 'dropped')) = (end_reason IS NOT NULL)",
            name="ended_says_when_and_why",
        ),
        Index("ix_programme_area_code", "area_code", "id"),
        Index("ix_programme_area_id", "area_id"),
        Index("ix_programme_category", "category", "area_code"),
        Index("ix_programme_department_id", "department_id"),
        Index("ix_programme_service_item_id", "service_item_id"),
        Index(
            "ix_programme_public",
            "area_code",
            "id",
            postgresql_where=text("status IN ('published', 'ended')"),
        ),
        {"comment": "项目：条线在某地多年所做之事"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码，导入时据此更新")
    title: Mapped[str] = mapped_column(comment="项目名称")
    purpose: Mapped[str] = mapped_column(comment="用途与目标")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    service_item_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("service_item.id"), comment="所属事项"
    )
    line: Mapped[str] = mapped_column(comment="字典 department_line，条线")
    department_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), comment="主管部门")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 target_group")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="终止日期，不含当日")
    years: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="分年度计划金额，分")
    status: Mapped[str] = mapped_column(comment="状态：拟订、已公布、已结束、已取消")
    published_at: Mapped[datetime | None] = mapped_column(comment="公布时间")
    ended_at: Mapped[datetime | None] = mapped_column(comment="结束时间")
    dropped_at: Mapped[datetime | None] = mapped_column(comment="取消时间")
    end_reason: Mapped[str | None] = mapped_column(comment="结束或取消的原因")
