"""Words of drawing by lot 抽签: a jury drawn so that anybody can draw it again."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode, Count

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")]


class DrawStatus(StrEnum):
    """The life of a draw."""

    OPEN = "open"  # 登记候选
    CLOSED = "closed"  # 名单已冻结并公布摘要
    DRAWN = "drawn"


class StratumIn(Input):
    """A group from which so many are drawn."""

    code: Code
    name: str = Field(min_length=1, max_length=60)
    seats: int = Field(ge=1, le=1000)


class DrawIn(Input):
    """A draw: how many from which group, and which public number will decide with the seed."""

    title: str = Field(min_length=4, max_length=80)
    area_code: AreaCode
    strata: list[StratumIn] = Field(min_length=1, max_length=50)
    public_source: str = Field(
        min_length=4,
        max_length=200,
        description="事先声明的公开随机数来源，如某期开奖号码 / the public number, declared before",
    )
    public_on: date = Field(
        description="该随机数公布的日期，晚于今日；名单须在该日之前冻结"
        " / the day on which it comes out, after today; the list is closed before it"
    )


class CandidateIn(Input):
    """Somebody who may be drawn, under a code that only this person and the desk know."""

    code: Code
    stratum: Code


class CandidatesIn(Input):
    """Candidates to be put on the list."""

    candidates: list[CandidateIn] = Field(min_length=1, max_length=5000)


class PublicValueIn(Input):
    """The public number, as it came out."""

    public_value: str = Field(min_length=1, max_length=200)


class Stratum(Model):
    """A group with its seats."""

    code: str
    name: str
    seats: int


class Candidate(Model):
    """A candidate with the place that the lot gave within the group."""

    code: str
    stratum: str
    position: int | None
    is_drawn: bool


class Draw(Model):
    """A draw. `seed` is shown once it is drawn; before, only its SM3 binds whoever keeps it."""

    id: UUID
    title: str
    area_code: AreaCode
    status: DrawStatus
    commitment_sm3: str = Field(description="种子的 SM3，设立时公布 / SM3 of the seed")
    public_source: str
    public_on: date
    strata: list[Stratum]
    candidates: Count
    list_sm3: str | None = Field(description="候选名单的 SM3 / SM3 of the list, once it is closed")
    seed: str | None = Field(description="十六进制，抽签后公布 / hexadecimal, after the draw")
    public_value: str | None
    closed_at: Instant | None
    drawn_at: Instant | None
    version: int
