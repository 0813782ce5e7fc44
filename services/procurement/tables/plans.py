"""Long-term plans 长期购买计划, their years, and the items to be bought."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_plans import ItemOrigin, ItemStatus, PlanField, PlanStatus
from common.contracts.vocabulary import PurchaseMethod
from common.records import one_of
from procurement.tables.base import Base, Record


class Plan(Record):
    """What an area means to buy in one field over several years; one plan a time."""

    __tablename__ = "plan"
    __table_args__ = (
        one_of("field", PlanField),
        one_of("status", PlanStatus),
        CheckConstraint("last_year >= first_year", name="years"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published"),
        ExcludeConstraint(
            ("area_code", "="),
            ("field", "="),
            (text("int4range(first_year, last_year, '[]')"), "&&"),
            where=text("status = 'published'"),
            name="ex_plan_once",
        ),
        Index("ix_plan_area_code", "area_code", "id"),
        {"comment": "长期购买服务计划：一个区域一个领域若干年"},
    )

    title: Mapped[str] = mapped_column(comment="名称")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    field: Mapped[str] = mapped_column(comment="领域")
    aims: Mapped[str] = mapped_column(comment="长期购买思路")
    document: Mapped[str] = mapped_column(comment="文号")
    first_year: Mapped[int] = mapped_column(SmallInteger, comment="首年")
    last_year: Mapped[int] = mapped_column(SmallInteger, comment="末年，含")
    status: Mapped[str] = mapped_column(comment="状态")
    published_at: Mapped[datetime | None] = mapped_column(comment="公布时间")


class PlanYear(Base):
    """One year of a plan; its items never take more than was meant."""

    __tablename__ = "plan_year"
    __table_args__ = (
        CheckConstraint("itemised_fen BETWEEN 0 AND intended_fen", name="never_exceeded"),
        {"comment": "计划年度投入"},
    )

    plan_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("plan.id"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    intended_fen: Mapped[int] = mapped_column(BigInteger, comment="投入计划，分")
    itemised_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="已列项目，分")


class PurchaseItem(Record):
    """One thing to be bought: the residents' by their agenda, or a department's alone."""

    __tablename__ = "purchase_item"
    __table_args__ = (
        one_of("origin", ItemOrigin),
        one_of("status", ItemStatus),
        one_of("method", PurchaseMethod),
        ForeignKeyConstraint(["plan_id", "year"], ["plan_year.plan_id", "plan_year.year"]),
        CheckConstraint("money_fen > 0", name="money_fen"),
        CheckConstraint(
            "(origin = 'agenda') = (agenda_item_id IS NOT NULL)"
            " AND (origin = 'department') = (department IS NOT NULL AND reason IS NOT NULL)",
            name="origin_is_told",
        ),
        CheckConstraint("(status = 'dropped') = (drop_reason IS NOT NULL)", name="drop_has_reason"),
        Index(
            "uq_purchase_item_agenda_item_id",
            "agenda_item_id",
            unique=True,
            postgresql_where="status <> 'dropped'",
        ),
        Index(
            "uq_purchase_item_tender_id",
            "tender_id",
            unique=True,
            postgresql_where="status <> 'dropped'",
        ),
        Index("ix_purchase_item_plan_id", "plan_id", "id"),
        Index("ix_purchase_item_area_code", "area_code", "id"),
        {"comment": "购买项目：来自居民议题，或注明仅由部门提出"},
    )

    plan_id: Mapped[UUID] = mapped_column(comment="所属计划")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    field: Mapped[str] = mapped_column(comment="领域")
    year: Mapped[int] = mapped_column(SmallInteger, comment="年度")
    origin: Mapped[str] = mapped_column(comment="来源")
    title: Mapped[str] = mapped_column(comment="名称")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    service_item_id: Mapped[UUID | None] = mapped_column(comment="服务事项")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="服务对象")
    money_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    method: Mapped[str | None] = mapped_column(comment="意愿方式")
    agenda_id: Mapped[UUID | None] = mapped_column(comment="议题清单")
    agenda_item_id: Mapped[UUID | None] = mapped_column(comment="居民议题")
    department: Mapped[str | None] = mapped_column(comment="提出的条线")
    reason: Mapped[str | None] = mapped_column(comment="部门单独提出的公开理由")
    status: Mapped[str] = mapped_column(comment="状态")
    tender_id: Mapped[UUID | None] = mapped_column(comment="采购过程")
    drop_reason: Mapped[str | None] = mapped_column(comment="不再购买的公开理由")
    planned_on: Mapped[date] = mapped_column(comment="列入日期")
