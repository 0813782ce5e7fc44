"""Words of a record's history: who changed what, when, from what to what, and what it was."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from common.contracts.base import Instant, Model


class HistoryKind(StrEnum):
    """Records whose every version is kept."""

    AREA = "area"
    ORGANISATION = "organisation"
    DICTIONARY_ENTRY = "dictionary_entry"
    VENUE = "venue"
    SERVICE_ITEM = "service_item"
    OFFERING = "offering"
    PLEDGE = "pledge"
    IDLE_PROPERTY = "idle_property"
    DELIVERY_LIST = "delivery_list"
    PROGRAMME = "programme"
    FUND = "fund"
    BUNDLE = "bundle"
    CONCESSION = "concession"
    SPACE = "space"
    DUTY = "duty"


class FieldChange(Model):
    """One field that an edit changed."""

    name: str = Field(description="字段 / field")
    label: str = Field(description="字段含义 / what it means")
    before: Any = Field(description="原值；新建时为 null / as it was")
    after: Any = Field(description="新值 / as it became")


class RecordChange(Model):
    """One edit of a record: version 1 is its making."""

    version: int
    at: Instant
    by: str = Field(description="修改人 / who")
    changes: list[FieldChange] = Field(description="变更的字段；新建时为全部 / fields that changed")


class RecordState(Model):
    """A record as it was at the end of a day."""

    kind: HistoryKind
    id: UUID
    version: int
    at: Instant = Field(description="该版本形成的时间 / when this version was made")
    by: str
    is_current: bool = Field(description="是否为现行版本 / whether it still stands")
    record: dict[str, Any] = Field(description="当时各字段 / its fields then")
