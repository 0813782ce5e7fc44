"""Idle property 存量房屋: rooms that may become rooms of the community. Areas are square metres."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.idle_properties import PropertyStatus, Tenure
from common.geo import System
from registry.tables.base import Record, one_of


class IdleProperty(Record):
    """A property on its way into use."""

    __tablename__ = "idle_property"
    __table_args__ = (
        one_of("status", PropertyStatus),
        one_of("tenure", Tenure),
        one_of("coord_source", System),
        UniqueConstraint("code"),
        CheckConstraint("floor_area_m2 > 0", name="floor_area_m2"),
        CheckConstraint("fit_out_budget_fen >= 0", name="budget_is_not_negative"),
        CheckConstraint("agreed_to >= agreed_from", name="agreement_runs_forward"),
        CheckConstraint(
            "(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (coord_source IS NULL)",
            name="point_is_whole",
        ),
        CheckConstraint(
            "status NOT IN ('agreed', 'fitting_out', 'in_use') OR (tenure IS NOT NULL"
            " AND agreement_number IS NOT NULL AND agreed_from IS NOT NULL)",
            name="agreed_has_an_agreement",
        ),
        CheckConstraint("status <> 'in_use' OR venue_id IS NOT NULL", name="in_use_is_a_venue"),
        CheckConstraint(
            "(status = 'dropped') = (drop_reason IS NOT NULL)", name="dropped_says_why"
        ),
        Index("ix_idle_property_area_code", "area_code", "id"),
        Index("ix_idle_property_area_id", "area_id"),
        Index("ix_idle_property_owner_id", "owner_id"),
        Index("uq_idle_property_venue_id", "venue_id", unique=True),
        {"comment": "存量房屋：发现、踏勘、签约、改造、启用"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码")
    name: Mapped[str] = mapped_column(comment="名称")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    address: Mapped[str | None] = mapped_column(comment="地址")
    lon: Mapped[float | None] = mapped_column(comment="经度，WGS-84，度")
    lat: Mapped[float | None] = mapped_column(comment="纬度，WGS-84，度")
    coord_source: Mapped[str | None] = mapped_column(comment="交来时的坐标系")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), comment="产权单位")
    owner_name: Mapped[str | None] = mapped_column(comment="尚未登记的产权单位名称")
    floor_area_m2: Mapped[float | None] = mapped_column(comment="建筑面积，平方米")
    tenure: Mapped[str | None] = mapped_column(comment="取得方式：置换、转让、腾退、收购、提供使用")
    agreement_number: Mapped[str | None] = mapped_column(comment="协议编号")
    agreed_from: Mapped[date | None] = mapped_column(comment="使用起始日")
    agreed_to: Mapped[date | None] = mapped_column(comment="使用截止日，含当日")
    sharing_terms: Mapped[str | None] = mapped_column(comment="共享约定")
    planned_use: Mapped[str | None] = mapped_column(comment="拟用途，字典 venue_kind")
    fit_out_budget_fen: Mapped[int | None] = mapped_column(BigInteger, comment="改造预算，分")
    fit_out_until: Mapped[date | None] = mapped_column(comment="改造期限")
    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID | None] = mapped_column(comment="启用后的载体")
    status: Mapped[str] = mapped_column(comment="状态：发现、踏勘、签约、改造、启用、放弃")
    status_since: Mapped[datetime] = mapped_column(comment="进入现状态的时间")
    drop_reason: Mapped[str | None] = mapped_column(comment="放弃原因")
