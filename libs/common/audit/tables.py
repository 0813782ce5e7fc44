"""Two tables: the inbox that writers may only fill, and the chained log that nobody edits."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.db import Platform, platform

# No key and no index: the cheapest insert there is, and the application's role may do no more.
inbox = Table(
    "audit_inbox",
    platform,
    Column("entry", JSONB, nullable=False, comment="audit entry, waiting for the chain"),
    comment="written in the transaction of the change; the chaining step moves rows to audit_entry",
)


class ChainedEntry(Platform):
    """A link of the chain. The columns beside `entry` copy it for look-up; `verify` compares."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_target", "target_kind", "target_id", "seq"),
        Index("ix_audit_entry_actor", "actor", "seq"),
        Index("ix_audit_entry_at", "at", postgresql_using="brin"),
        {"comment": "append-only; hash = SM3(prev_hash, seq as 8 bytes, entry)"},
    )

    seq: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"
    )
    entry: Mapped[str] = mapped_column(Text, comment="canonical JSON, exactly what was hashed")
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="hash of the entry before")
    hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SM3, 32 bytes")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), comment="copy of entry.at")
    actor: Mapped[str] = mapped_column(Text, comment="copy of entry.actor")
    action: Mapped[str] = mapped_column(Text, comment="copy of entry.action")
    target_kind: Mapped[str] = mapped_column(Text, comment="copy of entry.target_kind")
    target_id: Mapped[str | None] = mapped_column(Text, comment="copy of entry.target_id")
    area: Mapped[str | None] = mapped_column(Text, comment="copy of entry.area")
    outcome: Mapped[str] = mapped_column(Text, comment="copy of entry.outcome")
