"""Words of coverage 覆盖: what each neighbourhood reaches on foot, and how unequal it is."""

from pydantic import Field

from common.contracts.base import Instant, Model
from common.contracts.shapes import SuppressedCount


class UnitCoverage(Model):
    """One neighbourhood, for one category and group."""

    area_code: str
    people: SuppressedCount
    covered: bool = Field(description="15 分钟步行可达 / something within the circle")
    supply_index: float = Field(
        description="两步移动搜寻指数，每千人每日名额 / places a day per 1,000 people"
    )
    one_more_place_serves: SuppressedCount = Field(
        description="在此增设一处可新覆盖人数 / people whom a place here would newly cover"
    )


class CoverageSurvey(Model):
    """Coverage of an area by its neighbourhoods, with how it was measured."""

    category: str
    target_group: str | None
    circle_minutes: int
    circle_m: float = Field(description="折算直线距离，米 / as the crow flies, metres")
    bands: str = Field(description="分钟与权重 / minutes and weights")
    rules: list[str] = Field(description="所依规则编号 / rules applied")
    computed_at: Instant
    units: list[UnitCoverage]


class Inequality(Model):
    """How unequally streets are supplied, for one category and group."""

    category: str
    target_group: str | None
    streets: int
    gini: float | None = Field(description="基尼系数 / Gini; null: nothing to share")
    theil: float | None
    theil_between_districts: float | None
    theil_within_districts: float | None
    computed_at: Instant


class BestSite(Model):
    """A neighbourhood where one more place would be put, in the order of choice."""

    area_code: str
    adds: SuppressedCount = Field(description="新覆盖人数 / people whom it newly covers")


class BestSites(Model):
    """Where more places would cover most people who have nothing within the circle."""

    category: str
    target_group: str | None
    circle_minutes: int
    waiting: SuppressedCount = Field(description="尚未覆盖人数 / people not covered yet")
    sites: list[BestSite]
    at_most: SuppressedCount = Field(
        description="同样多的点位至多可覆盖人数（已证明的上界）/ proven: no choice covers more"
    )
    computed_at: Instant


class MonthOfDemand(Model):
    """What a street needed in a month."""

    month: int = Field(ge=1, le=12)
    raised: SuppressedCount = Field(description="当月提出 / raised in the month")
    unserved: SuppressedCount = Field(
        description="其中至今未得到服务，含未满足而办结或撤回的"
        " / of these, unserved until now, also when closed or withdrawn as unmet"
    )


class StreetDemand(Model):
    """The months of a street."""

    area_code: str
    months: list[MonthOfDemand]


class DemandOverTime(Model):
    """Needs of one category over a calendar year, street by street; few are withheld as null."""

    area_code: str
    category: str
    year: int
    streets: list[StreetDemand]
