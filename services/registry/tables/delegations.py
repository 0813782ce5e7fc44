"""Delegations 授权 to heads of venues, and what they decided by them. Decisions only grow."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.delegations import Power
from common.ids import uuid7
from registry.tables.base import Base, Record, forward, one_of


class Delegation(Record):
    """A power of a venue's head, once at a time."""

    __tablename__ = "delegation"
    __table_args__ = (
        one_of("power", Power),
        forward(),
        CheckConstraint("limit_fen >= 0", name="limit_fen"),
        ExcludeConstraint(
            ("venue_id", "="),
            ("power", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            where=text("revoked_at IS NULL"),
            name="ex_delegation_one_at_a_time",
        ),
        Index("ix_delegation_venue_id", "venue_id", "id"),
        {"comment": "对载体负责人的授权"},
    )

    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    power: Mapped[str] = mapped_column(comment="授权事项")
    limit_fen: Mapped[int] = mapped_column(BigInteger, comment="每次金额上限，分")
    organisation_ids: Mapped[list[UUID]] = mapped_column(
        ARRAY(Uuid), comment="可调用的单位；空为不限"
    )
    basis: Mapped[str] = mapped_column(comment="授权文件及文号")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="截止日期，不含当日")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="撤销时间")


class Decision(Base):
    """What a head decided alone, with the limit that held."""

    __tablename__ = "delegated_decision"
    __table_args__ = (
        CheckConstraint("amount_fen BETWEEN 0 AND limit_fen", name="within_the_limit"),
        {"comment": "依授权作出的决定，只增不改"},
    )

    delegation_id: Mapped[UUID] = mapped_column(
        ForeignKey("delegation.id"), primary_key=True, comment="授权"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    limit_fen: Mapped[int] = mapped_column(BigInteger, comment="当时的上限，分")
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="所调用的单位"
    )
    note: Mapped[str] = mapped_column(comment="事由")
    decided_at: Mapped[datetime] = mapped_column(comment="决定时间")
    decided_by: Mapped[str] = mapped_column(comment="决定人")
