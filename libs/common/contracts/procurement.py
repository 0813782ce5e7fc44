"""Words of procurement 购买服务 that others read: provider file, rating, tender, contract, outcome.

Names follow OCDS 1.1.5 where it has one (`ocid`, `procurement_method`, `max_extent_on`). Every
state here is public; bids, panels and payments in course never leave the service.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Instant, Model
from common.contracts.shapes import AreaCode, Count, DictionaryCode, Level, Score
from common.contracts.vocabulary import PurchaseMethod, RatingDimension


class ProviderStatus(StrEnum):
    """Whether a provider may take part."""

    ADMITTED = "admitted"
    INCOMPLETE = "incomplete"  # 资质不全或过期
    EXCLUDED = "excluded"  # 禁入期内
    DISSOLVED = "dissolved"


class Validity(Model):
    """A qualification: what, which number, from when to when."""

    code: str = Field(description="资质代码 / what kind of licence, registration or grade")
    name: str
    number: str | None
    valid_from_on: date
    valid_to_on: date | None = Field(description="含当日；null 为长期 / inclusive; null: no end")


class Exclusion(Model):
    """A period in which a provider may not take part."""

    reason: str = Field(description="原因代码 / reason code")
    document: str = Field(description="决定文号 / number of the decision")
    from_on: date
    to_on: date | None = Field(description="含当日 / inclusive")


class Tie(Model):
    """A relation that makes a buyer or an evaluator partial."""

    organisation_id: UUID
    kind: str = Field(description="incubator、management、shareholder 等 / kind of relation")
    from_on: date
    to_on: date | None


class Provider(Model):
    """A provider's file 承接者档案, published part; `id` is the registry's organisation id."""

    id: UUID
    name: str
    status: ProviderStatus
    categories: list[DictionaryCode]
    is_small_enterprise: bool = Field(description="仅企业可认定 / enterprises only")
    evaluation_grade: str | None = Field(description="社会组织评估等级 1A–5A / grade, 1A to 5A")
    qualifications: list[Validity]
    exclusions: list[Exclusion]
    ties: list[Tie]
    qualified_staff: Count
    contracts_held: Count
    contracts_value_fen: Fen
    admitted_on: date
    updated_at: Instant


class ProviderRating(Model):
    """How well a provider serves, in one category and one dimension, citywide.

    Published in editions and unchanged in between: scores in steps, counts in tens, residents heard
    in groups of ten or more.
    `lower_bound` rewards, `upper_bound` sanctions; below the minimum of evidence there is no
    rating, and that excludes nobody. A use that `lawful_uses` does not name is not allowed.
    """

    id: UUID
    provider_id: UUID
    category: DictionaryCode
    dimension: RatingDimension
    is_rated: bool = Field(
        description="样本不足时为 false，不得据此排除 / false: too little evidence"
    )
    level: Level | None = Field(
        description="五级等次，带滞后 / level with hysteresis; null: not rated"
    )
    expected: Score | None = Field(description="衰减后的期望得分 / expected score after decay")
    lower_bound: Score | None
    upper_bound: Score | None
    ratings: Count = Field(description="计入的评价数，以十计 / ratings that count, in tens")
    effective_ratings: float = Field(ge=0, description="有效样本量 / effective sample size")
    buyers: Count = Field(description="互不关联的购买方数 / unrelated buyers among the evidence")
    prior_version: str = Field(description="类别先验版本 / version of the category's prior")
    lawful_uses: list[str] = Field(description="允许用途的规则编号 / rules that allow a use")
    reply_until_on: date | None = Field(description="答复期截止日 / last day of the right of reply")
    suspended_at: Instant | None = Field(description="申诉期间暂停使用 / not used while appealed")
    as_of_on: date = Field(description="所属期次的截至日 / last day of the edition")


class TenderStatus(StrEnum):
    """OCDS `tenderStatus`."""

    PLANNING = "planning"
    PLANNED = "planned"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    UNSUCCESSFUL = "unsuccessful"
    COMPLETE = "complete"
    WITHDRAWN = "withdrawn"


class ProcurementMethod(StrEnum):
    """OCDS `method`; the law's own name stands in `method_details`."""

    OPEN = "open"
    SELECTIVE = "selective"
    LIMITED = "limited"
    DIRECT = "direct"


