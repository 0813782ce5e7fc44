"""Venues 载体: roots of aggregates; later their rooms and the bookings hang on them."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.venues import Accessibility, OperatorMode, VenueStatus
from common.geo import System
from registry.tables.base import Record, lexemes, one_of
from registry.tables.opening import Opens
from registry.tables.place import PlanePoint

_FEATURES = ", ".join(f"'{word}'" for word in Accessibility)


class Venue(Opens, Record):
    """A place where services happen."""

    __tablename__ = "venue"
    __table_args__ = (
        one_of("operator_mode", OperatorMode),
        one_of("status", VenueStatus),
        one_of("coord_source", System),
        UniqueConstraint("code"),
        CheckConstraint(
            "(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (place IS NULL)"
            " AND (lon IS NULL) = (coord_source IS NULL)",
            name="point_is_whole",
        ),
        CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="degrees"),
        CheckConstraint("floor_area_m2 > 0", name="floor_area_m2"),
        CheckConstraint(f"accessibility <@ ARRAY[{_FEATURES}]", name="accessibility"),
        CheckConstraint(
            "(hours IS NULL) = (open_minutes IS NULL)"
            " AND (exception_days IS NULL) = (exception_minutes IS NULL)",
            name="hours_are_whole",
        ),
        CheckConstraint("merged_into_id <> id", name="not_into_itself"),
        Index("ix_venue_area_code", "area_code", "id"),
        Index(
            "ix_venue_merged_into_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index("ix_venue_kind", "kind", "area_code", "id"),
        Index("ix_venue_area_id", "area_id"),
        Index("ix_venue_owner_id", "owner_id"),
        Index("ix_venue_operator_id", "operator_id"),
        Index("ix_venue_updated_at", "updated_at"),
        Index("ix_venue_place", "place", postgresql_using="gist"),
        Index("ix_venue_search", "search", postgresql_using="gin"),
        {"comment": "载体：提供服务的场所"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码，导入时据此更新")
    name: Mapped[str] = mapped_column(comment="名称")
    kind: Mapped[str] = mapped_column(comment="字典 venue_kind")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在居村或街镇")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    address: Mapped[str | None] = mapped_column(comment="地址")
    lon: Mapped[float | None] = mapped_column(comment="经度，WGS-84，度")
    lat: Mapped[float | None] = mapped_column(comment="纬度，WGS-84，度")
    coord_source: Mapped[str | None] = mapped_column(comment="交来时的坐标系")
    place: Mapped[tuple[float, float] | None] = mapped_column(
        PlanePoint, comment="平面点，单位为纬度的度，见 common.geo.planar"
    )
    operator_mode: Mapped[str | None] = mapped_column(comment="运营方式：居村、街道或社工、第三方")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), comment="产权单位")
    operator_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="运营单位"
    )
    floor_area_m2: Mapped[float | None] = mapped_column(comment="建筑面积，平方米")
    phone: Mapped[str | None] = mapped_column(comment="对外电话")
    accessibility: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="无障碍设施")
    status: Mapped[str] = mapped_column(comment="状态：开放、暂停、撤销")
    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    merged_into_id: Mapped[UUID | None] = mapped_column(comment="已并入的载体")
    search: Mapped[list[str]] = lexemes()
