"""Verified homes: a pseudonym, a neighbourhood, a last day. No address, no number, no name."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback_residence import ResidenceBasis
from common.records import one_of
from feedback.tables.base import Base, Record

_STANDS = "confirmed_at IS NOT NULL AND ended_at IS NULL"
_WAITS = "confirmed_at IS NULL AND ended_at IS NULL"


class ResidenceCode(Base):
    """A code by which a desk finds the account of who stands before it; one a resident."""

    __tablename__ = "residence_code"
    __table_args__ = (
        Index("uq_residence_code_code", "code", unique=True),
        Index("ix_residence_code_expires_at", "expires_at"),
        {"comment": "居住地核验码：只存盲索引，用后即删"},
    )

    resident: Mapped[str] = mapped_column(primary_key=True, comment="居民化名（用途 residence）")
    code: Mapped[bytes] = mapped_column(LargeBinary, comment="核验码的盲索引")
    expires_at: Mapped[datetime] = mapped_column(comment="失效时间")


class Residence(Record):
    """Where somebody lives, as two people of a desk have seen it."""

    __tablename__ = "residence"
    __table_args__ = (
        one_of("basis", ResidenceBasis),
        CheckConstraint("confirmed_by <> created_by", name="another_person_confirms"),
        CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)"
            " AND (confirmed_at IS NULL) = (expires_on IS NULL)",
            name="confirmed_whole",
        ),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
        Index("uq_residence_resident", "resident", unique=True, postgresql_where=_STANDS),
        Index("uq_residence_person", "person", unique=True, postgresql_where=_STANDS),
        Index("ix_residence_person", "person"),
        Index("uq_residence_waiting", "resident", unique=True, postgresql_where=_WAITS),
        Index("ix_residence_waiting_since", "created_at", postgresql_where=_WAITS),
        Index("ix_residence_ended_at", "ended_at", postgresql_where="ended_at IS NOT NULL"),
        Index("ix_residence_expires_on", "expires_on", postgresql_where="expires_on IS NOT NULL"),
        Index("ix_residence_area", "area_code", "id"),
        {"comment": "居住地核验：化名、居村、有效期；不存地址、证件号与姓名"},
    )

    resident: Mapped[str] = mapped_column(comment="居民化名（用途 residence）")
    person: Mapped[str] = mapped_column(comment="公民身份号码的带密钥指纹：一人一处")
    area_code: Mapped[str] = mapped_column(comment="居村 12 位代码")
    basis: Mapped[str] = mapped_column(comment="所出示的凭据种类")
    confirmed_by: Mapped[str | None] = mapped_column(comment="复核人")
    confirmed_at: Mapped[datetime | None] = mapped_column(comment="复核时间")
    expires_on: Mapped[date | None] = mapped_column(comment="有效期末日，含")
    ended_at: Mapped[datetime | None] = mapped_column(comment="终止时间")
    end_reason: Mapped[str | None] = mapped_column(comment="终止原因")
