"""Words of a contract 合同 from its draft to its publication: whom it serves, at what cost."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement import Contract
from common.contracts.procurement_budgets import Draw, Money
from common.contracts.shapes import AreaCode, Count, DictionaryCode

Title = Annotated[str, Field(min_length=2, max_length=200)]
Words = Annotated[str, Field(min_length=2, max_length=2000)]
Hours = Annotated[int, Field(ge=0, le=100_000, description="小时 / hours")]


class ContractKind(StrEnum):
    """What kind of work a contract buys."""

    SERVICE = "service"  # 单项服务
    BUNDLED_OPERATION = "bundled_operation"  # 打包委托运营多处站点


class ExcessRule(StrEnum):
    """What becomes of administrative assistance beyond the quota. It is logged in any case."""

    REFUSED = "refused"  # 承接者可以拒绝
    PRICED = "priced"  # 按约定单价计价


class CostKind(StrEnum):
    """The four parts of a cost statement."""

    STAFF = "staff"  # 人员
    ACTIVITY = "activity"  # 活动
    MANAGEMENT = "management"  # 管理
    TAX = "tax"  # 税费


class StaffGrade(StrEnum):
    """For whom the wage guide has a floor; each has its rule `wage.<grade>`."""

    WORKER = "worker"  # 一般服务人员：最低工资
    SOCIAL_WORKER = "social_worker"  # 社会工作者
    PROFESSIONAL = "professional"  # 护士、心理咨询师等专业人员
    MANAGER = "manager"  # 项目主管


class Station(Input):
    """A place that is run under the contract."""

    venue_id: UUID = Field(description="资源库载体 / the venue in the registry")
    name: Title
    area_code: AreaCode


class CostLine(Input):
    """One line of the cost statement: so many at so much."""

    kind: CostKind
    name: Title
    grade: StaffGrade | None = Field(None, description="仅人员 / staff only")
    quantity: int = Field(
        ge=1, le=1_000_000, description="数量；人员为人月 / units; person-months for staff"
    )
    unit_fen: Money = Field(description="单价，分；人员为月薪 / price; monthly pay for staff")

    @model_validator(mode="after")
    def _staff_has_a_grade(self) -> Self:
        if (self.kind is CostKind.STAFF) != (self.grade is not None):
            raise ValueError("a grade goes with staff, and only with it")
        return self


class MilestonePlan(Input):
    """What is due when, and what is paid for it once it is accepted."""

    title: Title
    due_on: date
    service_days: Count = Field(description="应完成的净服务天数 / net days of service due")
    pay_fen: Fen = Field(le=10**13, description="验收后支付，分 / paid on acceptance")


class QuotaIn(Input):
    """How much administrative assistance 行政协助 the buyer may ask for, and what follows."""

    hours_max: Hours
    excess: ExcessRule
    hour_fen: Money | None = Field(None, description="超额每小时价格，仅计价时 / price, if priced")

    @model_validator(mode="after")
    def _priced_has_a_price(self) -> Self:
        if (self.excess is ExcessRule.PRICED) != (self.hour_fen is not None):
            raise ValueError("a price goes with priced excess, and only with it")
        return self


class Agreed(Input):
    """What a contract and its renewal agree on: how much, until when, for what, from where."""

    value_fen: Money = Field(description="不高于成交金额 / at most what was awarded")
    period_end_on: date = Field(description="含当日 / inclusive")
    service_days: int = Field(ge=1, le=4000, description="净服务天数 / net days of service")
    funding: list[Draw] = Field(min_length=1, max_length=20)
    costs: list[CostLine] = Field(min_length=1, max_length=100)
    milestones: list[MilestonePlan] = Field(min_length=1, max_length=60)


class ContractIn(Agreed):
    """A contract to be drawn up from an award. What the award fixed is taken from it."""

    award_id: UUID
    title: Title
    kind: ContractKind = ContractKind.SERVICE
    service_item_ids: list[UUID] = Field(default_factory=list, max_length=50)
    area_codes: list[AreaCode] = Field(min_length=1, max_length=300)
    target_groups: list[DictionaryCode] = Field(min_length=1, max_length=20)
    exclusions: list[DictionaryCode] = Field(
        min_length=1, max_length=50, description="不在服务范围的事项代码 / what is not covered"
    )
    quota: QuotaIn
    places: int | None = Field(None, ge=1, le=1_000_000)
    capacity_unit: DictionaryCode | None = None
    period_start_on: date
    is_stable: bool = Field(
        False, description="内容固定、连续性强、经费稳定、价格变化小 / may run for up to 3 years"
    )
    max_extent_on: date | None = Field(None, description="续签后最晚日期 / latest end if renewed")
    stations: list[Station] = Field(default_factory=list, max_length=200)


class Side(StrEnum):
    """Who signs."""

    BUYER = "buyer"
    PROVIDER = "provider"


class Cost(Model):
    """A line of the cost statement."""

    position: int
    kind: CostKind
    name: str
    grade: StaffGrade | None
    quantity: int
    unit_fen: Fen
    amount_fen: Fen
    floor_fen: Fen | None = Field(description="工资指导下限，分 / floor of the wage guide")
    floor_rule: str | None = Field(description="下限依据 / rule of the floor")


class StationState(Model):
    """A place that is run under the contract."""

    venue_id: UUID
    name: str
    area_code: AreaCode


class ContractLine(Contract):
    """A contract as lists show it."""

    kind: ContractKind
    version: int
    updated_at: Instant


class ContractCase(Model):
    """A contract with all that belongs to it. Before publication only its two sides read it."""

    id: UUID
    ocid: str
    tender_id: UUID
    award_id: UUID
    kind: ContractKind
    title: str
    status: str = Field(description="OCDS contractStatus")
    buyer_id: UUID
    provider_id: UUID
    area_code: AreaCode
    category: DictionaryCode
    service_item_ids: list[UUID]
    area_codes: list[AreaCode]
    target_groups: list[DictionaryCode]
    exclusions: list[str]
    administrative_hours_max: Count
    administrative_hours_used: Count
    excess: ExcessRule
    hour_fen: Fen | None
    service_days: Count
    delivered_days: Count = Field(description="已验收净服务天数 / net days accepted so far")
    places: Count | None
    capacity_unit: DictionaryCode | None
    original_fen: Fen = Field(description="原合同金额 / as first signed")
    supplements_fen: Fen
    supplements_max_fen: Fen | None = Field(description="补充合同上限 / ceiling of supplements")
    value_fen: Fen
    paid_fen: Fen
    period_start_on: date
    period_end_on: date
    max_extent_on: date | None
    is_stable: bool
    evaluations_per_year: Count | None = Field(
        description="每年评估上限 / evaluations a year at most"
    )
    agenda_item_id: UUID | None
    renewal_of_id: UUID | None
    handed_over_to_id: UUID | None
    sign_due_on: date | None = Field(description="签约期限，含 / sign by")
    buyer_signed_at: Instant | None
    provider_signed_at: Instant | None
    signed_at: Instant | None
    publish_due_on: date | None = Field(description="公告期限，含 / publish by")
    filing_due_on: date | None = Field(description="备案期限，含 / file by")
    is_due_provisional: bool = Field(description="期限超出已公布日历 / beyond the calendar")
    published_at: Instant | None
    discontinuation_notice_at: Instant | None
    discontinuation_reason: str | None = Field(description="停服说明 / what users are told")
    ends_on: date | None
    terminated_at: Instant | None
    termination_reason: str | None
    rules: list[str] = Field(description="适用的规则编号 / rules applied")
    funding: list["FundingState"]
    costs: list[Cost]
    stations: list[StationState]
    version: int
    updated_at: Instant


class UnfinishedContract(Model):
    """A contract that waits for a signature or for its publication."""

    id: UUID
    title: str
    status: str
    buyer_id: UUID
    provider_id: UUID
    value_fen: Fen
    sign_due_on: date | None
    buyer_signed_at: Instant | None
    provider_signed_at: Instant | None
    signed_at: Instant | None
    publish_due_on: date | None
    version: int


class FundingState(Model):
    """What a contract draws from one earmarked line."""

    line_id: UUID
    source: DictionaryCode
    budget_line: str
    value_fen: Fen


class FundingIn(Input):
    """From which lines a purchase is paid; reserved at once, earmarked by source."""

    purchase_item_id: UUID | None = Field(None, description="计划中的项目 / the item of a plan")
    draws: list[Draw] = Field(min_length=1, max_length=20)


class TenderFunding(Model):
    """What a purchase holds on budget lines."""

    tender_id: UUID
    purchase_item_id: UUID | None
    draws: list[FundingState]
