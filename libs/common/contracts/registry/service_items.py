"""Words of service items 事项清单: what the government promises, to whom, and who answers for it.

The national codes are kept as given and checked for length only (see `common.codes.item`).
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode, DictionaryCode

CatalogCode = Annotated[
    str, Field(pattern=r"^[!-~]{1,12}$", description="基本编码，至多 12 位 / national basic code")
]
TaskCode = Annotated[
    str, Field(pattern=r"^[!-~]{1,36}$", description="实施编码，至多 36 位 / implementation code")
]
LocalCode = Annotated[
    str, Field(pattern=r"^[!-~]{1,50}$", description="地方编码，至多 50 位 / local code")
]
ItemName = Annotated[str, Field(min_length=1, max_length=200)]
Groups = Annotated[
    list[DictionaryCode],
    Field(max_length=30, description="字典 target_group；空为不限 / empty: everybody"),
]


class ItemStatus(StrEnum):
    """Whether a promise is made. What is published has a validity; retired ones stay readable."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ServiceItem(Model):
    """A service item: the answer for one, a row of the list, and its state in the feed."""

    id: UUID
    code: str | None
    name: str
    description: str | None
    category: str = Field(description="字典 service_category / dictionary code")
    target_groups: list[str]
    area_id: UUID
    area_code: str = Field(description="作出承诺的区划 / the area that promises it")
    area_path: str
    responsible_department_id: UUID | None = Field(description="责任部门")
    handling_body_id: UUID | None = Field(description="办理主体")
    legal_basis: str | None = Field(description="设定依据")
    catalog_code: str | None
    local_catalog_code: str | None
    task_code: str | None
    local_task_code: str | None
    valid_from: date | None
    valid_to: date | None = Field(description="失效日期（不含当日） / first day without it")
    status: ItemStatus
    version: int
    updated_at: Instant


class ServiceItemIn(Input):
    """A new service item, a draft until it is published."""

    code: ExternalCode | None = None
    name: ItemName
    description: str | None = Field(None, max_length=4000)
    category: DictionaryCode
    target_groups: Groups = Field(default=[])
    area_code: AreaCode
    responsible_department_id: UUID | None = None
    handling_body_id: UUID | None = None
    legal_basis: str | None = Field(None, max_length=1000)
    catalog_code: CatalogCode | None = None
    local_catalog_code: LocalCode | None = None
    task_code: TaskCode | None = None
    local_task_code: LocalCode | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class ServiceItemPatch(Input):
    """What can change; an absent field stays, null clears it where that is allowed."""

    code: ExternalCode | None = None
    name: ItemName | None = None
    description: str | None = Field(None, max_length=4000)
    category: DictionaryCode | None = None
    target_groups: Groups | None = None
    area_code: AreaCode | None = None
    responsible_department_id: UUID | None = None
    handling_body_id: UUID | None = None
    legal_basis: str | None = Field(None, max_length=1000)
    catalog_code: CatalogCode | None = None
    local_catalog_code: LocalCode | None = None
    task_code: TaskCode | None = None
    local_task_code: LocalCode | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class ItemMove(Input):
    """A step of a service item's life."""

    status: ItemStatus
    reason: str | None = Field(None, max_length=500)
