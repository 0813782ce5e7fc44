"""Service items 事项清单: what the government promises. A reference table (10^4 in a city)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.codes.item import CATALOG_CODE_LENGTH, TASK_CODE_LENGTH
from common.contracts.registry.service_items import ItemStatus
from registry.tables.base import Record, forward, lexemes, one_of


class NationalCodes:
    """Mixin: the codes of the national platform, kept as given."""

    catalog_code: Mapped[str | None] = mapped_column(comment="基本编码", sort_order=70)
    local_catalog_code: Mapped[str | None] = mapped_column(comment="地方基本编码", sort_order=71)
    task_code: Mapped[str | None] = mapped_column(comment="实施编码", sort_order=72)
    local_task_code: Mapped[str | None] = mapped_column(comment="地方实施编码", sort_order=73)


def codes_fit() -> CheckConstraint:
    """CHECK that the national codes fit where the national platform keeps them."""
    return CheckConstraint(
        f"length(catalog_code) <= {CATALOG_CODE_LENGTH} AND length(task_code) <= {TASK_CODE_LENGTH}"
        " AND length(local_catalog_code) <= 50 AND length(local_task_code) <= 50",
        name="national_codes_fit",
    )


class ServiceItem(NationalCodes, Record):
    """A promise: who gets what, by which law, and who answers for it."""

    __tablename__ = "service_item"
    __table_args__ = (
        one_of("status", ItemStatus),
        UniqueConstraint("code"),
        codes_fit(),
        forward(),
        CheckConstraint(
            "status <> 'published' OR (valid_from IS NOT NULL"
            " AND responsible_department_id IS NOT NULL)",
            name="published_is_complete",
        ),
        Index("ix_service_item_area_code", "area_code", "id"),
        Index("ix_service_item_category", "category", "area_code", "id"),
        Index("ix_service_item_area_id", "area_id"),
        Index("ix_service_item_responsible_department_id", "responsible_department_id"),
        Index("ix_service_item_handling_body_id", "handling_body_id"),
        Index("ix_service_item_search", "search", postgresql_using="gin"),
        {"comment": "服务事项清单：政府承诺的事项"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码，导入时据此更新")
    name: Mapped[str] = mapped_column(comment="名称")
    description: Mapped[str | None] = mapped_column(comment="说明")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="字典 target_group")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="作出承诺的区划")
    area_code: Mapped[str] = mapped_column(comment="区划 12 位代码，数据范围以此为准")
    responsible_department_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="责任部门"
    )
    handling_body_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="办理主体"
    )
    legal_basis: Mapped[str | None] = mapped_column(comment="设定依据")
    valid_from: Mapped[date | None] = mapped_column(comment="生效日期")
    valid_to: Mapped[date | None] = mapped_column(comment="失效日期，不含当日")
    status: Mapped[str] = mapped_column(comment="状态：草稿、已发布、已废止")
    promised_at: Mapped[datetime | None] = mapped_column(
        comment="首次公布时间，由触发器写入；未公布过为空"
    )
    search: Mapped[list[str]] = lexemes()
