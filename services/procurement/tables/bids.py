"""Sealed bids 密封响应文件: commitments before the opening, contents after it.

Before the opening a row holds no content at all, and who bid stands there sealed under the
service's keys. The table itself refuses to tell earlier.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_bids import BidOutcome, BidStatus
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base


class Bid(Base):
    """One sealed bid of one bidder at one stage; a replaced one stays as evidence."""

    __tablename__ = "bid"
    __table_args__ = (
        one_of("status", BidStatus),
        one_of("outcome", BidOutcome),
        CheckConstraint(
            "opened_at IS NOT NULL"
            " OR (bidder_id IS NULL AND price_fen IS NULL AND content IS NULL AND key IS NULL)",
            name="sealed_tells_nothing",
        ),
        CheckConstraint(
            "octet_length(ciphertext_digest) = 32 AND octet_length(key_commitment) = 32",
            name="commitments",
        ),
        CheckConstraint("(price_fen > 0) OR price_fen IS NULL", name="price"),
        Index(
            "uq_bid_live",
            *("tender_id", "stage", "bidder_index"),
            unique=True,
            postgresql_where="superseded_at IS NULL AND withdrawn_at IS NULL",
        ),
        Index("ix_bid_bidder_id", "bidder_id", "tender_id"),
        {"comment": "响应文件：开标前仅存承诺，开标后存内容"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    stage: Mapped[int] = mapped_column(SmallInteger, comment="1 首次响应，2 最后报价")
    bidder_index: Mapped[bytes] = mapped_column(comment="投标人盲索引")
    bidder_sealed: Mapped[str] = mapped_column(comment="投标人与提交人，加密")
    ciphertext_digest: Mapped[bytes] = mapped_column(comment="密文 SM3 摘要")
    key_commitment: Mapped[bytes] = mapped_column(comment="对密钥与密文的承诺 HMAC-SM3")
    algorithm: Mapped[str] = mapped_column(comment="sm4-gcm 或 aes-256-gcm")
    submitted_at: Mapped[datetime] = mapped_column(comment="提交时间")
    superseded_at: Mapped[datetime | None] = mapped_column(comment="被同一投标人替换的时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    revealed_at: Mapped[datetime | None] = mapped_column(comment="解密时间")
    revealed: Mapped[str | None] = mapped_column(comment="已解密内容与密钥，加密，开标时清空")
    opened_at: Mapped[datetime | None] = mapped_column(comment="开标时间")
    outcome: Mapped[str | None] = mapped_column(comment="开标时的结论")
    status: Mapped[str] = mapped_column(comment="OCDS 响应状态")
    bidder_id: Mapped[UUID | None] = mapped_column(comment="投标人，开标后")
    key: Mapped[bytes | None] = mapped_column(comment="投标人公开的密钥，开标后，供任何人验证")
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="内容，开标后")
    price_fen: Mapped[int | None] = mapped_column(BigInteger, comment="报价，分，开标后")
    disqualified_reason: Mapped[str | None] = mapped_column(comment="否决理由")
    disqualified_rule: Mapped[str | None] = mapped_column(comment="否决依据的规则")
    proofs: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", default=list, comment="各资格条件的证明：所附文件或档案资质"
    )
    checked_at: Mapped[datetime | None] = mapped_column(comment="资格与符合性审查时间")
    low_rules: Mapped[list[str]] = mapped_column(JSONB, default=list, comment="触发的异常低价规则")
    low_asked_at: Mapped[datetime | None] = mapped_column(comment="要求说明的时间")
    low_due_at: Mapped[datetime | None] = mapped_column(comment="说明期限")
    low_explained_at: Mapped[datetime | None] = mapped_column(comment="说明时间")
    low_explanation: Mapped[str | None] = mapped_column(comment="说明内容")
    low_is_accepted: Mapped[bool | None] = mapped_column(comment="评审小组是否采信")
