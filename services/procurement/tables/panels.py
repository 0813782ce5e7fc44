"""Experts, panels, sheets, rankings and awards. Names are sealed; a draw can be drawn again."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_panels import AwardStatus, RelationKind, SeatStatus
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base, Record


class Expert(Record):
    """An expert of the pool 评审专家."""

    __tablename__ = "expert"
    __table_args__ = (
        Index("uq_expert_account_index", "account_index", unique=True),
        CheckConstraint(
            "(left_at IS NULL) = (left_reason IS NULL) AND NOT (is_active AND left_at IS NOT NULL)",
            name="left_at",
        ),
        Index("ix_expert_area_code", "area_code", "id"),
        {"comment": "评审专家库"},
    )

    name: Mapped[str] = mapped_column(comment="姓名，加密")
    account_index: Mapped[bytes] = mapped_column(comment="登录账号盲索引")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    categories: Mapped[list[str]] = mapped_column(JSONB, comment="专业领域，服务类别代码")
    is_active: Mapped[bool] = mapped_column(default=True, comment="是否在库")
    left_at: Mapped[datetime | None] = mapped_column(comment="退出专家库的时间")
    left_reason: Mapped[str | None] = mapped_column(comment="退出理由")
    returned_at: Mapped[datetime | None] = mapped_column(comment="退出后最近回到专家库的时间")


class ExpertRelation(Base):
    """A relation that makes an expert partial."""

    __tablename__ = "expert_relation"
    __table_args__ = (
        one_of("kind", RelationKind),
        CheckConstraint("to_on >= from_on", name="to_on"),
        {"comment": "专家与机构的利害关系"},
    )

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(comment="机构")
    kind: Mapped[str] = mapped_column(comment="关系种类")
    from_on: Mapped[date] = mapped_column(comment="自")
    to_on: Mapped[date | None] = mapped_column(comment="至，含；空为仍存续")


class PanelDraw(Base):
    """One draw: what went in, so that anybody can draw it again."""

    __tablename__ = "panel_draw"
    __table_args__ = ({"comment": "评审小组抽取记录"},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(SmallInteger, comment="小组总人数")
    service_seed: Mapped[str] = mapped_column(comment="公告时承诺的种子")
    seed: Mapped[str] = mapped_column(comment="合成种子")
    pool: Mapped[list[str]] = mapped_column(JSONB, comment="参与抽取的专家")
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="回避者及理由")
    ordered: Mapped[list[str]] = mapped_column(JSONB, comment="抽取次序")
    supplements: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", default=list, comment="次序用尽后的补抽，各有种子、名单与次序"
    )
    drawn_at: Mapped[datetime] = mapped_column(comment="抽取时间")
    drawn_by: Mapped[str] = mapped_column(comment="抽取人")


class PanelSeat(Base):
    """One seat of a panel. A recused one stays; the next in the order takes a new place."""

    __tablename__ = "panel_seat"
    __table_args__ = (
        one_of("status", SeatStatus),
        CheckConstraint("is_expert = (expert_id IS NOT NULL)", name="is_expert"),
        Index(
            "uq_panel_seat_expert",
            *("tender_id", "round", "expert_id"),
            unique=True,
            postgresql_where="expert_id IS NOT NULL",
        ),
        Index("ix_panel_seat_expert_id", "expert_id"),
        {"comment": "评审小组席位"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    expert_id: Mapped[UUID | None] = mapped_column(comment="专家；采购人代表为空")
    is_expert: Mapped[bool] = mapped_column(comment="是否专家")
    account_index: Mapped[bytes] = mapped_column(comment="登录账号盲索引")
    status: Mapped[str] = mapped_column(comment="席位状态")
    reason: Mapped[str | None] = mapped_column(comment="回避理由")
    changed_at: Mapped[datetime] = mapped_column(comment="最近变动时间")


class Score(Base):
    """What one member measured of one bid by one criterion, and the points that follow."""

    __tablename__ = "score"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tender_id", "round", "place"],
            ["panel_seat.tender_id", "panel_seat.round", "panel_seat.place"],
        ),
        ForeignKeyConstraint(["tender_id", "bid_id"], ["bid.tender_id", "bid.id"]),
        CheckConstraint("points >= 0", name="points"),
        {"comment": "评分表明细"},
    )

    tender_id: Mapped[UUID] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    bid_id: Mapped[UUID] = mapped_column(primary_key=True)
    criterion: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    measured: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="量化指标值")
    points: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="得分")


class Ranking(Base):
    """How a bid came out of one evaluation."""

    __tablename__ = "ranking"
    __table_args__ = (
        ForeignKeyConstraint(["tender_id", "bid_id"], ["bid.tender_id", "bid.id"]),
        Index("uq_ranking_rank", "tender_id", "round", "rank", unique=True),
        {"comment": "评审排序"},
    )

    tender_id: Mapped[UUID] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    bid_id: Mapped[UUID] = mapped_column(primary_key=True)
    bidder_id: Mapped[UUID] = mapped_column(comment="供应商")
    price_fen: Mapped[int] = mapped_column(BigInteger, comment="报价，分")
    evaluated_price_fen: Mapped[int] = mapped_column(BigInteger, comment="评审价，分")
    quality_points: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="质量分")
    price_points: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="价格分")
    total_points: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="总分")
    rank: Mapped[int] = mapped_column(SmallInteger, comment="名次")
    is_shortlisted: Mapped[bool] = mapped_column(comment="入围或推荐")
    made_at: Mapped[datetime] = mapped_column(comment="报告时间")
    tie_rule: Mapped[str | None] = mapped_column(comment="分出并列的规则")


_LIVE = "status IN ('pending', 'active')"


class Award(Record):
    """A decision for one supplier; one of a purchase is live, or several in a framework."""

    __tablename__ = "award"
    __table_args__ = (
        one_of("status", AwardStatus),
        CheckConstraint("value_fen > 0", name="value_fen"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint("status <> 'active' OR announced_at IS NOT NULL", name="announced"),
        Index(
            "uq_award_tender_live",
            "tender_id",
            unique=True,
            postgresql_where=f"NOT is_shared AND {_LIVE}",
        ),
        Index(
            "uq_award_supplier_live",
            *("tender_id", "supplier_id"),
            unique=True,
            postgresql_where=_LIVE,
        ),
        Index("ix_award_tender_id", "tender_id", "id"),
        Index("ix_award_supplier_id", "supplier_id", "id"),
        Index("ix_award_framework_id", "framework_id", "supplier_id"),
        {"comment": "成交（中标、入围）结果"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), comment="采购过程")
    framework_id: Mapped[UUID | None] = mapped_column(comment="所属框架第一阶段，轮候据此计数")
    round: Mapped[int] = mapped_column(SmallInteger, comment="第几次评审")
    supplier_id: Mapped[UUID] = mapped_column(comment="供应商")
    bid_id: Mapped[UUID | None] = mapped_column(comment="响应；直接选定、平台导入时为空")
    rank: Mapped[int] = mapped_column(SmallInteger, comment="名次")
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分；框架入围为报价")
    status: Mapped[str] = mapped_column(comment="OCDS 成交状态")
    is_shared: Mapped[bool] = mapped_column(comment="框架入围，同一过程可有多家")
    reason: Mapped[str | None] = mapped_column(comment="理由，公开")
    decided_at: Mapped[datetime] = mapped_column(comment="确定时间")
    announce_due_on: Mapped[date] = mapped_column(comment="公告期限，含当日")
    announced_at: Mapped[datetime | None] = mapped_column(comment="公告、发出通知书的时间")
    sign_due_on: Mapped[date | None] = mapped_column(comment="签约期限，含当日")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="撤销时间")
    cancel_reason: Mapped[str | None] = mapped_column(comment="撤销理由，公开")
    removed_at: Mapped[datetime | None] = mapped_column(comment="清退出框架的时间")
    rules: Mapped[list[str]] = mapped_column(JSONB, default=list, comment="适用的规则编号")
