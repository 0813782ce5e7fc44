"""Organisations and their ties. A reference table (10^5 in a city): others may point at it.

No row is ever deleted: an organisation is dissolved, a tie ends.
"""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.organisations import (
    EvaluationGrade,
    OrganisationKind,
    OrganisationStatus,
)
from common.ids import uuid7
from registry.domain.organisations import CREDIT_CODE_NEEDED, FILED
from registry.tables.areas import period
from registry.tables.base import Base, Record, forward, lexemes, one_of

_NEEDED: Final = ", ".join(f"'{kind}'" for kind in sorted(CREDIT_CODE_NEEDED))
_FILED: Final = ", ".join(f"'{kind}'" for kind in sorted(FILED))


class Organisation(Record):
    """An organisation: by credit code, or by the filing of a street."""

    __tablename__ = "organisation"
    __table_args__ = (
        one_of("kind", OrganisationKind),
        one_of("status", OrganisationStatus),
        one_of("evaluation_grade", EvaluationGrade),
        UniqueConstraint("code"),
        UniqueConstraint("credit_code"),
        UniqueConstraint("filed_with_id", "filing_number"),
        CheckConstraint(
            f"kind NOT IN ({_NEEDED}) OR credit_code IS NOT NULL", name="credit_code_needed"
        ),
        CheckConstraint(
            f"(kind IN ({_FILED})) = (filing_number IS NOT NULL)", name="filing_number_by_kind"
        ),
        CheckConstraint(
            "(filing_number IS NULL) = (filed_with_id IS NULL)", name="filed_with_a_street"
        ),
        CheckConstraint(
            "filing_number IS NULL OR credit_code IS NULL", name="filed_has_no_credit_code"
        ),
        CheckConstraint(
            "(evaluation_grade IS NULL) = (grade_valid_from IS NULL)"
            " AND (grade_valid_to IS NULL OR grade_valid_from IS NOT NULL)",
            name="grade_has_a_start",
        ),
        forward("grade_valid_from", "grade_valid_to"),
        CheckConstraint("supervisor_id <> id AND filed_with_id <> id", name="not_its_own_superior"),
        CheckConstraint("(status = 'dissolved') = (dissolved_on IS NOT NULL)", name="dissolved_on"),
        CheckConstraint("merged_into_id <> id", name="not_into_itself"),
        Index(
            "ix_organisation_merged_into_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_organisation_area_code",
            "area_code",
            "id",
            postgresql_ops={"area_code": "text_pattern_ops"},
        ),
        Index("ix_organisation_kind", "kind", "id"),
        Index("ix_organisation_line", "line", "id"),
        Index("ix_organisation_supervisor_id", "supervisor_id"),
        Index("ix_organisation_area_id", "area_id"),
        Index(
            "ix_organisation_active",
            "id",
            postgresql_where=text("status = 'active' AND merged_into_id IS NULL"),
        ),
        Index("ix_organisation_updated_at", "updated_at"),
        Index("ix_organisation_search", "search", postgresql_using="gin"),
        {"comment": "机构：部门、街镇、社会组织、企业、居村委会、志愿团队与备案社区组织"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码，导入时据此更新")
    name: Mapped[str] = mapped_column(comment="名称")
    short_name: Mapped[str | None] = mapped_column(comment="简称")
    kind: Mapped[str] = mapped_column(comment="类型")
    platform_kind: Mapped[str | None] = mapped_column(comment="字典 platform_kind，组织类平台")
    credit_code: Mapped[str | None] = mapped_column(comment="统一社会信用代码")
    filing_number: Mapped[str | None] = mapped_column(comment="街镇备案号")
    filed_with_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="备案街镇"
    )
    evaluation_grade: Mapped[str | None] = mapped_column(comment="社会组织评估等级")
    grade_valid_from: Mapped[date | None] = mapped_column(comment="等级起始")
    grade_valid_to: Mapped[date | None] = mapped_column(comment="等级终止，不含当日")
    supervisor_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="业务主管单位"
    )
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    line: Mapped[str | None] = mapped_column(comment="字典 department_line，条线")
    address: Mapped[str | None] = mapped_column(comment="地址")
    phone: Mapped[str | None] = mapped_column(comment="对外电话")
    status: Mapped[str] = mapped_column(default=OrganisationStatus.ACTIVE, comment="状态")
    dissolved_on: Mapped[date | None] = mapped_column(comment="注销日期")
    merged_into_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="已并入的机构"
    )
    search: Mapped[list[str]] = lexemes()


class Incubation(Base):
    """Who nurtured whom. Kept with the incubated; one pair has no two ties on the same day."""

    __tablename__ = "incubation"
    __table_args__ = (
        forward(),
        CheckConstraint("incubated_id <> incubator_id", name="not_itself"),
        ExcludeConstraint(
            ("incubated_id", "="),
            ("incubator_id", "="),
            (period(), "&&"),
            name="ex_incubation_once",
        ),
        Index("ix_incubation_incubator_id", "incubator_id"),
        {"comment": "孵化培育关系，有起止"},
    )

    incubated_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True, comment="被孵化者"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    incubator_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), comment="孵化者")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="终止日期，不含当日")


class Residency(Base):
    """An organisation living in a venue, such as a 党群服务中心 in a community complex."""

    __tablename__ = "residency"
    __table_args__ = (
        forward(),
        ExcludeConstraint(
            ("organisation_id", "="), ("venue_id", "="), (period(), "&&"), name="ex_residency_once"
        ),
        Index("ix_residency_venue_id", "venue_id"),
        {"comment": "机构入驻载体，有起止"},
    )

    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True, comment="入驻机构"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID] = mapped_column(comment="载体")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="终止日期，不含当日")
    purpose: Mapped[str | None] = mapped_column(comment="入驻用途")
