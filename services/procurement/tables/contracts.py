"""Contracts 合同 with their money, costs and stations. A contract has an award, or is none."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement import ContractStatus
from common.contracts.procurement_contracts import ContractKind, CostKind, ExcessRule, StaffGrade
from common.contracts.procurement_endings import EndReason
from common.records import one_of
from procurement.tables.base import Base, Record

_STANDING = "status <> 'cancelled'"


class Contract(Record):
    """What was agreed with one provider. Nothing is paid beyond it, whoever asks."""

    __tablename__ = "contract"
    __table_args__ = (
        one_of("status", ContractStatus),
        one_of("kind", ContractKind),
        one_of("excess", ExcessRule),
        one_of("termination_reason", EndReason),
        CheckConstraint("value_fen = original_fen + supplements_fen", name="value_fen"),
        CheckConstraint("paid_fen BETWEEN 0 AND value_fen", name="never_overpaid"),
        CheckConstraint(
            "supplements_fen BETWEEN 0 AND supplements_max_fen", name="supplements_within_limit"
        ),
        CheckConstraint("period_end_on >= period_start_on", name="period"),
        CheckConstraint("max_extent_on >= period_end_on", name="max_extent_on"),
        CheckConstraint(
            "(signed_at IS NULL) OR (buyer_signed_at IS NOT NULL"
            " AND provider_signed_at IS NOT NULL AND supplements_max_fen IS NOT NULL)",
            name="signed_by_both",
        ),
        CheckConstraint("published_at IS NULL OR signed_at IS NOT NULL", name="signed_first"),
        CheckConstraint(
            "(status IN ('pending', 'cancelled')) = (signed_at IS NULL)", name="active_is_signed"
        ),
        CheckConstraint(
            "(status = 'terminated') = (terminated_at IS NOT NULL)"
            " AND (terminated_at IS NULL OR termination_reason IS NOT NULL)",
            name="ending_has_reason",
        ),
        CheckConstraint("(excess = 'priced') = (hour_fen IS NOT NULL)", name="priced_has_a_price"),
        CheckConstraint("evaluations_per_year >= 0", name="evaluations_per_year"),
        Index(
            "uq_contract_award_id",
            "award_id",
            unique=True,
            postgresql_where=f"renewal_of_id IS NULL AND {_STANDING}",
        ),
        Index(
            "uq_contract_renewal_of_id",
            "renewal_of_id",
            unique=True,
            postgresql_where=_STANDING,
        ),
        Index("ix_contract_tender_id", "tender_id"),
        Index("ix_contract_published", "id", postgresql_where="published_at IS NOT NULL"),
        Index("ix_contract_area_code", "area_code", "id"),
        Index("ix_contract_buyer_id", "buyer_id", "id"),
        Index("ix_contract_provider_id", "provider_id", "id"),
        Index("ix_contract_category", "category", "id"),
        Index("ix_contract_agenda_item_id", "agenda_item_id"),
        {"comment": "合同：签约、公告、履约与终止"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), comment="采购过程")
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), comment="成交结果")
    ocid: Mapped[str] = mapped_column(comment="OCDS 采购过程编号")
    kind: Mapped[str] = mapped_column(comment="单项服务或打包委托运营")
    title: Mapped[str] = mapped_column(comment="名称")
    status: Mapped[str] = mapped_column(comment="OCDS 合同状态")
    buyer_id: Mapped[UUID] = mapped_column(comment="购买方")
    provider_id: Mapped[UUID] = mapped_column(comment="承接者")
    area_code: Mapped[str] = mapped_column(comment="购买方所在区划")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    service_item_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), comment="服务事项")
    area_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="服务区域")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="服务对象")
    exclusions: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="不在服务范围的事项")
    administrative_hours_max: Mapped[int] = mapped_column(comment="行政协助工时上限")
    administrative_hours_used: Mapped[int] = mapped_column(default=0, comment="已用行政协助工时")
    excess: Mapped[str] = mapped_column(comment="超额行政协助：可拒绝或计价")
    hour_fen: Mapped[int | None] = mapped_column(BigInteger, comment="超额每小时价格，分")
    service_days: Mapped[int] = mapped_column(comment="净服务天数")
    delivered_days: Mapped[int] = mapped_column(default=0, comment="已验收净服务天数")
    places: Mapped[int | None] = mapped_column(comment="承诺名额")
    capacity_unit: Mapped[str | None] = mapped_column(comment="字典 capacity_unit")
    original_fen: Mapped[int] = mapped_column(BigInteger, comment="原合同金额，分")
    supplements_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="补充合同，分")
    supplements_max_fen: Mapped[int | None] = mapped_column(
        BigInteger, comment="补充合同上限，分；签约时按当时规则冻结"
    )
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="合同金额，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已付，分")
    period_start_on: Mapped[date] = mapped_column(comment="起始日")
    period_end_on: Mapped[date] = mapped_column(comment="末日，含")
    max_extent_on: Mapped[date | None] = mapped_column(comment="续签后最晚日期")
    is_stable: Mapped[bool] = mapped_column(comment="符合三年期条件")
    evaluations_per_year: Mapped[int | None] = mapped_column(
        SmallInteger, comment="每年评估上限；签约时按当时规则冻结"
    )
    agenda_item_id: Mapped[UUID | None] = mapped_column(comment="居民议题")
    renewal_of_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("contract.id"), comment="所续签的合同"
    )
    handed_over_to_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("contract.id"), comment="承接服务对象的合同"
    )
    sign_due_on: Mapped[date | None] = mapped_column(comment="签约期限，含当日")
    buyer_signed_at: Mapped[datetime | None] = mapped_column(comment="购买方签署时间")
    provider_signed_at: Mapped[datetime | None] = mapped_column(comment="承接者签署时间")
    signed_at: Mapped[datetime | None] = mapped_column(comment="双方签署完成时间")
    publish_due_on: Mapped[date | None] = mapped_column(comment="公告期限，含当日")
    filing_due_on: Mapped[date | None] = mapped_column(comment="备案期限，含当日")
    is_due_provisional: Mapped[bool] = mapped_column(default=False, comment="期限超出已公布日历")
    published_at: Mapped[datetime | None] = mapped_column(comment="公告时间")
    discontinuation_notice_at: Mapped[datetime | None] = mapped_column(comment="停止服务告知时间")
    discontinuation_reason: Mapped[str | None] = mapped_column(comment="停止服务的公开说明")
    ends_on: Mapped[date | None] = mapped_column(comment="停止服务日期")
    terminated_at: Mapped[datetime | None] = mapped_column(comment="终止时间")
    termination_reason: Mapped[str | None] = mapped_column(comment="终止原因代码")
    rules: Mapped[list[str]] = mapped_column(JSONB, default=list, comment="适用的规则编号")


class ContractFunding(Base):
    """What a contract draws from one earmarked line 专款专用."""

    __tablename__ = "contract_funding"
    __table_args__ = (
        CheckConstraint(
            "value_fen > 0 AND paid_fen BETWEEN 0 AND value_fen", name="never_overpaid"
        ),
        Index("ix_contract_funding_line_id", "line_id"),
        {"comment": "合同资金来源"},
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("contract.id"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("budget_line.id"), primary_key=True)
    source: Mapped[str] = mapped_column(comment="字典 funding_source")
    budget_line: Mapped[str] = mapped_column(comment="预算科目代码")
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已付，分")


class ContractCost(Base):
    """A line of the cost statement, with the floor that held when it was drawn up."""

    __tablename__ = "contract_cost"
    __table_args__ = (
        one_of("kind", CostKind),
        one_of("grade", StaffGrade),
        CheckConstraint("amount_fen = quantity::bigint * unit_fen", name="amount_fen"),
        CheckConstraint("unit_fen >= floor_fen", name="floor_fen"),
        {"comment": "成本测算"},
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("contract.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(comment="人员、活动、管理、税费")
    name: Mapped[str] = mapped_column(comment="名称")
    grade: Mapped[str | None] = mapped_column(comment="人员级别")
    quantity: Mapped[int] = mapped_column(comment="数量；人员为人月")
    unit_fen: Mapped[int] = mapped_column(BigInteger, comment="单价，分；人员为月薪")
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    floor_fen: Mapped[int | None] = mapped_column(BigInteger, comment="工资指导下限，分")
    floor_rule: Mapped[str | None] = mapped_column(comment="下限依据的规则编号")


class ContractStation(Base):
    """A place that is run under a bundled contract."""

    __tablename__ = "contract_station"
    __table_args__ = (
        Index("ix_contract_station_venue_id", "venue_id"),
        {"comment": "打包委托运营的站点"},
    )

    contract_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("contract.id"), primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="资源库载体")
    name: Mapped[str] = mapped_column(comment="名称")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
