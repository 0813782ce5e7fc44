"""Citywide runs: what was asked, what is held for the draft, what was decided, and its proof.

Holds, choices and prices name their run without a foreign key: they are written by the hundred
thousand under the run's lock, and runs are never deleted.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.matching import UnmetReason
from common.contracts.matching_allocation import Lapse, RunStage, RunStatus
from common.records import one_of
from matching.tables.base import Base, Record


class AllocationRun(Record):
    """One run."""

    __tablename__ = "allocation_run"
    __table_args__ = (
        one_of("status", RunStatus),
        one_of("stage", RunStage),
        CheckConstraint("done BETWEEN 0 AND 1", name="done"),
        CheckConstraint(
            "status NOT IN ('drafted', 'committed')"
            " OR (certificate_sm3 IS NOT NULL AND inputs_sm3 IS NOT NULL)",
            name="draft_has_its_proof",
        ),
        CheckConstraint("NOT (is_dry AND status = 'committed')", name="dry_is_never_committed"),
        CheckConstraint("replay_from_on IS NULL OR is_dry", name="replay_is_dry"),
        CheckConstraint("replay_from_on <= session_on", name="replay_period"),
        Index("ix_allocation_run_queue", "id", postgresql_where="status = 'queued'"),
        Index(
            "ix_allocation_run_holding",
            "id",
            postgresql_where="status IN ('running', 'drafted') AND NOT is_dry",
        ),
        Index("ix_allocation_run_area", "area", "id"),
        {"comment": "统筹分配：一次运行"},
    )

    area: Mapped[str] = mapped_column(comment="范围前缀")
    session_on: Mapped[date] = mapped_column(comment="名额所属日期")
    replay_from_on: Mapped[date | None] = mapped_column(comment="重演的首日；空为不是重演")
    seed: Mapped[str] = mapped_column(comment="事先公布的排序种子")
    is_dry: Mapped[bool] = mapped_column(comment="只试算，不占名额")
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="权重与规则")
    status: Mapped[str] = mapped_column(comment="状态")
    stage: Mapped[str | None] = mapped_column(comment="正在做什么")
    done: Mapped[float] = mapped_column(comment="进度 0–1")
    needs: Mapped[int | None] = mapped_column(comment="需求数")
    places: Mapped[int | None] = mapped_column(BigInteger, comment="名额数")
    served: Mapped[list[int] | None] = mapped_column(ARRAY(Integer), comment="各层得到服务数")
    unserved: Mapped[dict[str, int] | None] = mapped_column(JSONB, comment="未服务原因与人数")
    lapsed: Mapped[int | None] = mapped_column(comment="提交时未能转介的人数")
    lapsed_by: Mapped[dict[str, int] | None] = mapped_column(JSONB, comment="未能转介原因与人数")
    objective: Mapped[int | None] = mapped_column(BigInteger, comment="目标值，整数")
    inputs_sm3: Mapped[str | None] = mapped_column(comment="输入摘要")
    certificate_sm3: Mapped[str | None] = mapped_column(comment="证书摘要")
    fault: Mapped[str | None] = mapped_column(comment="失败原因")
    is_unwanted: Mapped[bool] = mapped_column(comment="要求取消")
    beat_at: Mapped[datetime | None] = mapped_column(comment="计算进程最近一次报到")
    started_at: Mapped[datetime | None] = mapped_column(comment="开始时间")
    finished_at: Mapped[datetime | None] = mapped_column(comment="结束时间")
    committed_at: Mapped[datetime | None] = mapped_column(comment="提交时间")


class AllocationHold(Base):
    """Places that a draft holds; given back or handed to referrals at its end."""

    __tablename__ = "allocation_hold"
    __table_args__ = (
        CheckConstraint("places > 0", name="places"),
        {"comment": "统筹分配草案占住的名额"},
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True, comment="所属的统筹")
    offering_id: Mapped[UUID] = mapped_column(primary_key=True, comment="服务")
    starts_on: Mapped[date] = mapped_column(primary_key=True, comment="名额所在期的首日")
    places: Mapped[int] = mapped_column(comment="占住的名额")


class AllocationChoice(Base):
    """What a run decided for one need."""

    __tablename__ = "allocation_choice"
    __table_args__ = (
        one_of("reason", UnmetReason),
        one_of("lapse", Lapse),
        CheckConstraint("lapse IS NULL OR offering_id IS NOT NULL", name="only_choices_lapse"),
        CheckConstraint("(offering_id IS NULL) = (reason IS NOT NULL)", name="served_or_why_not"),
        {"comment": "统筹分配对每个需求的结果"},
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True, comment="所属的统筹")
    need_id: Mapped[UUID] = mapped_column(primary_key=True, comment="需求")
    offering_id: Mapped[UUID | None] = mapped_column(comment="服务")
    walking_m: Mapped[int | None] = mapped_column(comment="步行米数")
    reason: Mapped[str | None] = mapped_column(Text, comment="未服务原因")
    rule: Mapped[str | None] = mapped_column(comment="最常缺的条件；得到服务时尚待核实的条件")
    competition: Mapped[int | None] = mapped_column(comment="争用组")
    lapse: Mapped[str | None] = mapped_column(Text, comment="提交时未能转介的原因")


class AllocationPrice(Base):
    """What one more place at an offering would save, by a run: the price of scarcity."""

    __tablename__ = "allocation_price"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        {"comment": "统筹分配的稀缺价格，折合步行分钟"},
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True, comment="所属的统筹")
    offering_id: Mapped[UUID] = mapped_column(primary_key=True, comment="服务")
    minutes: Mapped[float] = mapped_column(Double, comment="多一个名额可节省的步行分钟")


class AllocationFile(Base):
    """Inputs and certificate of a run, packed, in pieces: what an auditor checks."""

    __tablename__ = "allocation_file"
    __table_args__ = {"comment": "统筹分配的输入与证书，分块压缩保存"}

    run_id: Mapped[UUID] = mapped_column(ForeignKey("allocation_run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, comment="块号")
    content: Mapped[bytes] = mapped_column(LargeBinary, comment="内容")
