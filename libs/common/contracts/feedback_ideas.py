"""Words of the voice of the front line 一线建议: staff ask this platform, in the open."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode


class IdeaOutcome(StrEnum):
    """What is done about an idea."""

    DONE = "done"  # 已改
    PLANNED = "planned"  # 列入计划
    DECLINED = "declined"  # 不采纳，说明理由


class IdeaIn(Input):
    """What should change, and why. It is published; who wrote it is not."""

    title: str = Field(min_length=4, max_length=80)
    words: str = Field(min_length=4, max_length=2000, description="公开 / published")
    area_code: AreaCode


class IdeaAnswer(Input):
    """What is done about it, and why."""

    outcome: IdeaOutcome
    words: str = Field(min_length=4, max_length=2000, description="公开 / published")


class Idea(Model):
    """An idea of the front line with its answer."""

    id: UUID
    title: str
    words: str
    area_code: AreaCode
    outcome: IdeaOutcome | None = Field(description="未答复为空 / null until it is answered")
    answer: str | None
    raised_at: Instant
    answered_at: Instant | None
    version: int
