"""Areas, their history and their members. Codes are division codes or own codes; points are WGS-84.

`area` holds the present state of each area, `area_period` every state it ever had. Small reference
tables (a city has some 10^4 areas), so other tables may point at them wherever they live.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import Function

from common.contracts.registry.areas import DIVISIONS, LEVELS, AreaKind, SuccessionKind
from common.geo import System
from common.ids import uuid7
from registry.tables.base import Base, Record, forward, lexemes, one_of

_LEVELS = ", ".join(f"'{kind}'" for kind in LEVELS)
_DIVISIONS = ", ".join(f"'{kind}'" for kind in DIVISIONS)


def period() -> Function[Any]:
    """The days of a row as a range, for exclusion constraints."""
    return func.daterange(literal_column("valid_from"), literal_column("valid_to"))


class Area(Record):
    """An area as it stands, or as it last stood."""

    __tablename__ = "area"
    __table_args__ = (
        one_of("kind", AreaKind),
        CheckConstraint(
            f"(kind IN ({_DIVISIONS})) = (code IS NOT NULL AND code ~ '^[0-9]{{12}}$')",
            name="divisions_have_12_digits",
        ),
        CheckConstraint(
            f"(kind IN ({_LEVELS})) = (level IS NOT NULL)", name="only_levels_have_a_level"
        ),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        CheckConstraint(
            "kind = 'city' OR parent_id IS NOT NULL", name="only_the_city_has_no_parent"
        ),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_is_whole"),
        CheckConstraint("(lon IS NULL) = (coord_source IS NULL)", name="point_has_a_system"),
        one_of("coord_source", System),
        forward(),
        Index("uq_area_code_now", "code", unique=True, postgresql_where=text("valid_to IS NULL")),
        Index("ix_area_code", "code"),
        Index("ix_area_parent_id", "parent_id", "short_code", "id"),
        Index(
            "ix_area_short_code",
            "short_code",
            "id",
            postgresql_ops={"short_code": "text_pattern_ops"},
        ),
        Index("ix_area_listed", "short_code", "id"),
        Index("ix_area_search", "search", postgresql_using="gin"),
        {"comment": "区划（市、区、街镇、居村）与区划之外的网格、小区、服务圈、片区"},
    )

    code: Mapped[str | None] = mapped_column(comment="12 位区划代码，或自编代码")
    short_code: Mapped[str] = mapped_column(comment="有效位前缀；非区划取所在区划的前缀")
    kind: Mapped[str] = mapped_column(comment="类型")
    level: Mapped[int | None] = mapped_column(comment="1 市 2 区 3 街镇 4 居村")
    division_kind: Mapped[str | None] = mapped_column(comment="区划名录中的类别，如 街道")
    name: Mapped[str] = mapped_column(comment="名称")
    path_name: Mapped[str] = mapped_column(comment="全路径名称，以 / 分隔")
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"), comment="上级或所在区划")
    area_type: Mapped[str | None] = mapped_column(comment="字典 area_type，同类比较用")
    lon: Mapped[float | None] = mapped_column(comment="经度，WGS-84，度")
    lat: Mapped[float | None] = mapped_column(comment="纬度，WGS-84，度")
    coord_source: Mapped[str | None] = mapped_column(comment="交来时的坐标系")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="终止日期，不含当日")
    source_edition: Mapped[str | None] = mapped_column(comment="最近改动它的区划版本")
    search: Mapped[list[str]] = lexemes()


class AreaPeriod(Base):
    """What an area was called and where it belonged for a time; periods never overlap."""

    __tablename__ = "area_period"
    __table_args__ = (
        forward(),
        ExcludeConstraint(("area_id", "="), (period(), "&&"), name="ex_area_period_one_at_a_time"),
        Index("ix_area_period_day", "valid_from", "valid_to"),
        Index("ix_area_period_code", "code"),
        {"comment": "区划沿革：每一时段的名称、代码与上级"},
    )

    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True, comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="终止日期，不含当日")
    code: Mapped[str | None] = mapped_column(comment="当时的代码")
    short_code: Mapped[str] = mapped_column(comment="当时的有效位前缀")
    division_kind: Mapped[str | None] = mapped_column(comment="当时的类别")
    name: Mapped[str] = mapped_column(comment="当时的名称")
    path_name: Mapped[str] = mapped_column(comment="当时的全路径")
    parent_id: Mapped[UUID | None] = mapped_column(comment="当时的上级")
    source_edition: Mapped[str | None] = mapped_column(comment="带来此状态的区划版本")


class AreaSuccession(Base):
    """Which area took over from which: merged, split or replaced."""

    __tablename__ = "area_succession"
    __table_args__ = (
        one_of("kind", SuccessionKind),
        CheckConstraint("predecessor_id <> successor_id", name="not_itself"),
        Index("ix_area_succession_successor_id", "successor_id"),
        {"comment": "区划承接关系"},
    )

    predecessor_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    successor_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(comment="合并、拆分或替代")
    on: Mapped[date] = mapped_column(comment="承接日期")


class AreaMember(Base):
    """An area inside another for a time, other than by code: 小区 in 居村, 居村 in 片区."""

    __tablename__ = "area_member"
    __table_args__ = (
        forward(),
        CheckConstraint("area_id <> member_id", name="not_itself"),
        ExcludeConstraint(
            ("area_id", "="), ("member_id", "="), (period(), "&&"), name="ex_area_member_once"
        ),
        Index("ix_area_member_member_id", "member_id"),
        {"comment": "片区等所含的区划，有起止"},
    )

    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True, comment="包含者")
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="被包含者")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="终止日期，不含当日")


class AreaPopulation(Base):
    """People of an age band and group in an area on a day, from a named source."""

    __tablename__ = "area_population"
    __table_args__ = (
        CheckConstraint("count >= 0", name="count"),
        UniqueConstraint(
            "area_id", "as_of", "age_band", "group", postgresql_nulls_not_distinct=True
        ),
        {"comment": "人口：年龄段与人群，按区划与日期"},
    )

    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    age_band: Mapped[str] = mapped_column(comment="年龄段")
    group: Mapped[str | None] = mapped_column(comment="字典 target_group；空为全部人口")
    count: Mapped[int] = mapped_column(comment="人数")
    as_of: Mapped[date] = mapped_column(comment="统计日期")
    source: Mapped[str] = mapped_column(comment="来源")


class AreaEdition(Base):
    """An imported edition of the division list and what it did."""

    __tablename__ = "area_edition"
    __table_args__ = (
        UniqueConstraint("scope", "digest"),
        Index("ix_area_edition_valid_from", "valid_from", "id"),
        {"comment": "区划版本导入记录"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str] = mapped_column(comment="版本名称，如 2023")
    scope: Mapped[str] = mapped_column(comment="完整覆盖的区划前缀")
    valid_from: Mapped[date] = mapped_column(comment="生效日期")
    source: Mapped[str] = mapped_column(comment="来源与许可")
    digest: Mapped[str] = mapped_column(comment="内容摘要（SHA-256），重复导入据此识别")
    rows: Mapped[int] = mapped_column(comment="行数")
    unchanged: Mapped[int] = mapped_column(comment="未变行数")
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, comment="各类变化的数目")
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="变化明细")
    ended_in_use: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="终止而仍被引用的代码")
    imported_at: Mapped[datetime] = mapped_column(comment="导入时间")
    imported_by: Mapped[str] = mapped_column(comment="导入人")
