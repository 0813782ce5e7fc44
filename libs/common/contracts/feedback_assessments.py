"""Words of assessments 考核 and incentives 奖补: schemes, evidence, visits, surveys, awards.

An indicator is computed from what residents said and what was done; only one that names a kind of
evidence rests on a record, which is registered once and cited by every assessment.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.feedback import Assessment, AssessmentSubject
from common.contracts.feedback_proposals import Reason
from common.contracts.shapes import AreaCode, Count, DictionaryCode, Score, Share

# Days that an assessment can be about: working days are counted after them.
Day = Annotated[date, Field(ge=date(2020, 1, 1), le=date(2099, 12, 31))]


class AssessmentKind(StrEnum):
    """Kinds of assessments; the share of satisfaction is a rule of each."""

    STREET_SERVICES = "street_services"  # 街镇公共服务
    VENUE_OPERATION = "venue_operation"  # 载体运营
    SERVICE_PROJECT = "service_project"  # 社区服务项目
    STATUTORY = "statutory"  # 法定考核，按名称豁免


class Measure(StrEnum):
    """What an indicator is computed from."""

    SATISFACTION = "satisfaction"  # 居民评价
    BAD_VERIFIED = "bad_verified"  # 差评按期核实
    BAD_RECTIFIED = "bad_rectified"  # 差评整改
    CALL_BACK = "call_back"  # 差评回访率
    CASE_RESPONSE = "case_response"  # 工单按期答复
    CASE_RESOLUTION = "case_resolution"  # 工单经居民确认解决
    EVIDENCE = "evidence"  # 佐证记录


class IndicatorIn(Input):
    """One indicator of a scheme."""

    code: DictionaryCode
    name: str = Field(min_length=2, max_length=40)
    measure: Measure
    weight: int = Field(ge=1, le=100, description="百分权重，合计 100 / percent, 100 in all")
    evidence_kind: DictionaryCode | None = Field(
        None, description="佐证类别，仅限 measure=evidence / kind of evidence, for `evidence` only"
    )


class SchemeIn(Input):
    """An assessment as it is planned and filed, before it begins."""

    kind: AssessmentKind
    title: str = Field(min_length=4, max_length=80)
    area_code: AreaCode
    lead_id: UUID = Field(description="组织考核的部门 / department that runs it")
    subject: AssessmentSubject
    subject_ids: list[UUID] = Field(min_length=1, max_length=200)
    period_from_on: Day
    period_to_on: Day = Field(description="整季度的末日，含 / last day of a whole quarter")
    statutory_name: str | None = Field(
        None, max_length=80, description="法定考核名称 / name of the statutory assessment"
    )
    indicators: list[IndicatorIn] = Field(min_length=1, max_length=30)


class Indicator(Model):
    """One indicator of a scheme."""

    code: DictionaryCode
    name: str
    measure: Measure
    weight: Count
    evidence_kind: DictionaryCode | None


class Scheme(Model):
    """An assessment that was filed: who is judged, by which indicators, over which days."""

    id: UUID
    kind: AssessmentKind
    title: str
    area_code: AreaCode
    lead_id: UUID
    subject: AssessmentSubject
    subject_ids: list[UUID]
    period_from_on: date
    period_to_on: date
    statutory_name: str | None
    indicators: list[Indicator]
    satisfaction_weight: Share
    weight_rule: str = Field(description="权重所依的规则 / rule that admits the weight")
    assessed_at: Instant | None
    withdrawn_at: Instant | None
    withdrawal_reason: str | None = Field(description="撤回的公开理由 / why it was withdrawn")
    version: int


class AssessmentCase(Assessment):
    """A result with its appeal and what it cites."""

    evidence_ids: list[UUID] = Field(description="引用的佐证 / evidence that it cites")
    appeal_words: str | None = Field(
        description="仅裁定方与当事机构可见 / for the body and those who decide"
    )
    is_appeal_upheld: bool | None
    decision_reason: str | None
    is_publicity_provisional: bool = Field(
        description="公示末日超出已公布日历，随放假通知重算 / beyond the published calendar"
    )
    version: int


class AssessmentAppealIn(Input):
    """Why a result is wrong."""

    words: str = Field(min_length=4, max_length=2000)


class AssessmentDecisionIn(Input):
    """What came of an appeal; upheld, the results are computed again from present data."""

    is_upheld: bool
    reason: str = Field(min_length=4, max_length=2000)


class EvidenceIn(Input):
    """What a body shows once for all assessments: so much achieved of so much."""

    kind: DictionaryCode
    subject: AssessmentSubject
    subject_id: UUID
    period_from_on: date
    period_to_on: date
    document: str = Field(min_length=2, max_length=200, description="文号或出处 / its document")
    achieved: int = Field(ge=0, le=10**9)
    target: int = Field(ge=1, le=10**9)


class Evidence(Model):
    """A record of evidence."""

    id: UUID
    kind: DictionaryCode
    subject_id: UUID
    area_code: AreaCode
    period_from_on: date
    period_to_on: date
    document: str
    achieved: Count
    target: Count
    cited: Count = Field(description="被多少项考核引用 / how many assessments cite it")
    withdrawn_at: Instant | None
    withdrawal_reason: str | None
    version: int


class EvidenceWithdrawal(Input):
    """Why evidence is taken back, for everybody to read."""

    reason: str = Field(min_length=4, max_length=2000, description="公开理由 / public reason")


class MissingEvidence(Model):
    """What a scheme needs and nobody has registered: nothing else may be asked for."""

    subject_id: UUID
    kind: DictionaryCode


class VisitIn(Input):
    """A visit to a body, which every department shares."""

    subject: AssessmentSubject
    subject_id: UUID
    visited_on: Day
    department_id: UUID


class VisitJoin(Input):
    """Another department that comes along."""

    department_id: UUID


class VisitCancelling(Input):
    """Why a visit does not take place, published."""

    reason: Reason


class Visit(Model):
    """A shared visit."""

    id: UUID
    subject_id: UUID
    area_code: AreaCode
    visited_on: date
    department_ids: list[UUID]
    cancelled_at: Instant | None
    cancel_reason: str | None
    version: int


class SurveyIn(Input):
    """Residents whom a survey wants to ask, named by the services they were given."""

    title: str = Field(min_length=4, max_length=80)
    referral_ids: list[UUID] = Field(min_length=1, max_length=200)


class SurveyContacts(Model):
    """Who may be asked now; each of them has been counted."""

    may_be_asked: list[UUID] = Field(description="可联系的转介 / referrals whose resident may be")
    rule: str
    most: Count = Field(description="每位居民每年上限 / contacts of a resident and year at most")


class IncentiveIn(Input):
    """Money for those whom a finished assessment found good."""

    scheme_id: UUID
    pot_fen: Fen = Field(le=10**15)
    pot_document: str = Field(min_length=2, max_length=200, description="资金批准文号 / approval")


class Award(Model):
    """What one subject earns, and from which figures."""

    subject_id: UUID
    lower_bound: Score
    band: Count
    earned_fen: Fen = Field(description="按公式应得 / by the formula")
    award_fen: Fen = Field(description="资金不足时按比例 / in proportion when the pot is too small")
    is_model: bool = Field(description="示范 / held up as a model")


class Incentive(Model):
    """The awards of one assessment by the published formula."""

    id: UUID
    scheme_id: UUID
    area_code: AreaCode
    pot_fen: Fen
    pot_document: str
    formula: str = Field(description="公布的公式 / the published formula")
    rules: dict[str, str] = Field(description="规则编号与数值 / codes of rules and their values")
    awards: list[Award]
    granted_at: Instant
