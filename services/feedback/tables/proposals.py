"""Proposals 提案 and who supports them: pseudonyms of a purpose of their own, without a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_proposals import ProposalStatus
from common.contracts.vocabulary import PurchaseMethod
from common.records import one_of
from feedback.tables.base import Base, Record


class Proposal(Record):
    """What residents wish the street to buy."""

    __tablename__ = "proposal"
    __table_args__ = (
        one_of("status", ProposalStatus),
        one_of("wished_method", PurchaseMethod),
        UniqueConstraint("number"),
        CheckConstraint("supporters >= 0", name="supporters"),
        CheckConstraint(
            "supporters_told % 10 = 0 AND supporters_told <= supporters", name="supporters_told"
        ),
        CheckConstraint("price_fen > 0", name="price_fen"),
        CheckConstraint("status <> 'feasible' OR price_fen IS NOT NULL", name="feasible_is_priced"),
        CheckConstraint(
            "status NOT IN ('feasible', 'infeasible') OR assessment IS NOT NULL",
            name="assessment_has_reason",
        ),
        CheckConstraint(
            "(status = 'merged') = (merged_into_id IS NOT NULL) AND merged_into_id <> id",
            name="merged_goes_somewhere",
        ),
        CheckConstraint(
            "status NOT IN ('merged', 'withdrawn') OR reason IS NOT NULL", name="end_has_reason"
        ),
        CheckConstraint(
            "(redacted_at IS NULL) = (original IS NULL)"
            " AND (redacted_at IS NULL) = (redaction_reason IS NULL)",
            name="redaction_keeps_the_original",
        ),
        Index("ix_proposal_area_code", "area_code", "id"),
        Index("ix_proposal_status", "status", "area_code", "id"),
        {"comment": "提案：居民希望街镇购买的服务"},
    )

    number: Mapped[str] = mapped_column(comment="提案编号")
    status: Mapped[str] = mapped_column(comment="状态")
    proposer: Mapped[str] = mapped_column(comment="居民化名（用途 proposals）")
    title: Mapped[str] = mapped_column(comment="题目，公开")
    words: Mapped[str] = mapped_column(comment="内容，公开")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 target_group")
    service_item_id: Mapped[UUID | None] = mapped_column(comment="事项")
    gap_id: Mapped[UUID | None] = mapped_column(comment="源自哪项缺口")
    collective_need_id: Mapped[UUID | None] = mapped_column(comment="源自哪项共性需求")
    wished_method: Mapped[str | None] = mapped_column(comment="希望的购买方式")
    supporters: Mapped[int] = mapped_column(comment="附议人数")
    supporters_told: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="公布的附议人数，整十，每日一次"
    )
    threshold: Mapped[int] = mapped_column(comment="提出时的附议门槛")
    price_fen: Mapped[int | None] = mapped_column(BigInteger, comment="街镇核定的造价，分")
    assessment: Mapped[str | None] = mapped_column(comment="可行性与造价的公开理由")
    merged_into_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("proposal.id"), comment="并入的提案"
    )
    reason: Mapped[str | None] = mapped_column(comment="合并或撤回的公开理由")
    made_at: Mapped[datetime] = mapped_column(comment="提出时间")
    supported_at: Mapped[datetime | None] = mapped_column(comment="达到门槛的时间")
    supported_told_at: Mapped[datetime | None] = mapped_column(comment="公布达到门槛的时间")
    assessed_at: Mapped[datetime | None] = mapped_column(comment="评估时间")
    merged_at: Mapped[datetime | None] = mapped_column(comment="合并时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    original: Mapped[str | None] = mapped_column(comment="遮蔽前的题目与内容，密文")
    redacted_at: Mapped[datetime | None] = mapped_column(comment="遮蔽时间")
    redaction_reason: Mapped[str | None] = mapped_column(comment="遮蔽的公开理由")


class ProposalSupport(Base):
    """That somebody supports a proposal, once."""

    __tablename__ = "proposal_support"
    __table_args__ = {"comment": "附议：每人每项提案一次，不记时间"}

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    supporter: Mapped[str] = mapped_column(primary_key=True, comment="居民化名（用途 proposals）")
