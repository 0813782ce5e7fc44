"""Words of the statistics of ratings: figures released once a period, and what staff look into.

A score is never a raw mean: it is drawn towards the mean of its category by a stated prior, and
carries its number of ratings, its response rate and its interval. A figure on fewer than ten
people is null, and so is one from which such a figure could be worked out.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.feedback import RatingChannel
from common.contracts.shapes import (
    AreaCode,
    Count,
    DictionaryCode,
    Score,
    Share,
    SuppressedCount,
)


class FigureSubject(StrEnum):
    """What a figure is about."""

    CITY = "city"
    DISTRICT = "district"
    TOWN = "town"
    PROVIDER = "provider"
    CONTRACT = "contract"
    VENUE = "venue"


class Release(Model):
    """Figures on the services of one period; releases share no rating and are never revised."""

    id: UUID
    from_on: date
    until_on: date = Field(description="含当日 / inclusive")
    rank_minimum: Count = Field(description="参加分档的最少评价数 / ratings needed for a band")
    published_at: Instant


class Figure(Model):
    """A score with what belongs to it."""

    release_id: UUID
    subject: FigureSubject
    key: str = Field(
        description="区划代码，或机构、合同、载体标识 / division code, or id of whom it is about"
    )
    category: DictionaryCode
    ratings: SuppressedCount
    response_share: Share | None = Field(description="评价数占服务数 / ratings per service")
    score: Score | None = Field(description="向类目均值收缩后的得分 / drawn towards the prior")
    lower_bound: Score | None
    upper_bound: Score | None
    prior_mean: Score | None = Field(description="先验均值：该类目全市 / the category's mean")
    prior_strength: float | None = Field(
        description="先验相当于多少条评价 / how many ratings the prior weighs"
    )
    satisfied_share: Share | None = Field(
        description="满意率：三级及以上；任一方不足十人为 null / null when either is few"
    )
    band: int | None = Field(
        description="并列档次，1 最高；样本不足不参加 / tie band, null below the minimum"
    )


class ChannelFigure(Model):
    """How a body was rated by one channel."""

    channel: RatingChannel
    ratings: Count
    mean_score: Score | None
    share: Share = Field(description="占全部评价 / of all ratings")


class BodyFigures(Model):
    """One body as its superiors see it now: every channel apart, and what became of bad ratings."""

    provider_id: UUID
    from_on: date
    until_on: date
    served: Count
    invited: Count
    ratings: Count = Field(description="计入的评价 / counted ratings")
    default_praise: Count = Field(description="默认好评，不计权 / weighs nothing")
    excluded_on_appeal: Count = Field(description="申诉成立而不计的 / excluded by upheld appeals")
    mean_with_excluded: Score | None = Field(
        description="含申诉成立部分的均值 / the mean had nothing been excluded"
    )
    mean_score: Score | None = Field(description="原始均值，未收缩 / raw, not drawn to the prior")
    response_share: Share | None
    satisfied_share: Share | None
    channels: list[ChannelFigure]
    device_uplift: float | None = Field(
        description="窗口设备均值减居民自评均值 / mean on staff devices less mean of own devices"
    )
    bad_ratings: Count
    verified_in_time_share: Share | None = Field(
        description="响应率：已核实或已到期的差评中按期核实的 / verified in time, of what was due"
    )
    rectified_share: Share | None = Field(description="解决率 / rectified")
    called_back_share: Share | None = Field(description="回访率 / called back")
    contented_share: Share | None = Field(description="回访满意率 / satisfied when called back")
    cases: Count = Field(description="受理的诉求 / cases of these days it answers for")
    cases_answered_share: Share | None = Field(
        description=(
            "诉求响应率：已答复或已到期的诉求中，首次答复在其期限内的 /"
            " of those answered or past their deadline, whose first answer was in time"
        )
    )
    cases_solved_share: Share | None = Field(description="诉求解决率 / solved, the resident says")
    cases_content_share: Share | None = Field(
        description="诉求满意率：居民首次即认可 / of those heard, content with the first answer"
    )


class AnomalyKind(StrEnum):
    """What caught the eye. A flag is a question to a person, never a verdict."""

    BURST = "burst"  # 突增
    DEVICE = "device"  # 窗口设备集中好评
    ALIKE = "alike"  # 文字雷同


class Anomaly(Model):
    """Something about ratings that a person should look at; nothing is ever deleted for it."""

    id: UUID
    kind: AnomalyKind
    provider_id: UUID
    category: DictionaryCode | None
    area_code: AreaCode
    seen_on: date
    found: Count = Field(description="看到的数量 / how many were seen")
    expected: float = Field(description="通常的数量 / how many are usual")
    reason: str = Field(description="为何提示 / why it is flagged")
    rating_ids: list[UUID]
    finding: str | None
    reviewed_at: Instant | None
    version: int


class ReviewIn(Input):
    """What a person found who looked."""

    finding: str = Field(min_length=1, max_length=500)
