"""Words of a contract under way: milestones, users' opinions, payments, changes, oversight."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement_budgets import DocumentNumber, Draw
from common.contracts.procurement_contracts import Agreed, MilestonePlan, Title, Words
from common.contracts.shapes import AreaCode, Count, DictionaryCode, Level, SuppressedCount

People = Annotated[int, Field(ge=0, le=10_000_000, description="人数 / persons")]


class MilestoneStatus(StrEnum):
    """OCDS `milestoneStatus`, in our spelling."""

    SCHEDULED = "scheduled"
    MET = "met"
    PARTIALLY_MET = "partially_met"
    NOT_MET = "not_met"


class Verdict(StrEnum):
    """How an acceptance ends."""

    MET = "met"
    PARTIALLY_MET = "partially_met"
    NOT_MET = "not_met"


class Depth(StrEnum):
    """How deep an acceptance looks; the rating may set it where its rule allows."""

    SAMPLE = "sample"  # 抽查
    FULL = "full"  # 全查


class PaymentStatus(StrEnum):
    """The life of a payment; who requests it does not approve it."""

    REQUESTED = "requested"
    PAID = "paid"
    REFUSED = "refused"


class ChangeReason(StrEnum):
    """Why a contract is changed: a closed set, so that totals mean something."""

    VOLUME_CUT = "volume_cut"  # 服务量减少
    PRICE_REDUCTION = "price_reduction"  # 降价
    QUALITY_IMPROVEMENT = "quality_improvement"  # 提升质量，价格不变
    PERIOD_EXTENSION = "period_extension"  # 延期完成，不加价
    TARGET_CHANGE = "target_change"  # 服务对象或区域调整
    TAX_RATE = "tax_rate"  # 税率变化
    FORCE_MAJEURE = "force_majeure"  # 不可抗力
    RESIDENTS_WISH = "residents_wish"  # 居民议事意见


class AssistanceOutcome(StrEnum):
    """What became of a request for administrative assistance."""

    WITHIN_QUOTA = "within_quota"
    REFUSED = "refused"  # 超额，承接者拒绝
    PRICED = "priced"  # 超额，按约定单价计价


class FailureCategory(StrEnum):
    """Kinds of performance failures."""

    LATE = "late"  # 逾期
    BELOW_STANDARD = "below_standard"  # 未达服务标准
    STAFF_MISSING = "staff_missing"  # 承诺人员未到岗
    FALSE_RECORD = "false_record"  # 服务记录失实
    TRANSFERRED = "transferred"  # 转包
    SAFETY = "safety"  # 安全事故
    OTHER = "other"


class ReportIn(Input):
    """What the provider says about a milestone."""

    text: Words
    service_days: Count = Field(le=4000, description="净服务天数 / net days of service")
    people_served: People


class OpinionsIn(Input):
    """What the service users say who were invited to the acceptance 服务对象意见."""

    asked: People
    answered: People
    satisfied: People
    summary: str = Field(min_length=4, max_length=2000, description="意见摘要，公布 / published")

    @model_validator(mode="after")
    def _parts_of_parts(self) -> Self:
        if not self.satisfied <= self.answered <= self.asked:
            raise ValueError("satisfied <= answered <= asked")
        return self


class AcceptanceIn(Input):
    """How an acceptance ends. Without the users' opinions there is none."""

    verdict: Verdict
    opinions: OpinionsIn
    service_days: Count = Field(le=4000, description="认定的净服务天数 / net days accepted")
    payable_fen: Fen = Field(le=10**13, description="认定应付，分 / found payable, in fen")
    remarks: Words


class Acceptance(Model):
    """A published acceptance; figures on fewer than ten people are not told."""

    verdict: Verdict
    depth: Depth
    depth_rule: str = Field(description="查验深度依据的规则 / rule behind the depth")
    users_asked: SuppressedCount
    users_answered: SuppressedCount
    users_satisfied: SuppressedCount
    level: Level | None = Field(
        description="按满意比例折算的等次；不足 10 人答复为 null / level by the share of the"
        " satisfied; null when fewer than 10 answered"
    )
    opinions: str
    remarks: str
    service_days: Count
    payable_fen: Fen
    accepted_at: Instant


