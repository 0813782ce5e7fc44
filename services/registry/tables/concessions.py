"""Concessions 经营授权 of spaces, and what venues and concessions did month by month."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.concessions import ConcessionStatus, SpaceUse
from common.ids import uuid7
from registry.tables.areas import period
from registry.tables.base import Base, Record, forward, one_of


class Concession(Record):
    """Leave to run something in a space, for a promised price."""

    __tablename__ = "concession"
    __table_args__ = (
        one_of("use", SpaceUse),
        one_of("status", ConcessionStatus),
        UniqueConstraint("code"),
        forward(),
        CheckConstraint("floor_area_m2 > 0", name="floor_area_m2"),
        CheckConstraint("price_ceiling_fen >= 0 AND reference_price_fen >= 0", name="prices"),
        CheckConstraint(
            "use = 'market' OR price_ceiling_fen <= reference_price_fen",
            name="promise_is_below_the_market",
        ),
        CheckConstraint(
            "(status IN ('draft', 'withdrawn')) = (granted_at IS NULL)"
            " AND (status IN ('ended', 'withdrawn')) = (end_reason IS NOT NULL)",
            name="steps_are_told",
        ),
        ExcludeConstraint(
            ("space_id", "="),
            (period(), "&&"),
            where=text("status = 'granted' AND space_id IS NOT NULL"),
            name="ex_concession_space_once",
        ),
        Index("ix_concession_area_code", "area_code", "id"),
        Index("ix_concession_venue_id", "venue_id"),
        Index("ix_concession_operator_id", "operator_id"),
        {"comment": "经营授权：公益、低偿、市场用途与承诺价格"},
    )

    # No foreign keys: venues and spaces are spread over nodes by their own id, none is deleted.
    code: Mapped[str | None] = mapped_column(comment="外部编码")
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    space_id: Mapped[UUID | None] = mapped_column(comment="空间；空为载体的一部分")
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), comment="经营单位")
    use: Mapped[str] = mapped_column(comment="公益、低偿、市场")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    area_code: Mapped[str] = mapped_column(comment="载体所在区划 12 位代码")
    floor_area_m2: Mapped[float] = mapped_column(comment="面积，平方米")
    price_ceiling_fen: Mapped[int] = mapped_column(BigInteger, comment="承诺最高价，分")
    reference_price_fen: Mapped[int] = mapped_column(BigInteger, comment="市场参考价，分")
    price_basis: Mapped[str] = mapped_column(comment="参考价依据")
    price_unit: Mapped[str] = mapped_column(comment="计价单位")
    document_number: Mapped[str | None] = mapped_column(comment="授权文号")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="终止日期，不含当日")
    status: Mapped[str] = mapped_column(comment="状态：拟订、已授权、已终止、已撤回")
    granted_at: Mapped[datetime | None] = mapped_column(comment="授权时间")
    end_reason: Mapped[str | None] = mapped_column(comment="终止或撤回原因")


class VenueMonth(Base):
    """What a venue, or a concession in it, did in one month."""

    __tablename__ = "venue_month"
    __table_args__ = (
        UniqueConstraint("venue_id", "month", "concession_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("extract(day FROM month) = 1", name="month_begins_on_its_first_day"),
        CheckConstraint(
            "visits >= 0 AND services >= 0 AND income_fen >= 0 AND cost_fen >= 0",
            name="figures_are_not_negative",
        ),
        Index("ix_venue_month_concession_id", "concession_id", "month"),
        Index("ix_venue_month_month", "month"),
        {"comment": "载体月报：人次、场次、收费、运行成本"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    concession_id: Mapped[UUID | None] = mapped_column(comment="经营授权；空为载体本身")
    month: Mapped[date] = mapped_column(comment="当月一日")
    visits: Mapped[int] = mapped_column(comment="人次")
    services: Mapped[int] = mapped_column(comment="服务场次或件数")
    income_fen: Mapped[int] = mapped_column(BigInteger, comment="收费，分")
    cost_fen: Mapped[int] = mapped_column(BigInteger, comment="运行成本，分；不含台账已付")
    updated_at: Mapped[datetime] = mapped_column(comment="填报时间")
    updated_by: Mapped[str] = mapped_column(comment="填报人（令牌 subject）")
