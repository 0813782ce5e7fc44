"""Words of collective needs 共性需求 as those see them who raise, claim and answer them.

What everybody learns is `common.contracts.matching.CollectiveNeed`, which tells less.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Model
from common.contracts.matching import CollectiveNeed
from common.contracts.registry.pledges import ResourceKind
from common.contracts.shapes import AreaCode, DictionaryCode


class EvidenceKind(StrEnum):
    """What a collective need rests on."""

    SURVEY = "survey"  # 问卷调查
    VISITS = "visits"  # 走访
    MEETING = "meeting"  # 议事会、听证会
    CASES = "cases"  # 诉求工单
    NEEDS = "needs"  # 已登记的个人需求
    STATISTICS = "statistics"  # 统计数据


Title = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="名称，向社会公布：写明需要什么，不写居民姓名、住址或原话 / published: what is "
        "needed, without names, addresses or words of residents",
    ),
]
Description = Annotated[str, Field(min_length=1, max_length=2000)]
Note = Annotated[str, Field(min_length=1, max_length=500)]
Persons = Annotated[int, Field(ge=2, le=10_000_000, description="涉及人数 / persons concerned")]


class Evidence(Input):
    """One ground: what kind, where to look it up, what it says."""

    kind: EvidenceKind
    reference: str = Field(min_length=1, max_length=200, description="出处 / where to look it up")
    note: Note | None = None


class CollectiveNeedIn(Input):
    """What a neighbourhood or an estate needs together, as staff write it down."""

    title: Title
    description: Description | None = None
    area_code: AreaCode = Field(description="居村或街镇 / neighbourhood or town")
    estate_id: UUID | None = Field(None, description="小区（资源库的区划标识） / estate")
    category: DictionaryCode
    target_group: DictionaryCode | None = None
    persons: Persons
    evidence: list[Evidence] = Field(min_length=1, max_length=20)


class CollectiveNeedPatch(Input):
    """What can change until it is answered; an absent field stays."""

    title: Title | None = None
    description: Description | None = None
    estate_id: UUID | None = None
    target_group: DictionaryCode | None = None
    persons: Persons | None = None
    evidence: list[Evidence] | None = Field(None, min_length=1, max_length=20)


class Claim(Input):
    """A unit takes it on; staff name the unit, a unit claims for itself."""

    organisation_id: UUID
    pledge_id: UUID | None = Field(None, description="资源库中的认领 / pledge in the registry")
    note: Note | None = Field(None, description="打算怎样做 / what it will do")


class Saying(Input):
    """Why, or what was done."""

    note: Note


class CollectiveNeedCase(CollectiveNeed):
    """A collective need with what only the staff of the area and its claimant see."""

    description: str | None
    estate_id: UUID | None
    persons_exactly: int = Field(description="涉及人数，仅内部 / persons, not for publication")
    evidence: list[Evidence]
    claim_note: str | None
    outcome_note: str | None = Field(description="结果或原因 / outcome or reason")
    version: int


class Resource(Model):
    """A line of the resource list: what a body around the corner lends."""

    pledge_id: UUID
    title: str
    resource_kind: ResourceKind
    category: str | None
    organisation_name: str
    quantity: float | None
    unit: str | None
    available_from: date | None
    available_to: date | None
    collective_need_id: UUID | None = Field(description="所回应的共性需求 / need it answers")


class StreetLists(Model):
    """三张清单: needs 需求清单, resources 资源清单, projects 项目清单 of a street."""

    area_code: str
    needs: list[CollectiveNeed] = Field(description="待认领的共性需求 / waiting to be claimed")
    resources: list[Resource] = Field(description="可调用的资源 / what can be called")
    projects: list[CollectiveNeed] = Field(description="已认领、已回应或转购买 / under way")
    complete: bool = Field(description="是否为全部 / false: a list is longer than `limit`")