class Milestone(Model):
    """What is due when, and how it went."""

    number: int
    title: str
    due_on: date
    service_days: Count
    pay_fen: Fen
    status: MilestoneStatus
    reported_at: Instant | None
    report: str | None
    reported_days: Count | None
    people_served: SuppressedCount
    acceptance: Acceptance | None
    paid_fen: Fen


class PaymentIn(Input):
    """A payment for an accepted milestone, out of the earmarked lines."""

    milestone: int = Field(ge=1, le=1000)
    draws: list[Draw] = Field(min_length=1, max_length=20)


class PaymentDecisionIn(Input):
    """Whether a requested payment is made."""

    is_approved: bool
    remark: str = Field("", max_length=500)


class Payment(Model):
    """A payment against a milestone."""

    id: UUID
    contract_id: UUID
    milestone: int
    value_fen: Fen
    status: PaymentStatus
    requested_at: Instant
    decided_at: Instant | None
    remark: str | None


class SupplementIn(Input):
    """More of the same under the same terms, within the legal share of the contract."""

    draws: list[Draw] = Field(min_length=1, max_length=20)
    text: Words
    milestones: list[MilestonePlan] = Field(min_length=1, max_length=20)


class ChangeIn(Input):
    """A change that costs nothing more; what is left out stays as it is."""

    reason: ChangeReason
    text: Words
    period_end_on: date | None = None
    area_codes: list[AreaCode] | None = Field(None, min_length=1, max_length=300)
    target_groups: list[DictionaryCode] | None = Field(None, min_length=1, max_length=20)
    exclusions: list[DictionaryCode] | None = Field(None, min_length=1, max_length=50)
    places: int | None = Field(None, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        wanted = self.model_fields_set - {"reason", "text"}
        if not wanted or any(getattr(self, name) is None for name in wanted):
            raise ValueError("name what is changed, and into what")
        return self


class Change(Model):
    """A change or a supplement, numbered in order, published."""

    number: int
    reason: ChangeReason | None = Field(description="补充合同为 null / null: a supplement")
    text: str
    value_fen: Fen = Field(description="补充金额，分 / added, in fen")
    before: dict[str, object]
    after: dict[str, object]
    made_at: Instant


class RenewalIn(Agreed):
    """The next term of a contract, within the latest end that was agreed at first."""

    title: Title
    ground: Words = Field(description="续签理由，公开 / why it is renewed; public")


class AssistanceIn(Input):
    """Administrative assistance that was asked of the provider."""

    on: date
    hours: int = Field(ge=1, le=1000)
    task: Words
    is_refused: bool = Field(
        False, description="超额时承接者拒绝 / the provider refuses the excess"
    )


class Assistance(Model):
    """One request for administrative assistance and what became of it."""

    id: UUID
    on: date
    hours: Count
    task: str
    excess_hours: Count
    outcome: AssistanceOutcome
    price_fen: Fen


class EvaluationIn(Input):
    """An evaluation of the contract. One that shares a visit with another counts once."""

    on: date
    evaluator: Title
    visit_id: UUID | None = Field(None, description="与之合并的现场 / the visit that it shares")
    assessment_id: UUID | None = Field(None, description="居民之声考核 / assessment in feedback")


class Evaluation(Model):
    """An evaluation, and the visit with which it counts."""

    id: UUID
    on: date
    evaluator: str
    visit_id: UUID
    assessment_id: UUID | None
    visit_number: int = Field(description="该合同当年第几次现场 / which visit of the year")


class FailureIn(Input):
    """A performance failure, with the document that found it."""

    category: FailureCategory
    from_on: date
    to_on: date
    events: int = Field(ge=1, le=10_000)
    text: Words
    document: DocumentNumber
    penalty_fen: Fen = Field(0, le=10**12, description="违约金，分 / penalty imposed")


class Failure(Model):
    """A performance failure as published."""

    id: UUID
    category: FailureCategory
    from_on: date
    to_on: date
    events: Count
    text: str
    document: str
    penalty_fen: Fen
    found_at: Instant
