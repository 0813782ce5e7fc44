"""People of an area 人口: public figures by age band and target group, small counts withheld."""

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import Field

from common.contracts.base import Model
from common.contracts.vocabulary import AgeBand

SMALLEST_TOLD: Final = 10


class PeopleCount(Model):
    """People of an age band; of one group, or of all when `group` is null."""

    age_band: AgeBand
    group: str | None = Field(description="字典 target_group；null 为该年龄段全部人口 / null: all")
    count: int | None = Field(
        description=f"人数；不足 {SMALLEST_TOLD} 人不公布，为 null / "
        f"people; null when fewer than {SMALLEST_TOLD}"
    )


class PopulationState(Model):
    """An area's own newest figures, as the feed `population` carries them; none below ten."""

    id: UUID = Field(description="区划标识 / id of the area")
    area_code: str
    as_of: date = Field(description="统计日期 / day of the figures")
    people: list[PeopleCount] = Field(description="按年龄段与人群 / by age band and group")


class AreaPopulation(Model):
    """The newest figures of an area.

    A count below ten is withheld (`null`), zero too. An area without figures of its own gets the
    sum of its neighbourhoods, and what is withheld there is not in the sum, so nothing can be
    worked out by subtracting.
    """

    area_id: UUID
    as_of: date | None = Field(
        description="统计日期，汇总为其中最早；无数据为 null / oldest of a sum; null: no figures"
    )
    sources: list[str] = Field(description="数据来源 / where the figures come from")
    areas: int = Field(description="合计所含区划数 / how many areas' figures are summed")
    is_sum: bool = Field(description="是否由下级居村汇总 / summed up from neighbourhoods")
    people: list[PeopleCount]
