"""Words of matching: what is asked for one need, and answers that explain themselves.

Nothing here says who the person is. Points are WGS-84; a score is told in minutes of walking, less
is better.
"""

from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.offerings import PersonFacts, RuleVerdict
from common.contracts.registry.venues import Accessibility
from common.contracts.shapes import DictionaryCode
from common.contracts.vocabulary import AgeBand, Channel, UrgencyTier
from common.errors import Text


class Fact(StrEnum):
    """A fact about a person that a right may rest on."""

    AGE = "age"
    GROUPS = "groups"
    HARDSHIP = "hardship"
    DISABILITY = "disability"
    AREA = "area"  # 户籍或居住


class HalfAPoint(ValueError):
    """A longitude without its latitude, or the other way round."""

    text = Text("经度与纬度须同时给出", "longitude and latitude go together")

    def __init__(self) -> None:
        super().__init__(self.text.en)


Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class MatchWishes(Input):
    """What the resident would like; a wish moves an offering up and never excludes one."""

    provider_ids: list[UUID] = Field(default=[], max_length=10)
    venue_ids: list[UUID] = Field(default=[], max_length=10)
    channels: list[Channel] = Field(default=[], max_length=3)


# One for all who leave it out: they are frozen, and a copy of each would cost a question half as
# much as all that it does say.
_NOBODY: Final = PersonFacts()
_NO_WISHES: Final = MatchWishes()


class MatchNeed(Input):
    """One need, without who it is. What is left out is not known and asks nothing."""

    category: DictionaryCode = Field(description="字典 service_category，含下级 / with those under")
    lon: Longitude | None = Field(None, description="出发点，WGS-84 / where the person sets out")
    lat: Latitude | None = None
    person: PersonFacts = Field(default_factory=lambda: _NOBODY)
    age_band: AgeBand | None = Field(None, description="不给年龄时 / in place of the age")
    unverified: list[Fact] = Field(
        default=[],
        max_length=5,
        description="自述未核验，排序靠后 / not verified: ranks below",
    )
    urgency: UrgencyTier = UrgencyTier.ORDINARY
    wished_at: list[Instant] = Field(
        default=[], max_length=5, description="期望时间，任一开放即可 / open at one of them"
    )
    channels: list[Channel] = Field(
        default=[], max_length=3, description="可接受的方式，空为不限 / empty: any"
    )
    price_at_most_fen: Fen | None = Field(None, le=10**12)
    accessibility: list[Accessibility] = Field(
        default=[], max_length=10, description="到点须具备 / needed where the person goes"
    )
    minutes_at_most: int | None = Field(None, ge=1, le=600, description="最长步行分钟 / on foot")
    places: int = Field(1, ge=1, le=1000, description="所需名额 / places needed")
    wishes: MatchWishes = Field(default_factory=lambda: _NO_WISHES)

    @model_validator(mode="after")
    def _whole_point(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise HalfAPoint
        return self


class MatchesAsked(Input):
    """One need, or up to a hundred."""

    needs: list[MatchNeed] = Field(min_length=1, max_length=100)
    limit: int = Field(10, ge=1, le=10, description="每个需求给出几项 / results for each need")


class WhyNotAsked(Input):
    """Why an offering was not given for a need."""

    need: MatchNeed
    offering_id: UUID


class ScorePart(Model):
    """One part of a score: what was measured, its weight by which rule, what it comes to."""

    part: str = Field(description="walking | rating | new_provider | wish | scarcity")
    measured: float
    weight: float
    rule: str = Field(description="权重所依的规则编号 / rule that sets the weight")
    minutes: float = Field(description="折合分钟，负数为加分 / negative: in favour")


class WalkingBy(StrEnum):
    """Where a walking time comes from."""

    LINE = "line"  # 直线距离乘绕行系数
    ROUTER = "router"  # 路径服务


class Match(Model):
    """An offering for a need, and why it stands where it does."""

    offering_id: UUID
    name: str
    category: str
    provider_id: UUID | None
    venue_id: UUID | None
    venue_name: str | None
    channels: list[Channel]
    price_fen: int | None
    places_left: int | None = Field(description="null 为未登记名额 / null: not limited")
    walking_minutes: float | None = Field(
        description="上门、线上为 0 / 0 when it comes; null: unknown"
    )
    walking_by: WalkingBy | None = Field(
        description="步行时间的来源；上门、线上或未知为 null / null where nobody walks"
    )
    score_minutes: float = Field(description="各部分之和，小者在前 / sum of parts, less is better")
    parts: list[ScorePart]
    eligible: bool | None = Field(description="null 为尚有情况待核实 / null: facts to be verified")
    met: list[str] = Field(description="已符合的规则 / rules that are met")
    to_verify: list[RuleVerdict] = Field(description="待核实的规则 / rules that wait for a fact")


class IndexState(Model):
    """How far the index has followed its feeds, and how old that is."""

    offerings: int
    positions: dict[str, int] = Field(description="各变更流的序号 / change number of each feed")
    age_s: float | None = Field(
        description="与变更流最近一致距今秒数；未接入时为 null / seconds since it was level"
    )
    policy: str = Field(description="权重规则的版本 / version of the weights")


class NeedMatches(Model):
    """What was found for one need, best first."""

    items: list[Match]


class Matches(Model):
    """What was found for each need, in the order asked."""

    results: list[NeedMatches]
    index: IndexState


class WhyNot(Model):
    """How an offering stands to a need: each rule that asks something, and its place."""

    known: bool = Field(description="false 为索引中没有该服务 / false: not published")
    eligible: bool | None
    rules: list[RuleVerdict]
    parts: list[ScorePart]
    score_minutes: float | None
    better: int | None = Field(description="排在其前的服务数 / how many stand before it")
    index: IndexState
