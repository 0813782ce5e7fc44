"""The burden ledger 减负账本: the list, tasks registered against it, hours that only grow."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.burdens import WorkKind
from common.ids import uuid7
from registry.tables.base import Base, Record, not_backward, one_of


class Admitted(Record):
    """An entry of the list 准入清单."""

    __tablename__ = "admitted"
    __table_args__ = (
        not_backward(),
        Index("ix_admitted_area_code", "area_code", "id"),
        {"comment": "事务准入清单"},
    )

    title: Mapped[str] = mapped_column(comment="事项名称")
    basis: Mapped[str] = mapped_column(comment="依据文件及文号")
    line: Mapped[str] = mapped_column(comment="条线，字典 department_line")
    area_code: Mapped[str] = mapped_column(comment="适用区划 12 位代码")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="截止日期，不含当日")


class BurdenTask(Record):
    """A task that a department asks of a street."""

    __tablename__ = "burden_task"
    __table_args__ = (
        not_backward(),
        CheckConstraint("hours_a_month > 0", name="hours_a_month"),
        Index("ix_burden_task_admitted_id", "admitted_id"),
        Index("ix_burden_task_area_code", "area_code", "id"),
        {"comment": "部门向街镇社工下派的任务"},
    )

    admitted_id: Mapped[UUID] = mapped_column(ForeignKey("admitted.id"), comment="准入清单事项")
    department_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), comment="提出部门")
    line: Mapped[str] = mapped_column(comment="条线，字典 department_line")
    title: Mapped[str] = mapped_column(comment="任务名称")
    area_code: Mapped[str] = mapped_column(comment="街镇 12 位代码")
    hours_a_month: Mapped[float] = mapped_column(Double, comment="每月工时")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date] = mapped_column(comment="截止日期，不含当日")


class BurdenWork(Base):
    """Hours of a day in a street: never deleted, withdrawn at most; nobody is named in it."""

    __tablename__ = "burden_work"
    __table_args__ = (
        one_of("kind", WorkKind),
        CheckConstraint("hours > 0", name="hours"),
        CheckConstraint("task_id IS NULL OR kind = 'administration'", name="tasks_administer"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"
        ),
        Index("ix_burden_work_area_code", "area_code", "on"),
        {"comment": "街镇社工工时：服务或行政"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    area_code: Mapped[str] = mapped_column(comment="街镇 12 位代码")
    kind: Mapped[str] = mapped_column(comment="服务或行政")
    on: Mapped[date] = mapped_column(comment="日期")
    hours: Mapped[float] = mapped_column(Double, comment="小时")
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("burden_task.id"), comment="所属任务")
    recorded_at: Mapped[datetime] = mapped_column(comment="登记时间")
    recorded_by: Mapped[str] = mapped_column(comment="登记人")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间；误登，不再计入")
    withdrawn_by: Mapped[str | None] = mapped_column(comment="撤回人")
