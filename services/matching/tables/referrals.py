"""Referrals 转介: a need sent to an offering, and every step that happened."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.tables.base import Record
from matching.tables.words import (
    CORRECTION_REASON,
    DECLINE_REASON,
    REFERRAL_PLACES,
    REFERRAL_STATUS,
    URGENCY_TIER,
)

_LIVE = "status IN ('held', 'waitlisted', 'accepted')"


class Referral(Record):
    """One need at one offering. Places are counted in `capacity`, under the key kept here."""

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)", name="decline_has_reason"
        ),
        CheckConstraint(
            "(agreement_number IS NULL) = (settlement_fen IS NULL)", name="agreement_is_settled"
        ),
        CheckConstraint(
            "correction_reason IS NULL OR served_at IS NOT NULL AND no_show_at IS NOT NULL",
            name="corrected_was_told_twice",
        ),
        Index("uq_referral_need_live", "need_id", unique=True, postgresql_where=_LIVE),
        Index(
            "ix_referral_waiting",
            *("offering_id", "starts_on", "session", "urgency", "waitlisted_at", "id"),
            postgresql_where="status = 'waitlisted'",
        ),
        Index("ix_referral_hold", "hold_expires_at", postgresql_where="status = 'held'"),
        Index("ix_referral_wait", "session_on", postgresql_where="status = 'waitlisted'"),
        # Who was not asked yet what came of it by day, who was by when: see `queries.untold`.
        Index(
            "ix_referral_accepted",
            *("reminded_at", "session_on", "id"),
            postgresql_where="status = 'accepted'",
        ),
        Index("ix_referral_need_id", "need_id"),
        Index("ix_referral_booking_id", "booking_id", postgresql_where="booking_id IS NOT NULL"),
        Index("ix_referral_offering_id", "offering_id", "session_on", "id"),
        Index("ix_referral_provider_id", "provider_id", "id"),
        Index("ix_referral_area_code", "area_code", "id"),
        Index("ix_referral_resident", "resident", "id"),
        Index(
            "ix_referral_agreement_number",
            *("agreement_number", "id"),
            postgresql_where="agreement_number IS NOT NULL",
        ),
        {"comment": "转介：把需求交给一项服务并占位"},
    )

    number: Mapped[str] = mapped_column(comment="转介编号，可告知居民与承接者")
    need_id: Mapped[UUID] = mapped_column(comment="需求")
    resident: Mapped[str | None] = mapped_column(comment="居民化名（用途 cases）")
    rater: Mapped[str | None] = mapped_column(comment="居民化名（用途 ratings），供核对评价人")
    urgency: Mapped[int] = mapped_column(URGENCY_TIER, comment="转介时的紧急程度，决定候补次序")
    offering_id: Mapped[UUID] = mapped_column(comment="服务")
    provider_id: Mapped[UUID] = mapped_column(comment="承接机构")
    venue_id: Mapped[UUID | None] = mapped_column(comment="载体")
    service_item_id: Mapped[UUID | None] = mapped_column(comment="事项")
    contract_id: Mapped[UUID | None] = mapped_column(comment="支付的合同")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    area_code: Mapped[str] = mapped_column(comment="需求所在居村")
    served_in: Mapped[str] = mapped_column(comment="服务所在区划")
    status: Mapped[str] = mapped_column(REFERRAL_STATUS, comment="状态")
    places: Mapped[int] = mapped_column(REFERRAL_PLACES, comment="名额数")
    session_on: Mapped[date] = mapped_column(comment="服务日期")
    starts_on: Mapped[date] = mapped_column(comment="名额所在期的首日")
    session: Mapped[str] = mapped_column(comment="场次 HH:MM；不按场计为空串")
    asked_session: Mapped[str | None] = mapped_column(
        comment="所约场次 HH:MM，名额后来不按场计而移出 session；空为即 session"
    )
    price_fen: Mapped[int] = mapped_column(BigInteger, comment="居民支付，分")
    decline_reason: Mapped[str | None] = mapped_column(DECLINE_REASON, comment="谢绝原因")
    booking_id: Mapped[UUID | None] = mapped_column(comment="资源库中的空间预约")
    handed_over_to_id: Mapped[UUID | None] = mapped_column(comment="接续的转介")
    agreement_number: Mapped[str | None] = mapped_column(comment="跨区协议编号")
    settlement_fen: Mapped[int | None] = mapped_column(BigInteger, comment="跨区结算金额，分")
    made_at: Mapped[datetime] = mapped_column(comment="转介时间")
    held_at: Mapped[datetime | None] = mapped_column(comment="候补转为占位的时间")
    hold_expires_at: Mapped[datetime | None] = mapped_column(comment="占位到期时间")
    waitlisted_at: Mapped[datetime | None] = mapped_column(comment="候补起始时间")
    accepted_at: Mapped[datetime | None] = mapped_column(comment="接受时间")
    declined_at: Mapped[datetime | None] = mapped_column(comment="谢绝时间")
    expired_at: Mapped[datetime | None] = mapped_column(comment="释放时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    handed_over_at: Mapped[datetime | None] = mapped_column(comment="移交时间")
    served_at: Mapped[datetime | None] = mapped_column(comment="服务时间")
    no_show_at: Mapped[datetime | None] = mapped_column(comment="未到时间")
    reminded_at: Mapped[datetime | None] = mapped_column(comment="催报结果的时间")
    untold_at: Mapped[datetime | None] = mapped_column(comment="逾期未报结果而结束的时间")
    is_served_says_resident: Mapped[bool | None] = mapped_column(comment="居民称是否已服务")
    correction_reason: Mapped[str | None] = mapped_column(
        CORRECTION_REASON, comment="曾误报已服务的更正原因"
    )

    @property
    def clock(self) -> str:
        """When its session begins, whether or not places are counted by it now; '' for none.

        `session` is where its places are counted, and that is the registry's to change.
        """
        return self.asked_session or self.session

    def count_in(self, starts_on: date, session: str) -> None:
        """Count its places in a period; the session that was asked for stays known."""
        clock = self.clock
        self.asked_session = clock if clock != session else None
        self.starts_on, self.session = starts_on, session
