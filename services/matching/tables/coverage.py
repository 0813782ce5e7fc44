"""The newest survey of coverage, and the gaps it leaves. Written as a whole by one job."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Double, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.ids import uuid7
from matching.tables.base import Base


class Coverage(Base):
    """What one neighbourhood reaches; arrays run over the kinds of the survey."""

    __tablename__ = "coverage"
    __table_args__ = {"comment": "居村覆盖：数组按调查的类别与人群排列"}

    area_code: Mapped[str] = mapped_column(primary_key=True, comment="居村 12 位代码")
    people: Mapped[list[float]] = mapped_column(ARRAY(Double), comment="人数")
    covered: Mapped[list[bool]] = mapped_column(ARRAY(Boolean), comment="15 分钟步行可达")
    index: Mapped[list[float]] = mapped_column(ARRAY(Double), comment="每千人每日名额")
    gain: Mapped[list[float]] = mapped_column(ARRAY(Double), comment="增设一处可新覆盖人数")


class CoverageSurvey(Base):
    """How and when the newest survey was made: one row."""

    __tablename__ = "coverage_survey"
    __table_args__ = (CheckConstraint("id = 1", name="one"), {"comment": "最近一次覆盖调查"})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kinds: Mapped[list[Any]] = mapped_column(JSONB, comment="[类别, 人群或空] 的列表")
    circle_minutes: Mapped[int] = mapped_column(comment="生活圈步行分钟")
    circle_m: Mapped[float] = mapped_column(Double, comment="折算直线距离，米")
    bands: Mapped[str] = mapped_column(comment="分钟与权重")
    records: Mapped[int] = mapped_column(
        server_default="0", comment="调查时已听到的区划、人口与服务的变更数"
    )
    computed_at: Mapped[datetime] = mapped_column(comment="计算时间")


class Gap(Base):
    """What a street lacks in one category for one group; figures on few people are empty."""

    __tablename__ = "gap"
    __table_args__ = (
        UniqueConstraint(
            "area_code", "category", "target_group", postgresql_nulls_not_distinct=True
        ),
        Index("ix_gap_area_code", "area_code", "id"),
        {"comment": "缺口：街镇某类服务对某人群的供不应求"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    area_code: Mapped[str] = mapped_column(comment="街镇 12 位代码")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    target_group: Mapped[str | None] = mapped_column(comment="字典 target_group，空为全体")
    period_from_on: Mapped[date] = mapped_column(comment="需求统计起始日")
    period_to_on: Mapped[date] = mapped_column(comment="需求统计截止日，含当日")
    people: Mapped[int | None] = mapped_column(comment="人数，少于十人为空")
    open_needs: Mapped[int | None] = mapped_column(comment="待满足需求")
    unmet_needs: Mapped[int | None] = mapped_column(comment="未满足需求")
    unmet_by_reason: Mapped[list[Any]] = mapped_column(JSONB, comment="未满足原因")
    statutory_shortfall: Mapped[int | None] = mapped_column(comment="应保未保")
    places_short: Mapped[int | None] = mapped_column(comment="缺少的名额")
    covered: Mapped[float | None] = mapped_column(Double, comment="15 分钟步行可达人口比例")
    supply_index: Mapped[float | None] = mapped_column(Double, comment="每千人每日名额")
    one_more_place_serves: Mapped[float | None] = mapped_column(
        Double, comment="增设一处可新覆盖人数"
    )
    allocation_run_id: Mapped[UUID | None] = mapped_column(comment="影子价格所依的统筹")
    computed_at: Mapped[datetime] = mapped_column(comment="计算时间")
