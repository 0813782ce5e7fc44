"""Offerings 服务 and the history of their states. Money is integer fen.

What a page of search results filters and sorts by stands in the row itself (category path, area,
place), copied from dictionary and venue and kept equal by the use cases that change those.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.offerings import (
    CapacityPeriod,
    DisabilityRule,
    Hardship,
    OfferingStatus,
    Residence,
)
from common.contracts.vocabulary import Channel, PriceKind
from common.ids import uuid7
from registry.tables.base import Base, Record, one_of
from registry.tables.opening import Opens
from registry.tables.place import PlanePoint
from registry.tables.service_items import NationalCodes, codes_fit

PUBLISHED = text("status = 'published'")
_CHANNELS = ", ".join(f"'{word}'" for word in Channel)
_HARDSHIP = ", ".join(f"'{word}'" for word in Hardship)


class Offers:
    """Mixin: who may use an offering, what it costs, how much of it there is."""

    age_min: Mapped[int | None] = mapped_column(SmallInteger, comment="最低周岁", sort_order=40)
    age_max: Mapped[int | None] = mapped_column(
        SmallInteger, comment="最高周岁（含）", sort_order=41
    )
    groups_any: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="须属于其中任一人群；空为不限", sort_order=42
    )
    hardship: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="须具备其中任一困难认定；空为不限", sort_order=43
    )
    disability: Mapped[str | None] = mapped_column(comment="残疾要求", sort_order=44)
    household_areas: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="限于这些区划（有效位）；空为不限", sort_order=45
    )
    residence: Mapped[str] = mapped_column(comment="按户籍还是居住认定", sort_order=46)
    price_kind: Mapped[str | None] = mapped_column(comment="免费、公益、市场", sort_order=50)
    price_fen: Mapped[int | None] = mapped_column(BigInteger, comment="价格，分", sort_order=51)
    price_unit: Mapped[str | None] = mapped_column(comment="计价单位，如 次、份、月", sort_order=52)
    capacity: Mapped[int | None] = mapped_column(
        comment="容量，单位见 capacity_unit", sort_order=53
    )
    capacity_unit: Mapped[str | None] = mapped_column(comment="字典 capacity_unit", sort_order=54)
    capacity_period: Mapped[str | None] = mapped_column(comment="容量所计的周期", sort_order=55)


class Offering(Opens, Offers, NationalCodes, Record):
    """What a provider really offers."""

    __tablename__ = "offering"
    __table_args__ = (
        one_of("status", OfferingStatus),
        one_of("price_kind", PriceKind),
        one_of("capacity_period", CapacityPeriod),
        one_of("disability", DisabilityRule),
        one_of("residence", Residence),
        UniqueConstraint("code"),
        CheckConstraint(f"channels <@ ARRAY[{_CHANNELS}]", name="channels"),
        CheckConstraint(f"hardship <@ ARRAY[{_HARDSHIP}]", name="hardship"),
        CheckConstraint("age_min >= 0 AND age_max <= 150 AND age_min <= age_max", name="age"),
        CheckConstraint("price_fen >= 0", name="price_is_not_negative"),
        CheckConstraint("(price_kind = 'free') = (price_fen = 0)", name="only_free_costs_nothing"),
        CheckConstraint("price_kind IS NOT NULL OR price_fen IS NULL", name="price_has_a_kind"),
        CheckConstraint("price_fen = 0 OR price_unit IS NOT NULL", name="price_has_a_unit"),
        CheckConstraint(
            "num_nulls(capacity, capacity_unit, capacity_period) IN (0, 3)",
            name="capacity_is_whole",
        ),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint(
            "status IN ('draft', 'retired') OR (provider_id IS NOT NULL"
            " AND cardinality(channels) > 0 AND price_kind IS NOT NULL AND price_fen IS NOT NULL"
            " AND responsible_department_id IS NOT NULL)",
            name="published_is_complete",
        ),
        CheckConstraint("(lon IS NULL) = (place IS NULL)", name="point_is_whole"),
        CheckConstraint(
            "(hours IS NULL) = (open_minutes IS NULL)"
            " AND (exception_days IS NULL) = (exception_minutes IS NULL)",
            name="hours_are_whole",
        ),
        codes_fit(),
        Index("ix_offering_area_code", "area_code", "id"),
        Index("ix_offering_category", "category", "area_code", "id"),
        Index("ix_offering_area_id", "area_id"),
        Index("ix_offering_venue_id", "venue_id"),
        Index("ix_offering_provider_id", "provider_id"),
        Index("ix_offering_service_item_id", "service_item_id"),
        Index("ix_offering_responsible_department_id", "responsible_department_id"),
        Index("ix_offering_handling_body_id", "handling_body_id"),
        Index(
            "ix_offering_public", "id", postgresql_include=["venue_id"], postgresql_where=PUBLISHED
        ),
        Index("ix_offering_updated_at", "updated_at", "id", postgresql_where=PUBLISHED),
        Index("ix_offering_place", "place", postgresql_using="gist", postgresql_where=PUBLISHED),
        Index(
            "ix_offering_category_place",
            "category",
            "place",
            postgresql_using="gist",
            postgresql_where=PUBLISHED,
        ),
        Index("ix_offering_target_groups", "target_groups", postgresql_using="gin"),
        {"comment": "服务：机构在某处实际提供的服务"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码，导入时据此更新")
    name: Mapped[str] = mapped_column(comment="名称")
    description: Mapped[str | None] = mapped_column(comment="说明")
    service_item_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("service_item.id"), comment="所属事项"
    )
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    category_path: Mapped[str] = mapped_column(comment="自根起的类目代码，以 / 分隔，抄自字典")
    provider_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="提供机构"
    )
    venue_id: Mapped[UUID | None] = mapped_column(ForeignKey("venue.id"), comment="所在载体")
    # No foreign key: spaces are spread over nodes by their own id, and none is ever deleted.
    space_id: Mapped[UUID | None] = mapped_column(comment="每场须预约的空间，在同一载体内")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="载体或服务所在区划")
    area_code: Mapped[str] = mapped_column(comment="区划 12 位代码，数据范围以此为准")
    lon: Mapped[float | None] = mapped_column(comment="经度，WGS-84，抄自载体")
    lat: Mapped[float | None] = mapped_column(comment="纬度，WGS-84，抄自载体")
    place: Mapped[tuple[float, float] | None] = mapped_column(
        PlanePoint, comment="平面点，抄自载体，见 common.geo.planar"
    )
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="到点、上门、线上")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 target_group")
    responsible_department_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="责任部门", sort_order=60
    )
    handling_body_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="办理主体", sort_order=61
    )
    funding_source: Mapped[str | None] = mapped_column(comment="字典 funding_source", sort_order=62)
    status: Mapped[str] = mapped_column(comment="状态：草稿、已发布、已暂停、已终止", sort_order=65)
    status_since: Mapped[datetime] = mapped_column(comment="进入现状态的时间", sort_order=66)


class OfferingStatusChange(Base):
    """One step of an offering's life. Rows are only added."""

    __tablename__ = "offering_status_change"
    __table_args__ = (
        one_of("to_status", OfferingStatus),
        {"comment": "服务状态沿革：何时由何人因何变更"},
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey("offering.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    from_status: Mapped[str | None] = mapped_column(comment="原状态；新建时为空")
    to_status: Mapped[str] = mapped_column(comment="新状态")
    at: Mapped[datetime] = mapped_column(comment="变更时间")
    by: Mapped[str] = mapped_column(comment="变更人（令牌 subject）")
    reason: Mapped[str | None] = mapped_column(comment="原因")
