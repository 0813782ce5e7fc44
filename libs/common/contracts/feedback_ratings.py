"""Words of ratings 好差评 as those meet them who are invited, rate, mend, appeal and decide.

No answer here names a rater or the referral that would lead to one.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from common.contracts.base import Input, Instant, Model
from common.contracts.feedback import DimensionLevel, RatingChannel
from common.contracts.shapes import AreaCode, DictionaryCode, Level
from common.contracts.vocabulary import RatingDimension

Words = Annotated[str, Field(min_length=1, max_length=500)]
OptionCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Invitation(Model):
    """A delivered service that the resident may still rate."""

    referral_id: UUID
    number: str = Field(description="转介编号 / number that the resident was told")
    offering_id: UUID
    provider_id: UUID
    category: DictionaryCode
    served_on: date
    rate_until_on: date = Field(description="最后一日，含 / last day, inclusive")
    is_invited: bool = Field(
        description="false：已达年度邀请上限，仍可评价 / the yearly cap of invitations is reached"
    )


class DimensionIn(Input):
    """One dimension of a rating."""

    dimension: RatingDimension
    level: Level


class Verdict(Input):
    """What a rater says; the same for a first rating and for an amended one."""

    level: Level
    dimensions: list[DimensionIn] = Field(
        default_factory=list,
        max_length=len(RatingDimension),
        description="分项 / once each",
    )
    options: list[OptionCode] = Field(
        default_factory=list, max_length=10, description="指标选项代码 / see /v1/rating-options"
    )
    words: Words | None = Field(None, description="文字评价，不公开 / never public")


class RatingIn(Verdict):
    """A rating of one delivered service 一次一评."""

    referral_id: UUID
    channel: Literal[
        RatingChannel.SELF,
        RatingChannel.QR_CODE,
        RatingChannel.STAFF_DEVICE,
        RatingChannel.CALL_BACK,
    ] = RatingChannel.SELF
    device_id: UUID | None = Field(None, description="staff_device 时必填 / with staff_device only")


class OwnRating(Model):
    """A rating as its rater sees it, and the staff who entered it."""

    id: UUID
    referral_id: UUID
    channel: RatingChannel
    level: Level
    dimensions: list[DimensionLevel]
    options: list[str]
    words: str | None
    rated_at: Instant
    amended_at: Instant | None
    is_counted: bool
    version: int


class RatingOption(Model):
    """One option that a rater may tick, with the days on which it stood and where it comes from."""

    code: str
    name_zh: str
    name_en: str
    for_levels: list[Level] = Field(description="可选的等级 / levels with which it may be chosen")
    dimension: RatingDimension | None
    valid_from: date
    valid_to: date | None = Field(description="末日，含 / last day, inclusive")
    source: str
    confidence: str


class DeviceIn(Input):
    """A counter device to be registered."""

    venue_id: UUID
    name: str = Field(min_length=1, max_length=60)


class Device(Model):
    """A device at a counter, on which residents may rate what was served there."""

    id: UUID
    venue_id: UUID
    area_code: AreaCode
    name: str
    is_active: bool
    version: int


class DevicePatch(Input):
    """Switch a device off or on."""

    is_active: bool


class LoopStatus(StrEnum):
    """Where the handling of a bad rating is."""

    OPEN = "open"  # 待核实
    VERIFIED = "verified"  # 已核实，待整改
    RECTIFIED = "rectified"  # 已整改或已说明，待回访
    CALLED_BACK = "called_back"  # 已回访，闭环
    RAISED = "raised"  # 回访不满意，待上级复核
    REVIEWED = "reviewed"  # 已复核并告知评价人，闭环


class Finding(StrEnum):
    """What the verification found."""

    SUBSTANTIATED = "substantiated"  # 属实
    PARTLY = "partly"  # 部分属实
    UNSUBSTANTIATED = "unsubstantiated"  # 不属实，须说明


class CallBack(StrEnum):
    """What the rater said when called back."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    NOT_REACHED = "not_reached"  # 三次联系不上


class ReviewOutcome(StrEnum):
    """What the review of a handling came to with which its rater was not satisfied."""

    FURTHER_MEASURES = "further_measures"  # 已另行采取措施
    STANDS = "stands"  # 原办理妥当，已说明理由


class Clock(Model):
    """A deadline by a rule; `on` is null while the rule's number is not set."""

    on: date | None
    rule: str
    is_provisional: bool = Field(description="超出已公布日历 / beyond the published calendar")


