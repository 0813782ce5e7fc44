"""Editions of the ratings: what the public is told, once a period, from groups of residents."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.vocabulary import RatingDimension
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base
from procurement.tables.ratings import BaseRates, of_one_piece


class RatingEdition(Base):
    """A period whose ratings were published; never revised."""

    __tablename__ = "rating_edition"
    __table_args__ = (
        CheckConstraint("settled_on <= until_on", name="settled_on"),
        CheckConstraint("known_at <= published_at", name="known_at"),
        {"comment": "评级的一期：公布后不改，两期之间对外数字不变"},
    )

    until_on: Mapped[date] = mapped_column(primary_key=True, comment="截至日：期次的编号")
    settled_on: Mapped[date] = mapped_column(comment="该日及以前的居民评价不能再改")
    known_at: Mapped[datetime] = mapped_column(comment="所据证据的时点")
    published_at: Mapped[datetime] = mapped_column(comment="公布时间")


class RatingGroup(Base):
    """Residents who are heard together: ten or more under one buyer, and never one by one.

    `levels` is all that is kept of them for the public; it says nothing of who said what.
    """

    __tablename__ = "rating_group"
    __table_args__ = (
        one_of("dimension", RatingDimension),
        CheckConstraint("cardinality(levels) = 5", name="levels"),
        CheckConstraint("ratings >= 10", name="never_the_few"),
        Index(
            "uq_rating_group_once",
            *("provider_id", "category", "dimension", "buyer_id", "edition_on"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        {"comment": "一并计入的居民评价：同一购买方十条以上，两端按邻值计"},
    )

    provider_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="承接者")
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    dimension: Mapped[str] = mapped_column(comment="评价维度")
    buyer_id: Mapped[UUID | None] = mapped_column(comment="购买方；无合同为空")
    edition_on: Mapped[date] = mapped_column(
        ForeignKey("rating_edition.until_on"), comment="自哪一期起计入"
    )
    heard_on: Mapped[date] = mapped_column(comment="评价日的平均")
    ratings: Mapped[int] = mapped_column(comment="评价条数")
    levels: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="1 至 5 级各多少条")


class ReleasedRating(Base):
    """A rating as the public was told it, from one edition until another one changed it."""

    __tablename__ = "released_rating"
    __table_args__ = (
        one_of("dimension", RatingDimension),
        *of_one_piece(),
        CheckConstraint("mod(ratings, 10) = 0", name="in_tens"),
        CheckConstraint("ended_on > edition_on", name="ended_on"),
        Index(
            "uq_released_rating_now",
            *("provider_id", "category", "dimension"),
            unique=True,
            postgresql_where="ended_on IS NULL",
        ),
        Index("ix_released_rating_edition_on", "edition_on"),
        {"comment": "公布的评级：取整、条数以十计，按期留痕"},
    )

    rating_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="评级")
    edition_on: Mapped[date] = mapped_column(
        ForeignKey("rating_edition.until_on"), primary_key=True, comment="自哪一期起"
    )
    ended_on: Mapped[date | None] = mapped_column(comment="由哪一期取代；空为现行")
    provider_id: Mapped[UUID] = mapped_column(comment="承接者")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    dimension: Mapped[str] = mapped_column(comment="评价维度")
    is_rated: Mapped[bool] = mapped_column(comment="样本足够；否则不评级，且不得据此排除")
    level: Mapped[int | None] = mapped_column(SmallInteger, comment="等次，带滞后")
    expected: Mapped[float | None] = mapped_column(Double, comment="期望得分 0–1，取整")
    lower_bound: Mapped[float | None] = mapped_column(Double, comment="下界，向下取整")
    upper_bound: Mapped[float | None] = mapped_column(Double, comment="上界，向上取整")
    ratings: Mapped[int] = mapped_column(comment="计入的证据条数，以十计")
    effective_ratings: Mapped[float] = mapped_column(Double, comment="有效样本量，取整")
    buyers: Mapped[int] = mapped_column(comment="互不关联的购买方数")


class ReleasedPrior(BaseRates, Base):
    """The base rates of an edition: from what the public may know, so that they may be told."""

    __tablename__ = "released_prior"
    __table_args__ = (
        one_of("dimension", RatingDimension),
        CheckConstraint("cardinality(levels) = 5", name="levels"),
        {"comment": "各期的类别先验：只据已一并计入的评价与机关评价"},
    )

    frozen_on: Mapped[date] = mapped_column(
        ForeignKey("rating_edition.until_on"), primary_key=True, comment="期次"
    )
