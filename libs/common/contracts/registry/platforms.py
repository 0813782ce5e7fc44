"""Words between platforms 平台之间: what two of them both do, and what none does, near a home."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Model


class PlatformFinding(StrEnum):
    """How platforms stand to each other for one category within one walking circle."""

    BLANK = "blank"  # 空白：区内有，此处步行圈内没有
    OVERLAP = "overlap"  # 重叠：两类平台都在提供
    CROSSING = "crossing"  # 交叉：两条条线各自负责
    CONFLICT = "conflict"  # 冲突：同一载体、同一时段，两条条线的服务


class PlatformsOfCategory(Model):
    """One category in the walking circle of one neighbourhood."""

    category: str = Field(description="服务类别 / service_category")
    findings: list[PlatformFinding]
    platforms: list[str] = Field(
        description="提供平台：机构的 platform_kind，否则载体的 venue_kind / who offers it"
    )
    lines: list[str] = Field(description="责任条线 / department lines that answer for it")
    offerings: int = Field(description="步行圈内的服务数 / offerings within the circle")
    conflicting_ids: list[UUID] = Field(description="时段冲突的服务 / offerings that collide")


class PlatformsOfNeighbourhood(Model):
    """What platforms provide around one neighbourhood."""

    area_id: UUID
    area_code: str
    name: str
    categories: list[PlatformsOfCategory]


class PlatformReport(Model):
    """The neighbourhoods of a town, each with what platforms do twice and what none does."""

    rule: str = Field(description="步行圈规则 / rule of the walking circle")
    radius_m: float
    neighbourhoods: list[PlatformsOfNeighbourhood]
    without_place: list[str] = Field(description="缺少坐标的居村 / neighbourhoods without a point")