class BadRating(Model):
    """The handling of a bad rating 差评: verify, rectify, call back."""

    id: UUID
    offering_id: UUID
    provider_id: UUID
    category: DictionaryCode
    area_code: AreaCode = Field(description="到街镇 / coarsened to the town or street")
    level: Level
    options: list[str]
    words: str | None = Field(description="文字评价，号码已遮盖；被评价单位不可见 / numbers masked")
    rated_on: date
    status: LoopStatus
    verify_by: Clock
    rectify_by: Clock
    call_back_by: Clock | None = Field(description="整改后起算 / runs from the rectification")
    finding: Finding | None
    measures: str | None = Field(description="整改情况或说明 / what was done, or the explanation")
    call_back: CallBack | None
    verified_at: Instant | None
    is_taken: bool = Field(description="已有人承办回访 / somebody has taken the call-back on")
    review_by: Clock | None = Field(description="回访不满意后起算 / runs when it is raised")
    review: ReviewOutcome | None
    review_reason: str | None = Field(description="告知评价人的理由 / the reason told to the rater")
    reviewed_at: Instant | None
    round: int = Field(description="第几轮；好评后再给差评另起一轮 / begins anew with each turn")
    extended_at: Instant | None
    extension_reason: str | None
    rectified_at: Instant | None
    called_back_at: Instant | None
    is_overdue: bool = Field(description="当前步骤已超期 / the present step is overdue")
    escalation_level: int = Field(description="当前步骤的上报层级 / how far it was told upwards")
    version: int


class Handling(Model):
    """What becomes of a bad rating, told to who gave it: what was found, what was done, by when."""

    status: LoopStatus
    verify_by: Clock
    rectify_by: Clock
    call_back_by: Clock | None
    review_by: Clock | None
    finding: Finding | None
    measures: str | None = Field(description="整改情况或说明 / what was done, or the explanation")
    call_back: CallBack | None
    review: ReviewOutcome | None
    review_reason: str | None = Field(description="复核理由 / why the review ended as it did")
    round: int


class CallOrder(Model):
    """Whom to call back, for the one person who does: the number of the referral, nothing else."""

    rating_id: UUID
    referral_number: str = Field(
        description="转介编号；凭此在供需匹配服务查询（GET /v1/referrals?number=）并凭理由查看联系"
        "方式 / to look up there; the contact is opened there, with a reason"
    )


class ReviewIn(Input):
    """How the review ends, and the reason that the rater reads."""

    outcome: ReviewOutcome
    reason: Words


class VerificationIn(Input):
    """What was found."""

    finding: Finding
    words: Words = Field(description="核实情况 / what was looked at")


class RectificationIn(Input):
    """What was done about it; for an unsubstantiated one: the explanation given."""

    measures: Words


class CallBackIn(Input):
    """What the rater said."""

    outcome: CallBack
    attempts: int = Field(1, ge=1, le=10, description="联系次数 / how often it was tried")


class ExtensionIn(Input):
    """Why the rectification needs the longer time; approved by whoever calls."""

    reason: Words


class AppealGround(StrEnum):
    """Why a rating is appealed."""

    MISTAKEN = "mistaken"  # 误评：不是本机构的服务
    MALICIOUS = "malicious"  # 恶意差评
    DUPLICATE = "duplicate"  # 同一事项的重复评价
    NOT_SERVED = "not_served"  # 未发生的服务


class AppealIn(Input):
    """An appeal by who was rated."""

    ground: AppealGround
    words: Words


class AppealDecisionIn(Input):
    """The decision of a person, with its reason."""

    is_upheld: bool
    reason: Words


class Appeal(Model):
    """An appeal against a rating and what became of it."""

    id: UUID = Field(description="评价的标识 / id of the rating")
    provider_id: UUID
    category: DictionaryCode
    area_code: AreaCode
    level: Level
    ground: AppealGround
    words: str
    appealed_at: Instant
    decided_at: Instant | None
    is_upheld: bool | None
    reason: str | None
    version: int


class RatedRating(Model):
    """A rating as the rated see it: with nine others of its month at least, without any word.

    One that a desk found untrue is told alone, so that it can be appealed, without its service.
    """

    id: UUID
    offering_id: UUID | None = Field(
        description="当月不足十条时不显示 / null where fewer than ten of a month stand together"
    )
    category: DictionaryCode
    level: Level
    options: list[str]
    month_on: date = Field(description="评价所在月份的首日 / first day of its month")
    is_counted: bool
    appealed_at: Instant | None
    is_appeal_upheld: bool | None


class RatingReport(Model):
    """One rating in the fields that a provincial 好差评 platform collects; no person is named.

    Source: field names of a provincial collection interface in use (one province's practice).
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    evaluate_channel: RatingChannel = Field(description="评价渠道")
    proj_no: UUID = Field(description="评价标识，不是转介编号 / of the rating, not of the referral")
    proj_name: str | None = Field(description="服务名称")
    service_name: str | None = Field(description="事项名称")
    service_code: str | None = Field(description="事项编码")
    service_department: str | None = Field(description="承接机构名称")
    service_department_code: str | None = Field(description="统一社会信用代码")
    handle_state_code: Literal["served"] = Field(description="办理状态：已服务")
    region_code: AreaCode
    region_name: str | None
    source: Literal["linli"]
    service_category: DictionaryCode
    user_prop: Literal["natural_person"]
    satisfaction: Level = Field(description="5 非常满意 … 1 非常不满意")
    is_default: bool = Field(description="默认好评，不计权 / default praise weighs nothing")
    eval_detail: list[str] = Field(description="指标选项代码 / codes of the chosen options")
    transaction_on: date = Field(description="评价日 / day of the rating")
