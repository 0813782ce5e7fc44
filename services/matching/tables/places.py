"""What can be taken, and what is: offerings as far as referrals need them, places by period.

`capacity` is the only authority on places; the index of matching is a hint. The offering is the
root: its id leads the key of its capacities.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from matching.tables.base import Base
from matching.tables.words import CAPACITY_PERIOD


class Supply(Base):
    """An offering, copied from the registry's feed: what referrals and runs ask of it."""

    __tablename__ = "supply"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity"),
        Index("ix_supply_provider_id", "provider_id"),
        {"comment": "服务副本：转介与统筹所需的部分，来自资源库的变更流"},
    )

    offering_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    provider_id: Mapped[UUID | None] = mapped_column(comment="承接机构")
    venue_id: Mapped[UUID | None] = mapped_column(comment="载体")
    space_id: Mapped[UUID | None] = mapped_column(comment="每场须预约的空间；空为不需")
    service_item_id: Mapped[UUID | None] = mapped_column(comment="事项")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    category_path: Mapped[str | None] = mapped_column(comment="自根起的类别路径")
    eligibility: Mapped[str | None] = mapped_column(comment="准入条件，JSON")
    schedule: Mapped[str | None] = mapped_column(comment="自身的开放时间，JSON；空为随载体")
    lon: Mapped[float | None] = mapped_column(Double, comment="载体经度")
    lat: Mapped[float | None] = mapped_column(Double, comment="载体纬度")
    area_code: Mapped[str] = mapped_column(comment="服务所在区划")
    funding_source: Mapped[str | None] = mapped_column(comment="字典 funding_source")
    price_fen: Mapped[int | None] = mapped_column(
        BigInteger, comment="价格，分；免费为 0，空为未知"
    )
    channels: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), comment="服务方式；空为未知，视为到点"
    )
    capacity: Mapped[int | None] = mapped_column(comment="每期名额，空为不限")
    capacity_period: Mapped[str] = mapped_column(CAPACITY_PERIOD, comment="名额按何期计")
    is_open: Mapped[bool] = mapped_column(comment="是否已发布，可转介")
    changed_at: Mapped[datetime] = mapped_column(comment="副本更新时间")


class Capacity(Base):
    """Places of an offering in one period: one row, one counter, taken by one statement.

    `excess` is how far the registry has gone below what is taken. It is kept equal to
    `taken - places` by a CHECK, and the statement that takes a place never touches it: so even a
    statement that forgot its condition cannot oversell.
    """

    __tablename__ = "capacity"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND waiting >= 0", name="never_negative"),
        CheckConstraint(
            "excess = CASE WHEN places IS NULL THEN 0 ELSE GREATEST(taken - places, 0) END",
            name="never_oversold",
        ),
        CheckConstraint("ends_on >= starts_on", name="ends_on"),
        Index(
            "ix_capacity_over_committed",
            "offering_id",
            "starts_on",
            "session",
            postgresql_where="excess > 0",
        ),
        Index("ix_capacity_ends_on", "ends_on"),
        {"comment": "名额：每项服务每期一行，转介据此占位"},
    )

    offering_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True, comment="本期首日")
    session: Mapped[str] = mapped_column(primary_key=True, comment="场次 HH:MM；不按场计为空串")
    ends_on: Mapped[date] = mapped_column(comment="本期末日，含")
    period: Mapped[str] = mapped_column(CAPACITY_PERIOD, comment="按何期计")
    places: Mapped[int | None] = mapped_column(comment="名额，空为不限；由资源库发布")
    taken: Mapped[int] = mapped_column(comment="已占：待接受、已接受、已服务")
    waiting: Mapped[int] = mapped_column(comment="候补的转介数")
    excess: Mapped[int] = mapped_column(comment="超额占用：名额下调后多出的占位")
