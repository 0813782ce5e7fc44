"""What every wire model has in common: closed, readable from rows, aware instants."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from common.contracts.written import as_written

Item = TypeVar("Item")

Instant = AwareDatetime
Fen = Annotated[int, Field(ge=0, description="金额，单位：分 / amount in fen (CNY)")]


class Model(BaseModel):
    """An answer, or a part of one. No defaults: to a client a default makes a field optional."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Input(BaseModel):
    """What a caller sends. Unknown fields are refused, so that a typo is never silently dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Days and instants as people write them (`common.contracts.written`)."""
        schema: CoreSchema = as_written(handler(source))
        return schema


class Page(Model, Generic[Item]):
    """A keyset page. `next` is the token for `after`, or null at the end."""

    items: list[Item]
    next: str | None = Field(
        description="下一页的 after 参数；没有下一页时为 null / token of the next page"
    )
