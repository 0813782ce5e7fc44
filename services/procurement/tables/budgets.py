"""Budget lines 预算科目 and their ledger: a line is the aggregate of its claims and entries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Uuid
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_budgets import EntryKind, HolderKind
from common.records import one_of
from procurement.tables.base import Base, Record


class BudgetLine(Record):
    """Money of one source for one year; overdrawn it cannot be, whatever the code does."""

    __tablename__ = "budget_line"
    __table_args__ = (
        Unique("buyer_id", "year", "code", "source"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        CheckConstraint(
            "planned_fen >= 0 AND reserved_fen >= 0 AND committed_fen >= 0 AND paid_fen >= 0",
            name="never_negative",
        ),
        CheckConstraint(
            "reserved_fen + committed_fen + paid_fen <= planned_fen", name="never_overdrawn"
        ),
        Index("ix_budget_line_area_code", "area_code", "id"),
        {"comment": "预算科目：一笔专项资金一年的额度"},
    )

    code: Mapped[str] = mapped_column(comment="预算科目代码")
    year: Mapped[int] = mapped_column(SmallInteger, comment="财政年度")
    title: Mapped[str] = mapped_column(comment="名称")
    area_code: Mapped[str] = mapped_column(comment="购买方所在区划")
    buyer_id: Mapped[UUID] = mapped_column(comment="购买方，资源库机构标识")
    source: Mapped[str] = mapped_column(comment="字典 funding_source，专款专用")
    document: Mapped[str] = mapped_column(comment="批复文号")
    planned_fen: Mapped[int] = mapped_column(BigInteger, comment="预算，分")
    reserved_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已预留，分")
    committed_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已承诺未付，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已支付，分")


class BudgetClaim(Base):
    """What one tender, contract or grant holds on one line."""

    __tablename__ = "budget_claim"
    __table_args__ = (
        one_of("holder_kind", HolderKind),
        CheckConstraint(
            "reserved_fen >= 0 AND committed_fen >= 0 AND paid_fen >= 0", name="never_negative"
        ),
        Index("ix_budget_claim_holder_id", "holder_id"),
        {"comment": "一项采购、合同或资助在一个预算科目上持有的额度"},
    )

    line_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("budget_line.id"), primary_key=True, comment="预算科目"
    )
    holder_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="持有者标识")
    holder_kind: Mapped[str] = mapped_column(comment="tender、contract 或 grant")
    reserved_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已预留，分")
    committed_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已承诺未付，分")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已支付，分")


class LedgerEntry(Base):
    """One movement of a line, numbered without a gap; never changed."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        one_of("kind", EntryKind),
        CheckConstraint("amount_fen >= 0", name="amount_fen"),
        Index("ix_ledger_entry_holder_id", "holder_id"),
        {"comment": "预算台账：每次预留、承诺、支付与调整，只增不改"},
    )

    line_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("budget_line.id"), primary_key=True, comment="预算科目"
    )
    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="序号，每个科目从 1 起连续"
    )
    kind: Mapped[str] = mapped_column(comment="种类")
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分；调整为调整后的预算")
    holder_id: Mapped[UUID | None] = mapped_column(comment="采购、合同或资助")
    document: Mapped[str | None] = mapped_column(comment="预算调整文号")
    made_at: Mapped[datetime] = mapped_column(comment="时间")
    made_by: Mapped[str] = mapped_column(comment="经办人")
