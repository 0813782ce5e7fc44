"""Words of feedback 居民之声 that others read: ratings, cases, agendas, assessments.

A rating leaves without its rater and without the referral that would lead to one; a case leaves
without any person. Levels run from 5 (非常满意) to 1 (非常不满意).
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Instant, Model
from common.contracts.shapes import AreaCode, Count, DictionaryCode, Level, Score, Share
from common.contracts.vocabulary import PurchaseMethod, RatingDimension


class RatingChannel(StrEnum):
    """Where a rating was given; figures are compared by channel."""

    SELF = "self"  # 居民自己的设备
    QR_CODE = "qr_code"  # 扫码
    STAFF_DEVICE = "staff_device"  # 窗口评价器
    CALL_BACK = "call_back"  # 回访
    DEFAULT = "default"  # 逾期默认好评：单列，不计权


class DimensionLevel(Model):
    """One dimension of a rating."""

    dimension: RatingDimension
    level: Level


class Rating(Model):
    """One rating of one delivered service 一次一评."""

    id: UUID
    offering_id: UUID
    provider_id: UUID
    venue_id: UUID | None
    service_item_id: UUID | None
    contract_id: UUID | None
    category: DictionaryCode
    area_code: AreaCode = Field(description="到街镇 / coarsened to the town or street")
    channel: RatingChannel
    level: Level
    dimensions: list[DimensionLevel]
    options: list[str] = Field(description="指标选项代码 / codes of the chosen indicator options")
    is_counted: bool = Field(
        description="默认好评、申诉成立的不计 / default praise and upheld appeals do not count"
    )
    rated_on: date = Field(description="只到日，避免认出评价人 / a day only, to protect the rater")
    amended_on: date | None
    verified_at: Instant | None = Field(description="差评核实 / bad rating verified")
    rectified_at: Instant | None
    called_back_at: Instant | None
    escalation_level: Count = Field(
        description="差评当前步骤逾期的上报层级 / its step is late: how far it was told upwards"
    )
    appealed_at: Instant | None
    appeal_decided_at: Instant | None
    is_appeal_upheld: bool | None


class CaseKind(StrEnum):
    """What a case is."""

    COMPLAINT = "complaint"  # 投诉
    SUGGESTION = "suggestion"  # 建议
    HELP = "help"  # 求助
    CONSULTATION = "consultation"  # 咨询


class CaseStatus(StrEnum):
    """The life of a case. Open311 sees `open` until `confirmed`, `closed` after.

    One that is `answered` or `fixed` and has a `closed_at` ended as not heard: nobody judged it.
    """

    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    ANSWERED = "answered"
    FIXED = "fixed"  # 办理单位称已解决
    CONFIRMED = "confirmed"  # 居民确认
    REOPENED = "reopened"
    HANDED_OVER = "handed_over"  # 转信访、纪检、复议、诉讼
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"


class Case(Model):
    """A case without a person: who is responsible, what the clocks say, how it ended."""

    id: UUID
    number: str = Field(description="工单编号 / number that the resident is told")
    kind: CaseKind
    category: DictionaryCode = Field(description="诉求类别 / Open311 service_code")
    area_code: AreaCode = Field(description="到居村 / coarsened to the neighbourhood")
    status: CaseStatus
    offering_id: UUID | None
    provider_id: UUID | None
    venue_id: UUID | None
    contract_id: UUID | None
    responsible_body_id: UUID | None = Field(description="责任单位 / Open311 agency_responsible")
    hotline_number: str | None = Field(description="12345 工单号，时限以其为准 / hotline order")
    duplicate_of_id: UUID | None
    handed_over_to: str | None = Field(description="移交渠道代码 / channel that takes it over")
    is_upheld: bool | None = Field(
        description="是否属实；未定为 null / whether the complaint stands"
    )
    escalation_level: Count = Field(description="升级层级，0 为未升级 / 0: not escalated")
    contact_escalation_level: Count = Field(
        description="先行联系逾期的上报层级 / first contact late: how far it was told upwards"
    )
    received_at: Instant
    due_at: Instant = Field(description="办结期限 / Open311 expected_datetime")
    is_due_provisional: bool = Field(description="期限超出已公布日历 / beyond the known calendar")
    deadline_rule: str = Field(description="期限依据的规则编号 / rule of the deadline")
    accepted_at: Instant | None
    extended_at: Instant | None
    paused_at: Instant | None
    answered_at: Instant | None
    fixed_at: Instant | None
    confirmed_at: Instant | None
    reopened_at: Instant | None
    overdue_at: Instant | None
    escalated_at: Instant | None
    handed_over_at: Instant | None
    withdrawn_at: Instant | None
    closed_at: Instant | None


class CountingRule(StrEnum):
    """How a vote becomes a list of items."""

    EQUAL_SHARES_ADD_ONE = "equal_shares_add_one"  # 均等份额法，逐元补足
    GREEDY = "greedy"
    RESOLUTION = "resolution"  # 会议票决


class AgendaItem(Model):
    """One item that residents decided: what, for how much, how they wish it bought."""

    id: UUID
    position: Count = Field(description="当选次序，从 1 起 / order of being chosen, from 1")
    proposal_id: UUID
    title: str
    category: DictionaryCode
    service_item_id: UUID | None
    area_code: AreaCode
    target_groups: list[DictionaryCode]
    gap_id: UUID | None = Field(description="源自哪项缺口 / gap that it answers")
    money_fen: Fen
    wished_method: PurchaseMethod | None = Field(description="居民希望的方式 / method wished for")
    votes: Count
    reason: str = Field(description="当选理由，可复算 / why it was chosen, recomputable")
    resolutions: list[str] = Field(description="议事决议编号链 / resolutions, in order")


class AgendaStatus(StrEnum):
    """The life of an agenda."""

    PUBLISHED = "published"  # 已公布，约束购买
    DELIVERED = "delivered"  # 各项均已落实，或按公开理由不再实施
    SUPERSEDED = "superseded"  # 由复核后的清单取代
    WITHDRAWN = "withdrawn"


class Agenda(Model):
    """What residents decided within an approved pot: it binds procurement."""

    id: UUID
    number: str
    area_code: AreaCode
    title: str
    status: AgendaStatus
    pot_fen: Fen
    pot_document: str = Field(description="批准资金的文号 / document that approved the pot")
    pot_approved_by_id: UUID
    pot_approved_on: date
    vote_id: UUID | None = Field(description="票决产生时为 null / null: decided by resolution")
    rule: CountingRule
    tie_break: str = Field(description="事先公布的排序规则 / tie-break, published beforehand")
    items: list[AgendaItem]
    superseded_by_id: UUID | None
    decided_at: Instant
    published_at: Instant
    delivered_at: Instant | None = Field(description="全部落实的时间 / when all of it was there")
    withdrawn_at: Instant | None
    withdrawal_reason: str | None = Field(description="公开理由 / public reason")


class AssessmentSubject(StrEnum):
    """What an assessment judges."""

    ORGANISATION = "organisation"
    VENUE = "venue"
    CONTRACT = "contract"


class IndicatorScore(Model):
    """One indicator: its weight and what came out, computed from kept figures."""

    code: str
    name: str
    weight: Share
    is_satisfaction: bool = Field(description="居民满意度指标 / carries the residents' verdict")
    score: Score | None = Field(description="样本不足为 null / null: too little evidence")


class Assessment(Model):
    """The published result of one assessment 考核, with its interval and tie band."""

    id: UUID
    scheme_id: UUID
    scheme_title: str
    subject: AssessmentSubject
    subject_id: UUID
    area_code: AreaCode
    period_from_on: date
    period_to_on: date
    visit_id: UUID | None = Field(description="合并的现场检查 / shared visit, counts once")
    satisfaction_weight: Share
    score: Score | None
    lower_bound: Score | None
    upper_bound: Score | None
    band: Count | None = Field(description="并列档次，1 为最高 / tie band, 1 is the best")
    responses: Count | None = Field(
        description="向下取整到十；不足 10 为 null / down to tens; null when fewer than 10"
    )
    response_share: Share | None
    indicators: list[IndicatorScore]
    publicity_from_on: date
    publicity_to_on: date = Field(description="公示期末日，含 / last day of the publicity period")
    appealed_at: Instant | None
    appeal_decided_at: Instant | None
    final_at: Instant | None