class Tender(Model):
    """A purchase from intention to award, as its notices tell it."""

    id: UUID
    ocid: str = Field(description="OCDS 采购过程编号 / contracting process")
    title: str
    status: TenderStatus
    procurement_method: ProcurementMethod
    method_details: PurchaseMethod
    buyer_id: UUID
    area_code: AreaCode
    category: DictionaryCode
    value_fen: Fen = Field(description="预算，分 / budget, in fen")
    agenda_item_id: UUID | None = Field(description="源自居民议题 / residents' item behind it")
    framework_ocid: str | None = Field(description="框架协议第一阶段 / first stage of a framework")
    is_conducted_elsewhere: bool = Field(
        description="在法定平台进行 / run on the statutory platform"
    )
    tenderers: Count | None = Field(description="开标前为 null / null before the opening")
    notice_at: Instant | None
    tender_period_start_at: Instant | None
    tender_period_end_at: Instant | None = Field(
        description="现行截止；要求最后报价后为最后报价的 / that runs: of final offers, once called"
    )
    enquiry_period_end_at: Instant | None
    opened_at: Instant | None
    awarded_at: Instant | None
    challenged_at: Instant | None
    suspended_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None = Field(description="原因代码 / reason code")


class ContractStatus(StrEnum):
    """OCDS `contractStatus`."""

    PENDING = "pending"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"


class Funding(Model):
    """Money that a contract draws from one earmarked source 专款专用."""

    source: DictionaryCode = Field(description="字典 funding_source")
    budget_line: str = Field(description="预算科目代码 / code of the budget line")
    value_fen: Fen


class Contract(Model):
    """A published contract: whom it serves, how much of it, for how long, and how it ended.

    The registry opens the provider's offering from it; matching honours its groups and exclusions.
    """

    id: UUID
    ocid: str
    award_id: UUID
    title: str
    status: ContractStatus
    buyer_id: UUID
    provider_id: UUID
    category: DictionaryCode
    service_item_ids: list[UUID]
    area_codes: list[AreaCode] = Field(description="服务区域 / areas that it serves")
    target_groups: list[DictionaryCode]
    exclusions: list[str] = Field(description="不在服务范围的事项代码 / what it does not cover")
    administrative_hours_max: Count = Field(
        description="行政协助工时上限 / hours of administrative assistance at most"
    )
    service_days: Count = Field(description="净服务天数 / net days of service")
    places: Count | None = Field(description="承诺名额 / places promised; null: not by places")
    capacity_unit: DictionaryCode | None
    value_fen: Fen
    paid_fen: Fen
    funding: list[Funding]
    period_start_on: date
    period_end_on: date = Field(description="含当日 / inclusive")
    max_extent_on: date | None = Field(description="续签后最晚日期 / latest end after renewal")
    agenda_item_id: UUID | None
    renewal_of_id: UUID | None
    handed_over_to_id: UUID | None = Field(description="承接服务对象的合同 / takes over the users")
    signed_at: Instant
    published_at: Instant
    discontinuation_notice_at: Instant | None = Field(description="停止服务告知 / notice to users")
    terminated_at: Instant | None
    termination_reason: str | None = Field(description="原因代码 / reason code")


class OutcomeStage(StrEnum):
    """How far a residents' item has come."""

    RECEIVED = "received"
    PLANNED = "planned"
    TENDERING = "tendering"
    CONTRACTED = "contracted"
    DELIVERED = "delivered"
    DROPPED = "dropped"


class DeviatingField(StrEnum):
    """What residents fixed and only a public reason may change."""

    ITEM = "item"
    MONEY = "money"
    METHOD = "method"


class Deviation(Model):
    """Where the purchase departs from the residents' decision, and the public reason."""

    field: DeviatingField
    decided: str = Field(description="居民决定的内容 / what residents decided")
    actual: str
    reason: str = Field(description="公开理由 / the public reason")
    rule: str | None = Field(description="依据的规则编号 / rule that requires it")
    published_at: Instant


class AgendaOutcome(Model):
    """What became of one item of the residents' agenda. `id` is the item's id in feedback."""

    id: UUID
    agenda_id: UUID
    stage: OutcomeStage
    method: PurchaseMethod | None = Field(description="实际采用的方式 / method in fact used")
    contracted_fen: Fen | None
    paid_fen: Fen
    cost_fen: Fen | None = Field(
        description="实际费用：各合同验收应付合计，续签不计；合同履行中为 null"
        " / what it has cost: accepted under its contracts, renewals apart; null while one runs",
    )
    deviations: list[Deviation]
    tender_id: UUID | None
    contract_id: UUID | None
    received_at: Instant
    planned_at: Instant | None
    tendering_at: Instant | None
    contracted_at: Instant | None
    delivered_at: Instant | None
    dropped_at: Instant | None
    drop_reason: str | None = Field(
        description="单独放弃的公开理由；随清单撤回的见清单"
        " / public reason for giving it up alone; of one withdrawn with its agenda see there"
    )
