"""Counts of ratings, kept as they come."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Identity,
    Index,
    SmallInteger,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import RatingChannel
from common.ids import uuid7
from common.records import one_of
from feedback.tables.base import Base


class TallyKey:
    """What counts are kept by: who served, where, which month, how it was rated."""

    month_on: Mapped[date] = mapped_column(comment="服务所在月份的首日")
    provider_id: Mapped[UUID] = mapped_column(Uuid, comment="承接机构")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    area_code: Mapped[str] = mapped_column(comment="街镇")
    venue_id: Mapped[UUID | None] = mapped_column(Uuid, comment="载体")
    contract_id: Mapped[UUID | None] = mapped_column(Uuid, comment="支付的合同")
    channel: Mapped[str] = mapped_column(comment="渠道；服务与邀请为 served、invited")
    level: Mapped[int] = mapped_column(SmallInteger, comment="等级；服务与邀请为 0")
    is_counted: Mapped[bool] = mapped_column(comment="是否计入")


class TallyChange(TallyKey, Base):
    """A change of a count, written with what it counts and soon added to its tally."""

    __tablename__ = "tally_change"
    __table_args__ = ({"comment": "计数的变动，由后台并入 tally"},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    change: Mapped[int] = mapped_column(comment="增减")


class Tally(TallyKey, Base):
    """How many, by all that figures are asked for."""

    __tablename__ = "tally"
    __table_args__ = (
        one_of("channel", [*(each.value for each in RatingChannel), "served", "invited"]),
        Index(
            "uq_tally_key",
            *("provider_id", "month_on", "category", "area_code", "channel", "level"),
            *("is_counted", "venue_id", "contract_id"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_tally_month_on", "month_on", "category", "area_code"),
        Index("ix_tally_area_code", "area_code", "month_on"),
        {"comment": "评价计数，随评价增减"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    count: Mapped[int] = mapped_column(comment="数目")
