"""Agendas 共治议题清单: what was decided within an approved pot. It binds procurement.

Triggers keep the sum of the items, freeze what is published, and hold an agenda to its vote.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import AgendaStatus, CountingRule
from common.contracts.vocabulary import PurchaseMethod
from common.records import one_of
from feedback.tables.base import Base, Record


class Pot(Base):
    """What one document approves, for all votes and agendas that cite it together.

    Triggers on both keep what is held; another one asks each new total for its correction.
    """

    __tablename__ = "pot"
    __table_args__ = (
        UniqueConstraint("id"),
        CheckConstraint("held_fen BETWEEN 0 AND total_fen", name="within_the_total"),
        {"comment": "批准资金的文件：名下的票决与清单合计不超过总额"},
    )

    approved_by_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="批准机构")
    document: Mapped[str] = mapped_column(primary_key=True, comment="批准文号")
    approved_on: Mapped[date] = mapped_column(comment="批准日期")
    total_fen: Mapped[int] = mapped_column(BigInteger, comment="文件批准的总额，分")
    held_fen: Mapped[int] = mapped_column(
        BigInteger, comment="已由票决和清单占用，由触发器维护，分"
    )
    id: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    version: Mapped[int] = mapped_column(server_default="1", comment="ETag，每次更正总额加一")


class PotWish(Base):
    """That somebody wants a total corrected: another person confirms it, or it is taken back."""

    __tablename__ = "pot_wish"
    __table_args__ = (
        CheckConstraint("total_fen > 0", name="total_fen"),
        {"comment": "待另一人确认的总额更正"},
    )

    pot_id: Mapped[UUID] = mapped_column(ForeignKey("pot.id"), primary_key=True)
    total_fen: Mapped[int] = mapped_column(BigInteger, comment="应为的总额，分")
    reason: Mapped[str] = mapped_column(comment="公开理由")
    asked_by: Mapped[str] = mapped_column(comment="提出人")
    asked_at: Mapped[datetime] = mapped_column(comment="提出时间")


class PotCorrection(Base):
    """That a document approves another sum than was told. Written once, and before the total."""

    __tablename__ = "pot_correction"
    __table_args__ = (
        CheckConstraint("was_fen <> total_fen AND total_fen > 0", name="changes"),
        CheckConstraint("asked_by <> corrected_by", name="by_two"),
        {"comment": "批准总额的更正：只增不改"},
    )

    pot_id: Mapped[UUID] = mapped_column(ForeignKey("pot.id"), primary_key=True)
    version: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="更正后的版本"
    )
    was_fen: Mapped[int] = mapped_column(BigInteger, comment="更正前的总额，分")
    total_fen: Mapped[int] = mapped_column(BigInteger, comment="更正后的总额，分")
    reason: Mapped[str] = mapped_column(comment="公开理由")
    asked_by: Mapped[str | None] = mapped_column(comment="提出人；空为早先由一人更正")
    corrected_by: Mapped[str] = mapped_column(comment="更正人")
    corrected_at: Mapped[datetime] = mapped_column(comment="更正时间")


class Agenda(Record):
    """What residents decided, with the decision that approved the money."""

    __tablename__ = "agenda"
    __table_args__ = (
        one_of("status", AgendaStatus),
        one_of("rule", CountingRule),
        UniqueConstraint("number"),
        CheckConstraint("items_fen >= 0 AND items_fen <= pot_fen", name="within_the_pot"),
        CheckConstraint(
            "carried_fen >= 0 AND items_fen + carried_fen <= pot_fen", name="within_what_is_left"
        ),
        CheckConstraint("spent_fen >= carried_fen", name="spent_is_carried_on"),
        CheckConstraint("freed_fen BETWEEN 0 AND items_fen", name="freed_is_of_its_items"),
        CheckConstraint("(vote_id IS NULL) = (rule = 'resolution')", name="decided_somehow"),
        CheckConstraint(
            "(status = 'superseded') = (superseded_by_id IS NOT NULL)", name="superseded_by_one"
        ),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_at"),
        CheckConstraint(
            "status IN ('published', 'delivered') OR withdrawal_reason IS NOT NULL",
            name="end_has_reason",
        ),
        CheckConstraint("(status = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_at"),
        CheckConstraint(
            "replaces_id IS NULL OR change_reason IS NOT NULL", name="replacement_has_reason"
        ),
        Index(
            "uq_agenda_vote_in_force",
            "vote_id",
            unique=True,
            postgresql_where="status IN ('published', 'delivered')",
        ),
        Index("ix_agenda_area_code", "area_code", "id"),
        {"comment": "共治议题清单：居民在已批准资金内的决定，约束购买"},
    )

    number: Mapped[str] = mapped_column(comment="清单编号")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    title: Mapped[str] = mapped_column(comment="题目")
    status: Mapped[str] = mapped_column(comment="状态")
    pot_fen: Mapped[int] = mapped_column(BigInteger, comment="已批准的资金，分")
    pot_total_fen: Mapped[int | None] = mapped_column(
        BigInteger, comment="批准文件的总额，分；空为 pot_fen"
    )
    pot_document: Mapped[str] = mapped_column(comment="批准文号")
    pot_approved_by_id: Mapped[UUID] = mapped_column(Uuid, comment="批准机构")
    pot_approved_on: Mapped[date] = mapped_column(comment="批准日期")
    items_fen: Mapped[int] = mapped_column(BigInteger, comment="各项合计，由触发器维护，分")
    carried_fen: Mapped[int] = mapped_column(
        BigInteger, server_default="0", comment="所取代的清单已花费，分"
    )
    spent_fen: Mapped[int | None] = mapped_column(
        BigInteger, comment="实际花费，含 carried_fen，分；此后只占用此数，空为未知"
    )
    freed_fen: Mapped[int] = mapped_column(
        BigInteger, server_default="0", comment="所放弃各项未花费的金额，已退回，分"
    )
    vote_id: Mapped[UUID | None] = mapped_column(ForeignKey("vote.id"), comment="票决")
    rule: Mapped[str] = mapped_column(comment="如何决定")
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("agenda.id"), comment="取代的清单")
    change_reason: Mapped[str | None] = mapped_column(comment="与票决不同的公开理由")
    superseded_by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("agenda.id", deferrable=True, initially="DEFERRED"), comment="由何清单取代"
    )
    decided_at: Mapped[datetime] = mapped_column(comment="决定时间")
    published_at: Mapped[datetime] = mapped_column(comment="公布时间")
    delivered_at: Mapped[datetime | None] = mapped_column(comment="全部落实的时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    withdrawal_reason: Mapped[str | None] = mapped_column(comment="撤回或被取代的公开理由")


class AgendaItem(Base):
    """One item: what, for how much, how residents wish it bought. It stays as it was decided.

    Its title, too; everybody reads the proposal's, redacted since or not.
    """

    __tablename__ = "agenda_item"
    __table_args__ = (
        one_of("wished_method", PurchaseMethod),
        UniqueConstraint("agenda_id", "position"),
        UniqueConstraint("agenda_id", "proposal_id"),
        Index("ix_agenda_item_proposal_id", "proposal_id"),
        CheckConstraint("position >= 1 AND money_fen > 0 AND votes >= 0", name="numbers"),
        {"comment": "议题清单的一项：内容、金额、希望的方式，一经公布不变"},
    )

    agenda_id: Mapped[UUID] = mapped_column(ForeignKey("agenda.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="购买服务以此为准")
    position: Mapped[int] = mapped_column(SmallInteger, comment="当选次序，从 1 起")
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposal.id"), comment="提案")
    title: Mapped[str] = mapped_column(comment="题目")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    service_item_id: Mapped[UUID | None] = mapped_column(comment="事项")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 target_group")
    gap_id: Mapped[UUID | None] = mapped_column(comment="源自哪项缺口")
    money_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    wished_method: Mapped[str | None] = mapped_column(comment="希望的购买方式")
    votes: Mapped[int] = mapped_column(comment="得票")
    reason: Mapped[str] = mapped_column(comment="当选理由，可复算")
    resolutions: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="议事决议编号链")
