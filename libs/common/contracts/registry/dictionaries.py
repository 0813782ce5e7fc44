"""Words of the registry's dictionaries 数据字典: open lists that staff extend, kept as rows."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model


class Dictionary(StrEnum):
    """The dictionaries that exist. Entries are rows; a new dictionary is a code change."""

    VENUE_KIND = "venue_kind"
    SERVICE_CATEGORY = "service_category"
    TARGET_GROUP = "target_group"
    AREA_TYPE = "area_type"
    DEPARTMENT_LINE = "department_line"
    PLATFORM_KIND = "platform_kind"
    FUNDING_SOURCE = "funding_source"
    CAPACITY_UNIT = "capacity_unit"
    SYNONYM = "synonym"  # 同义词：同一上级之下为一组 / words under one parent mean the same


EntryCode = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$", description="词条代码，不可更改 / code, for ever"
    ),
]
EntryName = Annotated[str, Field(min_length=1, max_length=60)]


class Entry(Model):
    """One word of a dictionary, also its state in the feed `dictionary_entry`."""

    id: UUID
    dictionary: Dictionary
    code: str
    name_zh: str
    name_en: str
    parent_code: str | None = Field(
        description="上级词条代码 / parent entry of the same dictionary"
    )
    path: str = Field(description="自根起的代码路径，以 / 分隔 / codes from the root")
    description: str | None
    sort: int
    valid_from: date
    valid_to: date | None = Field(description="停用日期（不含当日） / first day without it")
    is_seed: bool = Field(description="随系统提供，非人工增补 / came with the platform")
    version: int
    updated_at: Instant


class EntryIn(Input):
    """A new word. Its dictionary is in the address."""

    code: EntryCode
    name_zh: EntryName
    name_en: EntryName
    parent_code: EntryCode | None = None
    description: str | None = Field(None, max_length=500)
    sort: int = Field(1000, ge=0, le=1_000_000)
    valid_from: date | None = Field(None, description="默认当天 / today when absent")


class EntryPatch(Input):
    """What can change: never the code, which other records carry."""

    name_zh: EntryName | None = None
    name_en: EntryName | None = None
    description: str | None = Field(None, max_length=500)
    sort: int | None = Field(None, ge=0, le=1_000_000)
    valid_to: date | None = Field(None, description="停用日期；null 为重新启用 / null revives it")
