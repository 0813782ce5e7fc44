"""Consent to be told, and what was offered to whom. Residents stand under their pseudonym."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.matching_outreach import OfferAnswer
from common.records import one_of
from matching.tables.base import Base, Record


class OutreachConsent(Base):
    """Who wants to be told of what they are entitled to."""

    __tablename__ = "outreach_consent"
    __table_args__ = {"comment": "政策找人：本人同意被告知"}

    resident: Mapped[str] = mapped_column(primary_key=True, comment="居民化名（用途 cases）")
    given_at: Mapped[datetime] = mapped_column(comment="同意时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")


class OutreachOffer(Record):
    """One offer: made once for a resident and a category, and forgotten in due time."""

    __tablename__ = "outreach_offer"
    __table_args__ = (
        one_of("answer", OfferAnswer),
        Index("uq_outreach_offer_once", "resident", "category", unique=True),
        Index("ix_outreach_offer_area_code", "area_code", "id"),
        Index("ix_outreach_offer_updated_at", "updated_at"),
        CheckConstraint("(answer = 'pending') = (answered_at IS NULL)", name="answered_at"),
        CheckConstraint("(answer = 'accepted') = (need_id IS NOT NULL)", name="accepted_is_a_need"),
        {"comment": "政策找人：告知及其答复"},
    )

    resident: Mapped[str] = mapped_column(comment="居民化名（用途 cases）")
    via_need_id: Mapped[UUID] = mapped_column(comment="据以得知的需求")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    rule: Mapped[str] = mapped_column(comment="应保尽保规则编号")
    area_code: Mapped[str] = mapped_column(comment="所在居村")
    line: Mapped[str] = mapped_column(comment="条线")
    answer: Mapped[str] = mapped_column(comment="答复")
    offered_at: Mapped[datetime] = mapped_column(comment="告知时间")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")
    need_id: Mapped[UUID | None] = mapped_column(comment="接受后登记的需求")
