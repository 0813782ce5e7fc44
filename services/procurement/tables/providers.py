"""Provider files 承接者档案: who supplies, how qualified, kept out when, tied to whom."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_providers import (
    ExclusionReason,
    QualificationStatus,
    TieKind,
    TieSource,
)
from common.contracts.registry.organisations import EvaluationGrade, OrganisationKind
from common.records import one_of
from procurement.tables.base import Record


class Provider(Record):
    """A file; its id is the organisation's in the registry, whose words are repeated here."""

    __tablename__ = "provider"
    __table_args__ = (
        one_of("kind", OrganisationKind),
        one_of("evaluation_grade", EvaluationGrade),
        CheckConstraint("cardinality(categories) > 0", name="categories"),
        CheckConstraint(
            "NOT is_small_enterprise OR kind = 'enterprise'", name="small_is_an_enterprise"
        ),
        Index("ix_provider_area_code", "area_code", "id"),
        Index("ix_provider_categories", "categories", postgresql_using="gin"),
        {"comment": "承接者档案：资质与服务效能数据库的首页"},
    )

    name: Mapped[str] = mapped_column(comment="名称，来自资源库")
    kind: Mapped[str] = mapped_column(comment="机构类型，来自资源库")
    credit_code: Mapped[str | None] = mapped_column(comment="统一社会信用代码，来自资源库")
    area_code: Mapped[str] = mapped_column(comment="所在区划，数据范围以此为准")
    supervisor_id: Mapped[UUID | None] = mapped_column(comment="业务主管单位，来自资源库")
    evaluation_grade: Mapped[str | None] = mapped_column(comment="社会组织评估等级，来自资源库")
    grade_from_on: Mapped[date | None] = mapped_column(comment="等级起始")
    grade_to_on: Mapped[date | None] = mapped_column(comment="等级末日，含")
    dissolved_on: Mapped[date | None] = mapped_column(comment="注销日期，来自资源库")
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 service_category")
    is_small_enterprise: Mapped[bool] = mapped_column(comment="小微企业，仅企业可认定")
    admitted_on: Mapped[date] = mapped_column(comment="建档日期")


class Qualification(Record):
    """What a provider is qualified for, by which certificate, from when to when."""

    __tablename__ = "qualification"
    __table_args__ = (
        one_of("status", QualificationStatus),
        CheckConstraint("valid_to_on >= valid_from_on", name="valid_to_on"),
        CheckConstraint("(code = 'qualified_staff') = (persons IS NOT NULL)", name="persons"),
        CheckConstraint("(status = 'refused') = (refusal IS NOT NULL)", name="refusal"),
        CheckConstraint(
            "(status = 'declared') = (verified_at IS NULL)"
            " AND (verified_at IS NULL) = (verified_by IS NULL)",
            name="verified",
        ),
        ExcludeConstraint(
            ("provider_id", "="),
            ("code", "="),
            (text("coalesce(number, '')"), "="),
            (text("daterange(valid_from_on, valid_to_on, '[]')"), "&&"),
            where=text("status <> 'refused'"),
            name="ex_qualification_once",
        ),
        Index("ix_qualification_provider_id", "provider_id"),
        Index("ix_qualification_valid_to_on", "valid_to_on"),
        {"comment": "资质：登记证书、许可、持证人员等，经核验后计入"},
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"), comment="承接者")
    code: Mapped[str] = mapped_column(comment="资质代码")
    name: Mapped[str] = mapped_column(comment="资质名称")
    number: Mapped[str | None] = mapped_column(comment="证书编号")
    valid_from_on: Mapped[date] = mapped_column(comment="生效日")
    valid_to_on: Mapped[date | None] = mapped_column(comment="末日，含；空为长期")
    persons: Mapped[int | None] = mapped_column(comment="持证人数，仅持证人员")
    status: Mapped[str] = mapped_column(comment="待核验、已核验、不予认可")
    verified_at: Mapped[datetime | None] = mapped_column(comment="核验时间")
    verified_by: Mapped[str | None] = mapped_column(comment="核验人")
    refusal: Mapped[str | None] = mapped_column(comment="不予认可的理由")


class Exclusion(Record):
    """A decision that keeps a provider out; one reason holds once on a day."""

    __tablename__ = "exclusion"
    __table_args__ = (
        one_of("reason", ExclusionReason),
        CheckConstraint("to_on >= from_on", name="to_on"),
        ExcludeConstraint(
            ("provider_id", "="),
            ("reason", "="),
            (text("daterange(from_on, to_on, '[]')"), "&&"),
            name="ex_exclusion_once",
        ),
        Index("ix_exclusion_provider_id", "provider_id"),
        Index("ix_exclusion_from_on", "from_on"),
        Index("ix_exclusion_to_on", "to_on"),
        {"comment": "禁入记录：原因、决定文号与期间"},
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"), comment="承接者")
    reason: Mapped[str] = mapped_column(comment="原因代码")
    document: Mapped[str] = mapped_column(comment="决定文号")
    from_on: Mapped[date] = mapped_column(comment="起始日")
    to_on: Mapped[date | None] = mapped_column(comment="末日，含；空为未定")
    lifting_document: Mapped[str | None] = mapped_column(comment="提前解除的决定文号")


class Tie(Record):
    """A relation of a provider that makes somebody partial; kept when it has ended."""

    __tablename__ = "tie"
    __table_args__ = (
        one_of("kind", TieKind),
        one_of("source", TieSource),
        CheckConstraint("to_on >= from_on", name="to_on"),
        CheckConstraint("organisation_id <> provider_id", name="not_itself"),
        ExcludeConstraint(
            ("provider_id", "="),
            ("organisation_id", "="),
            ("kind", "="),
            ("source", "="),
            (text("daterange(from_on, to_on, '[]')"), "&&"),
            name="ex_tie_once",
        ),
        Index("ix_tie_provider_id", "provider_id"),
        Index("ix_tie_organisation_id", "organisation_id"),
        {"comment": "关联与培育关系：回避与评级权重据此判断"},
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"), comment="承接者")
    organisation_id: Mapped[UUID] = mapped_column(comment="对方机构")
    kind: Mapped[str] = mapped_column(comment="关系种类")
    source: Mapped[str] = mapped_column(comment="资源库、自行申报、登记")
    from_on: Mapped[date] = mapped_column(comment="起始日")
    to_on: Mapped[date | None] = mapped_column(comment="末日，含；空为持续")
