"""Items that residents decided 居民议题, what became of them, and where a purchase departs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement import DeviatingField, OutcomeStage
from common.contracts.vocabulary import PurchaseMethod
from common.records import one_of
from procurement.tables.base import Base


class AgendaOutcome(Base):
    """One item as residents fixed it, and how far it has come; `id` is the item's in feedback."""

    __tablename__ = "agenda_outcome"
    __table_args__ = (
        one_of("stage", OutcomeStage),
        one_of("method", PurchaseMethod),
        CheckConstraint(
            "drop_reason IS NULL OR (stage = 'dropped' AND tender_id IS NULL)",
            name="given_up_is_not_bought",
        ),
        Index("ix_agenda_outcome_agenda_id", "agenda_id"),
        Index("ix_agenda_outcome_area_code", "area_code", "id"),
        {"comment": "居民议题的落实"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="议题在居民之声中的标识")
    agenda_id: Mapped[UUID] = mapped_column(comment="议题清单")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    title: Mapped[str] = mapped_column(comment="居民决定的事项")
    category: Mapped[str] = mapped_column(comment="居民决定的服务类别")
    money_fen: Mapped[int] = mapped_column(BigInteger, comment="居民决定的金额，分")
    wished_method: Mapped[str | None] = mapped_column(comment="居民希望的方式")
    stage: Mapped[str] = mapped_column(comment="进度")
    method: Mapped[str | None] = mapped_column(comment="实际方式")
    tender_id: Mapped[UUID | None] = mapped_column(comment="采购过程")
    contract_id: Mapped[UUID | None] = mapped_column(comment="合同")
    contracted_fen: Mapped[int | None] = mapped_column(BigInteger, comment="合同金额，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已付，分")
    received_at: Mapped[datetime] = mapped_column(comment="收到时间")
    planned_at: Mapped[datetime | None] = mapped_column(comment="列入计划时间")
    tendering_at: Mapped[datetime | None] = mapped_column(comment="开始采购时间")
    contracted_at: Mapped[datetime | None] = mapped_column(comment="签约时间")
    delivered_at: Mapped[datetime | None] = mapped_column(comment="交付时间")
    dropped_at: Mapped[datetime | None] = mapped_column(comment="不再办理的时间")
    drop_reason: Mapped[str | None] = mapped_column(comment="单独放弃的公开理由")


class AgendaDeviation(Base):
    """Where a purchase departs from what residents fixed, and the public reason."""

    __tablename__ = "agenda_deviation"
    __table_args__ = (
        one_of("field", DeviatingField),
        {"comment": "偏离居民决定及公开理由"},
    )

    item_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_outcome.id"), primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True, comment="偏离何项")
    decided: Mapped[str] = mapped_column(comment="居民决定")
    actual: Mapped[str] = mapped_column(comment="实际")
    reason: Mapped[str] = mapped_column(comment="公开理由")
    rule: Mapped[str | None] = mapped_column(comment="依据的规则编号")
    published_at: Mapped[datetime] = mapped_column(comment="公开时间")
