"""Collective needs 共性需求: what a neighbourhood or an estate needs together, and who answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.matching import CollectiveNeedStatus
from common.records import one_of
from matching.tables.base import Record


class CollectiveNeed(Record):
    """A need of many; what staff wrote stays inside."""

    __tablename__ = "collective_need"
    __table_args__ = (
        one_of("status", CollectiveNeedStatus),
        UniqueConstraint("number"),
        CheckConstraint("persons >= 2", name="of_more_than_one"),
        CheckConstraint("jsonb_array_length(evidence) > 0", name="rests_on_something"),
        CheckConstraint(
            "status <> 'claimed' OR (claimed_by_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name="claimed_by_somebody",
        ),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        Index("ix_collective_need_area_code", "area_code", "id"),
        Index("ix_collective_need_status", "status", "area_code", "id"),
        Index("ix_collective_need_claimed_by_id", "claimed_by_id", "id"),
        {"comment": "共性需求：居村或小区多人相同的需求"},
    )

    number: Mapped[str] = mapped_column(comment="编号")
    title: Mapped[str] = mapped_column(comment="名称，公布")
    is_title_public: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="名称按公布要求所拟"
    )
    description: Mapped[str | None] = mapped_column(comment="说明，仅内部")
    area_code: Mapped[str] = mapped_column(comment="居村或街镇 12 位代码")
    estate_id: Mapped[UUID | None] = mapped_column(comment="小区在资源库中的标识")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    target_group: Mapped[str | None] = mapped_column(comment="字典 target_group")
    persons: Mapped[int] = mapped_column(comment="涉及人数，公布时不足十人不显示")
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="依据，仅内部")
    status: Mapped[str] = mapped_column(comment="状态：待回应、已认领、已回应、转购买、已办结")
    claimed_by_id: Mapped[UUID | None] = mapped_column(comment="认领单位在资源库中的标识")
    pledge_id: Mapped[UUID | None] = mapped_column(comment="资源库中的资源认领")
    claim_note: Mapped[str | None] = mapped_column(comment="认领说明，仅内部")
    outcome_note: Mapped[str | None] = mapped_column(comment="结果或原因，仅内部")
    raised_at: Mapped[datetime] = mapped_column(comment="提出时间")
    claimed_at: Mapped[datetime | None] = mapped_column(comment="认领时间")
    answered_at: Mapped[datetime | None] = mapped_column(comment="回应时间")
    to_purchase_at: Mapped[datetime | None] = mapped_column(comment="转购买时间")
    closed_at: Mapped[datetime | None] = mapped_column(comment="办结时间")
