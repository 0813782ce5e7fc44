"""Funds 资金, what they promised, and their ledger. A fund is the aggregate of all its entries.

An entry is one row between two accounts, so the ledger balances by its form. Balances of funds and
grants are kept by a trigger on the entries and by nothing else (docs/decisions/0025).
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.funds import (
    Account,
    EntryKind,
    FundStatus,
    GrantKind,
    GrantStatus,
    Verdict,
)
from common.ids import uuid7
from registry.domain.funds import LEGS
from registry.tables.base import Base, Record, forward, one_of

_LEGS: Final = ", ".join(f"('{kind}', '{a}', '{b}')" for kind, (a, b) in LEGS.items())
_ZERO: Final = text("0")


class Fund(Record):
    """Money of one source for one purpose."""

    __tablename__ = "fund"
    __table_args__ = (
        one_of("status", FundStatus),
        UniqueConstraint("code"),
        forward(),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint(
            "available_fen >= 0 AND committed_fen >= 0 AND spent_fen >= 0",
            name="nothing_overdrawn",
        ),
        CheckConstraint(
            "received_fen = available_fen + committed_fen + spent_fen", name="balances"
        ),
        CheckConstraint("received_fen BETWEEN 0 AND amount_fen", name="within_the_approval"),
        CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)"
            " AND (status = 'open' OR (available_fen = 0 AND committed_fen = 0))",
            name="closed_is_empty",
        ),
        Index("ix_fund_area_code", "area_code", "id"),
        Index("ix_fund_area_id", "area_id"),
        Index("ix_fund_holder_id", "holder_id"),
        Index("ix_fund_programme_id", "programme_id"),
        {"comment": "资金：来源、金额、期限、用途与余额"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码，导入时据此更新")
    title: Mapped[str] = mapped_column(comment="资金名称")
    source: Mapped[str] = mapped_column(comment="字典 funding_source，来源")
    line: Mapped[str] = mapped_column(comment="字典 department_line，条线")
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), comment="管理单位")
    # No foreign key: programmes are spread over nodes by their own id, and none is ever deleted.
    programme_id: Mapped[UUID | None] = mapped_column(comment="所属项目")
    category: Mapped[str | None] = mapped_column(comment="字典 service_category，限用于")
    purpose: Mapped[str] = mapped_column(comment="用途")
    document_number: Mapped[str | None] = mapped_column(comment="批准文号")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="批准金额，分")
    received_fen: Mapped[int] = mapped_column(
        BigInteger, server_default=_ZERO, comment="已到账，分；由分录触发器维护"
    )
    available_fen: Mapped[int] = mapped_column(
        BigInteger, server_default=_ZERO, comment="可用，分；由分录触发器维护"
    )
    committed_fen: Mapped[int] = mapped_column(
        BigInteger, server_default=_ZERO, comment="已承诺未支付，分；由分录触发器维护"
    )
    spent_fen: Mapped[int] = mapped_column(
        BigInteger, server_default=_ZERO, comment="已支付，分；由分录触发器维护"
    )
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="终止日期，不含当日")
    status: Mapped[str] = mapped_column(comment="状态：使用中、已结清")
    closed_at: Mapped[datetime | None] = mapped_column(comment="结清时间")


class FundGrant(Base):
    """Money of a fund promised to an organisation, a venue or both."""

    __tablename__ = "fund_grant"
    __table_args__ = (
        one_of("kind", GrantKind),
        one_of("status", GrantStatus),
        forward(),
        CheckConstraint("recipient_id IS NOT NULL OR venue_id IS NOT NULL", name="to_somebody"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint(
            "committed_fen >= 0 AND spent_fen >= 0 AND committed_fen + spent_fen <= amount_fen",
            name="nothing_overdrawn",
        ),
        CheckConstraint(
            "(status = 'ended') = (end_reason IS NOT NULL)"
            " AND (status = 'open' OR committed_fen = 0)",
            name="ended_is_settled",
        ),
        Index("ix_fund_grant_recipient_id", "recipient_id"),
        Index("ix_fund_grant_venue_id", "venue_id"),
        Index("ix_fund_grant_concession_id", "concession_id"),
        Index("ix_fund_grant_service_item_id", "service_item_id"),
        {"comment": "资助：资金承诺给谁、为何事、何时"},
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"), primary_key=True, comment="资金")
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="服务、房租补贴、水电补贴")
    recipient_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="受助机构"
    )
    # No foreign keys: these are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID | None] = mapped_column(comment="受助载体")
    programme_id: Mapped[UUID | None] = mapped_column(comment="项目")
    contract_id: Mapped[UUID | None] = mapped_column(comment="购买服务合同")
    concession_id: Mapped[UUID | None] = mapped_column(comment="经营授权")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    service_item_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("service_item.id"), comment="事项"
    )
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="承诺金额，分")
    committed_fen: Mapped[int] = mapped_column(
        BigInteger, server_default=_ZERO, comment="尚未支付，分；由分录触发器维护"
    )
    spent_fen: Mapped[int] = mapped_column(
        BigInteger, server_default=_ZERO, comment="已支付，分；由分录触发器维护"
    )
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="终止日期，不含当日")
    status: Mapped[str] = mapped_column(comment="状态：有效、已结束")
    end_reason: Mapped[str | None] = mapped_column(comment="结束原因")
    made_at: Mapped[datetime] = mapped_column(comment="承诺时间")
    made_by: Mapped[str] = mapped_column(comment="承诺人（令牌 subject）")


class FundEntry(Base):
    """One movement of money, from one account to another; entries only grow."""

    __tablename__ = "fund_entry"
    __table_args__ = (
        one_of("from_account", Account),
        one_of("to_account", Account),
        one_of("kind", EntryKind),
        CheckConstraint(f"(kind, from_account, to_account) IN ({_LEGS})", name="legs_fit_the_kind"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint(
            "(kind IN ('receipt', 'return')) = (grant_id IS NULL)", name="grant_by_kind"
        ),
        ForeignKeyConstraint(("fund_id", "grant_id"), ("fund_grant.fund_id", "fund_grant.id")),
        Index("ix_fund_entry_grant_id", "fund_id", "grant_id"),
        {"comment": "资金台账分录：自一账户至另一账户，只增不改"},
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"), primary_key=True, comment="资金")
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    grant_id: Mapped[UUID | None] = mapped_column(comment="资助")
    kind: Mapped[str] = mapped_column(comment="到账、退回、承诺、释放、支付、退款")
    from_account: Mapped[str] = mapped_column(comment="转出账户")
    to_account: Mapped[str] = mapped_column(comment="转入账户")
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    booked_on: Mapped[date] = mapped_column(comment="记账日")
    document_number: Mapped[str] = mapped_column(comment="凭证号")
    note: Mapped[str | None] = mapped_column(comment="摘要")
    made_at: Mapped[datetime] = mapped_column(comment="录入时间")
    made_by: Mapped[str] = mapped_column(comment="录入人（令牌 subject）")


class FundingDecision(Base):
    """What was decided about money that seems to be given twice."""

    __tablename__ = "funding_decision"
    __table_args__ = (
        one_of("verdict", Verdict),
        CheckConstraint("first_id < second_id", name="in_order"),
        {"comment": "疑似重复资助的处理意见"},
    )

    first_id: Mapped[UUID] = mapped_column(primary_key=True, comment="资助或项目")
    second_id: Mapped[UUID] = mapped_column(primary_key=True, comment="资助或项目")
    rule: Mapped[str] = mapped_column(primary_key=True, comment="规则编号")
    verdict: Mapped[str] = mapped_column(comment="配套、应退回、已更正、非同一事项")
    reason: Mapped[str] = mapped_column(comment="理由")
    decided_at: Mapped[datetime] = mapped_column(comment="处理时间")
    decided_by: Mapped[str] = mapped_column(comment="处理人（令牌 subject）")
