"""Pledges 驻区单位资源: from the lead to what was delivered. Contacts are sealed field by field."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.pledges import LeadSource, PledgeStatus, ResourceKind
from registry.tables.base import Record, one_of


class Pledge(Record):
    """A resource that a body may share."""

    __tablename__ = "pledge"
    __table_args__ = (
        one_of("resource_kind", ResourceKind),
        one_of("source", LeadSource),
        one_of("status", PledgeStatus),
        CheckConstraint(
            "organisation_id IS NOT NULL OR organisation_name IS NOT NULL", name="of_somebody"
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(quantity IS NULL) = (unit IS NULL)", name="quantity_has_a_unit"),
        CheckConstraint("available_to >= available_from", name="days_run_forward"),
        CheckConstraint(
            "status NOT IN ('verified', 'pledged', 'delivered')"
            " OR (verified_at IS NOT NULL AND organisation_id IS NOT NULL)",
            name="verified_is_of_a_registered_body",
        ),
        CheckConstraint(
            "status NOT IN ('pledged', 'delivered')"
            " OR (pledged_at IS NOT NULL AND available_from IS NOT NULL)",
            name="pledged_has_days",
        ),
        CheckConstraint(
            "(status = 'delivered') = (delivered_at IS NOT NULL AND delivery_note IS NOT NULL)",
            name="delivered_says_what",
        ),
        CheckConstraint(
            "(status = 'dropped') = (dropped_at IS NOT NULL AND drop_reason IS NOT NULL)",
            name="dropped_says_why",
        ),
        CheckConstraint(
            "status NOT IN ('delivered', 'dropped')"
            " OR (contact_name IS NULL AND contact_phone IS NULL)",
            name="ended_forgets_the_contact",
        ),
        Index("ix_pledge_area_code", "area_code", "id"),
        Index(
            "ix_pledge_public",
            "area_code",
            "id",
            postgresql_where=text("status IN ('pledged', 'delivered')"),
        ),
        Index("ix_pledge_organisation_id", "organisation_id", "id"),
        Index("ix_pledge_area_id", "area_id"),
        {"comment": "驻区单位资源：线索、核实、认领、兑现"},
    )

    title: Mapped[str] = mapped_column(comment="资源名称")
    description: Mapped[str | None] = mapped_column(comment="说明")
    resource_kind: Mapped[str] = mapped_column(comment="资源种类")
    category: Mapped[str | None] = mapped_column(comment="字典 service_category")
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="认领单位"
    )
    organisation_name: Mapped[str | None] = mapped_column(comment="尚未登记单位的名称")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    quantity: Mapped[float | None] = mapped_column(Double, comment="数量")
    unit: Mapped[str | None] = mapped_column(comment="计量单位")
    available_from: Mapped[date | None] = mapped_column(comment="可用起始日")
    available_to: Mapped[date | None] = mapped_column(comment="可用截止日，含当日")
    terms: Mapped[str | None] = mapped_column(comment="使用约定")
    # No foreign key: collective needs live in the matching service.
    collective_need_id: Mapped[UUID | None] = mapped_column(comment="所回应的共性需求")
    line: Mapped[str] = mapped_column(comment="联系的条线，字典 department_line")
    source: Mapped[str] = mapped_column(comment="线索来源")
    contact_name: Mapped[str | None] = mapped_column(comment="联系人，加密")
    contact_phone: Mapped[str | None] = mapped_column(comment="联系电话，加密")
    status: Mapped[str] = mapped_column(comment="状态：线索、已核实、已认领、已兑现、已终止")
    recorded_at: Mapped[datetime] = mapped_column(comment="登记线索时间")
    verified_at: Mapped[datetime | None] = mapped_column(comment="核实时间")
    pledged_at: Mapped[datetime | None] = mapped_column(comment="认领时间")
    delivered_at: Mapped[datetime | None] = mapped_column(comment="兑现时间")
    delivery_note: Mapped[str | None] = mapped_column(comment="兑现情况")
    dropped_at: Mapped[datetime | None] = mapped_column(comment="终止时间")
    drop_reason: Mapped[str | None] = mapped_column(comment="终止原因")
