"""Evidence behind the ratings: as its source told it, and between which instants we knew it so."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, SmallInteger, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base


class Evidence(Base):
    """One piece in one dimension. Never edited: what changes ends here and begins anew."""

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("source", EvidenceSource),
        one_of("dimension", RatingDimension),
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint("known_to >= known_from", name="known_to"),
        Index(
            "uq_evidence_source",
            *("source_id", "source", "provider_id", "dimension"),
            unique=True,
            postgresql_where="known_to IS NULL",
        ),
        Index(
            "ix_evidence_counted",
            *("provider_id", "category", "dimension"),
            postgresql_include=(
                *("buyer_id", "source", "level", "happened_on", "counts_from_on"),
                *("is_related", "is_suspended", "known_from", "known_to"),
            ),
        ),
        Index(
            "ix_evidence_judged",
            *("provider_id", "category", "dimension"),
            postgresql_where="source <> 'rating' AND known_to IS NULL",
        ),
        Index(
            "ix_evidence_told_before",
            *("source_id", "provider_id", "dimension"),
            postgresql_where="source = 'rating' AND known_to IS NOT NULL",
        ),
        Index(
            "ix_evidence_related",
            *("provider_id", "category", "dimension", "buyer_id"),
            postgresql_where="source = 'rating' AND is_related",
        ),
        {
            "comment": "评级证据：逐条留痕，可还原任一日期的评级",
            "postgresql_with": {"autovacuum_vacuum_insert_scale_factor": "0.01"},
        },
    )

    provider_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="承接者")
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    source: Mapped[str] = mapped_column(comment="来源：居民评价、投诉、验收、里程碑、违规")
    source_id: Mapped[UUID] = mapped_column(comment="来源记录")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    dimension: Mapped[str] = mapped_column(comment="评价维度")
    level: Mapped[int] = mapped_column(SmallInteger, comment="等次，5 最好")
    buyer_id: Mapped[UUID | None] = mapped_column(comment="购买方；无合同为空")
    contract_id: Mapped[UUID | None] = mapped_column(comment="合同")
    document: Mapped[str | None] = mapped_column(comment="文号")
    happened_on: Mapped[date] = mapped_column(comment="发生日")
    counts_from_on: Mapped[date] = mapped_column(comment="答复期满后的首个计入日")
    is_related: Mapped[bool] = mapped_column(comment="购买方与承接者有关联，权重为零")
    is_suspended: Mapped[bool] = mapped_column(comment="申诉期间不计入")
    known_from: Mapped[datetime] = mapped_column(comment="何时起如此记载")
    known_to: Mapped[datetime | None] = mapped_column(comment="何时被更改；空为现行")


class RatingDue(Base):
    """A rating that has to be computed again: told in the writer's transaction, taken by a job."""

    __tablename__ = "rating_due"
    __table_args__ = ({"comment": "待重算的评级，只进不改，取走即删"},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(comment="承接者")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    dimension: Mapped[str] = mapped_column(comment="评价维度")


class RatingDay(Base):
    """A day whose ratings were computed for the whole city."""

    __tablename__ = "rating_day"
    __table_args__ = ({"comment": "每日全市重算的完成记录"},)

    day: Mapped[date] = mapped_column(primary_key=True, comment="日期")
    ratings: Mapped[int] = mapped_column(comment="重算的评级数")
    finished_at: Mapped[datetime] = mapped_column(comment="完成时间")
