"""Red flags 风险提示: what guards found, with the values it rests on; kept when it has ceased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_flags import Guard, SubjectKind
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base


class RedFlag(Base):
    """One finding. Found again it stays the same one; what has ceased to hold is cleared."""

    __tablename__ = "red_flag"
    __table_args__ = (
        one_of("guard", Guard),
        one_of("subject_kind", SubjectKind),
        UniqueConstraint("guard", "subject_kind", "subject", "period"),
        CheckConstraint("cleared_at >= found_at", name="cleared_at"),
        Index("ix_red_flag_area_code", "area_code", "id"),
        Index("ix_red_flag_guard", "guard", "id"),
        {"comment": "风险提示：待人核实的异常，附规则、数值与记录"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    guard: Mapped[str] = mapped_column(comment="提示种类")
    subject_kind: Mapped[str] = mapped_column(comment="关于合同、采购、购买方、承接者或街镇")
    subject: Mapped[str] = mapped_column(comment="记录标识或区划代码")
    period: Mapped[str] = mapped_column(comment="年度；不按年为空串")
    area_code: Mapped[str] = mapped_column(comment="所在街镇，数据范围以此为准")
    buyer_id: Mapped[UUID | None] = mapped_column(comment="购买方")
    provider_id: Mapped[UUID | None] = mapped_column(comment="承接者")
    rule: Mapped[str] = mapped_column(comment="依据的规则编号")
    explanation_zh: Mapped[str] = mapped_column(comment="说明")
    explanation_en: Mapped[str] = mapped_column(comment="英文说明")
    measured: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="所据数值")
    documents: Mapped[list[str]] = mapped_column(JSONB, comment="所据记录")
    found_at: Mapped[datetime] = mapped_column(comment="首次发现时间")
    cleared_at: Mapped[datetime | None] = mapped_column(comment="不再成立的时间")


class GuardRun(Base):
    """One look over everything."""

    __tablename__ = "guard_run"
    __table_args__ = ({"comment": "风险检查的每次运行"},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_at: Mapped[datetime] = mapped_column(comment="运行时间")
    contracts: Mapped[int] = mapped_column(comment="检查的合同数")
    tenders: Mapped[int] = mapped_column(comment="检查的采购数")
    flags: Mapped[int] = mapped_column(comment="成立的提示数")
    blocked_rules: Mapped[list[str]] = mapped_column(JSONB, comment="数值未核定的规则")
