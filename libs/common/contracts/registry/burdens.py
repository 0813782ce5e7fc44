"""Words of the burden ledger 减负账本: what departments may ask of a street's social workers.

A dated list says which affairs may come down 事务准入. A department registers a task against an
entry of it; hours are logged as service or administration; a report holds them against a cap.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.people import Hours
from common.contracts.shapes import AreaCode, DictionaryCode

Title = Annotated[str, Field(min_length=1, max_length=100)]
Basis = Annotated[
    str, Field(min_length=1, max_length=100, description="依据文件及文号 / document and number")
]
PlannedHours = Annotated[
    float, Field(gt=0, le=10_000, allow_inf_nan=False, description="每月工时 / hours a month")
]


class WorkKind(StrEnum):
    """What hours went to."""

    SERVICE = "service"  # 服务居民
    ADMINISTRATION = "administration"  # 行政事务


class AdmittedIn(Input):
    """An entry of the list 准入清单: an affair that may be asked of an area for some time."""

    title: Title
    basis: Basis
    line: DictionaryCode = Field(description="条线，字典 department_line / line")
    area_code: AreaCode
    valid_from: date
    valid_to: date = Field(description="不含当日 / exclusive")


class Admitted(Model):
    """An entry of the list."""

    id: UUID
    title: str
    basis: str
    line: str
    area_code: str
    valid_from: date
    valid_to: date
    version: int


class TaskIn(Input):
    """A task that a department wants from a street's social workers, with its hours."""

    admitted_id: UUID = Field(description="准入清单事项 / entry of the list")
    department_id: UUID = Field(description="提出部门 / department")
    title: Title
    area_code: AreaCode = Field(description="街镇 / town or street")
    hours_a_month: PlannedHours
    valid_from: date
    valid_to: date = Field(description="不含当日 / exclusive")


class Task(Model):
    """A registered task."""

    id: UUID
    admitted_id: UUID
    department_id: UUID
    line: str
    title: str
    area_code: str
    hours_a_month: float
    valid_from: date
    valid_to: date
    version: int


class Ended(Input):
    """A task, or an entry of the list, that ends before its day."""

    valid_to: date = Field(
        description="不含当日，今天或以后；不晚于起始日期的，不再开始"
        " / exclusive, today or later; by its first day, it never begins"
    )
    reason: str = Field(min_length=1, max_length=500)


class WorkIn(Input):
    """Hours of a day in a street. Administration without a task is off the list, and shown so."""

    area_code: AreaCode = Field(description="街镇 / town or street")
    kind: WorkKind
    on: date
    hours: Hours
    task_id: UUID | None = Field(None, description="所属任务 / the task")


class Work(Model):
    """Hours of a day, as logged."""

    id: UUID
    area_code: str
    kind: WorkKind
    on: date
    hours: float
    task_id: UUID | None
    recorded_at: Instant


class TaskHours(Model):
    """A task in a month: promised and taken."""

    task_id: UUID
    title: str
    department_id: UUID
    line: str
    hours_a_month: float
    hours: float
    is_over: bool


class StreetBurden(Model):
    """A street in a month: what its social workers' hours went to."""

    area_code: str
    service_hours: float
    administration_hours: float
    off_list_hours: float = Field(
        description="无准入任务的行政工时 / administration without a task"
    )
    administration_share: float | None = Field(description="比例 0–1；无工时为 null / share")
    cap: float = Field(description="上限 0–1 / cap")
    rule: str
    is_over_cap: bool
    tasks: list[TaskHours]


class BurdenReport(Model):
    """An area in a month, street by street 一键报表."""

    area: str
    month: str
    streets: list[StreetBurden]
    hours_by_line: dict[str, float] = Field(description="各条线行政工时 / hours by line")
    streets_over_cap: int
    tasks_over: int
