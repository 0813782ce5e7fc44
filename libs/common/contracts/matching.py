"""Words of matching 供需对接: needs, referrals, gaps, collective needs and allocation runs.

These are the states that feeds carry and other services read. A need is coarsened before it leaves:
its neighbourhood and a cell of one kilometre, no point, no group, no word that a person wrote.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Instant, Model
from common.contracts.shapes import AreaCode, Count, DictionaryCode, Share, SuppressedCount
from common.contracts.vocabulary import UrgencyTier


class RaisedBy(StrEnum):
    """Who brought a need."""

    SELF = "self"  # 本人
    FAMILY = "family"  # 家属
    GRID_WORKER = "grid_worker"  # 网格员
    SOCIAL_WORKER = "social_worker"  # 社工
    HOTLINE = "hotline"  # 热线
    OUTREACH = "outreach"  # 政策找人


class NeedStatus(StrEnum):
    """The life of a need."""

    OPEN = "open"
    REFERRED = "referred"
    SERVED = "served"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    UNMET = "unmet"


class UnmetReason(StrEnum):
    """Why a need is not served: a closed set, so that totals mean something."""

    NO_OFFERING_IN_CATEGORY = "no_offering_in_category"
    NOT_ELIGIBLE = "not_eligible"
    CLOSED_AT_WANTED_TIME = "closed_at_wanted_time"
    OVER_BUDGET = "over_budget"
    TOO_FAR = "too_far"
    ALL_PLACES_TAKEN = "all_places_taken"
    PLACE_UNKNOWN = "place_unknown"  # 位置不明，远近无从计算
    NO_DAY_LEFT = "no_day_left"  # 希望的日期已过，或起止颠倒
    OFFERING_GONE = "offering_gone"  # 已选定的服务在转介前停止


class Need(Model):
    """A need as other services may know it."""

    id: UUID
    number: str = Field(description="需求编号，可告知居民 / number that the resident is told")
    area_code: AreaCode = Field(description="所在居村 / neighbourhood, never a point")
    cell: str | None = Field(
        description="1 公里网格，居村过大时给出 / cell of 1 km, for wide areas"
    )
    category: DictionaryCode = Field(description="服务类别 / service_category")
    urgency: UrgencyTier = Field(description="1 紧急 2 优先 3 一般 / 1 is the most urgent")
    is_statutory: bool = Field(
        description="应保尽保：未满足即责任部门的义务 / an entitlement: a shortfall is a duty"
    )
    raised_by: RaisedBy
    status: NeedStatus
    unmet_reason: UnmetReason | None
    unmet_rule: str | None = Field(description="not_eligible 时的规则编号 / rule, if not eligible")
    opened_at: Instant
    referred_at: Instant | None
    served_at: Instant | None
    closed_at: Instant | None
    withdrawn_at: Instant | None
    unmet_at: Instant | None


class ReferralStatus(StrEnum):
    """The life of a referral.

    `held`, `accepted` and `served` take a place, and `untold` took one that is past; the others
    take none.
    """

    HELD = "held"  # 已占位，待接受
    WAITLISTED = "waitlisted"  # 候补
    ACCEPTED = "accepted"  # 已接受
    DECLINED = "declined"  # 已谢绝
    EXPIRED = "expired"  # 超时释放
    WITHDRAWN = "withdrawn"  # 居民撤回
    HANDED_OVER = "handed_over"  # 移交
    SERVED = "served"  # 已服务
    NO_SHOW = "no_show"  # 未到
    UNTOLD = "untold"  # 逾期未报结果：是否服务无人告知，可补报


class Referral(Model):
    """A need sent to an offering, with every step that happened. Only a served one may be rated."""

    id: UUID
    number: str = Field(description="转介编号 / number that resident and provider are told")
    need_id: UUID
    offering_id: UUID
    provider_id: UUID = Field(description="承接机构 / organisation that serves")
    venue_id: UUID | None
    service_item_id: UUID | None
    contract_id: UUID | None = Field(description="由哪份合同支付 / contract that pays, if any")
    category: DictionaryCode
    area_code: AreaCode = Field(description="需求所在居村 / neighbourhood of the need")
    rater: str | None = Field(
        description="评价用途的化名，仅供核对评价人；无账号时为 null / pseudonym "
        "for ratings, to check who may rate; null when the resident has no account"
    )
    status: ReferralStatus
    places: Count = Field(description="占用名额 / places taken while held, accepted or served")
    session_on: date | None = Field(description="服务日期 / day of service (Asia/Shanghai)")
    price_fen: Count = Field(description="居民支付，分 / what the resident pays, in fen")
    decline_reason: str | None = Field(description="谢绝原因代码 / reason code of a decline")
    booking_id: UUID | None = Field(description="资源库中的空间预约 / booking in the registry")
    handed_over_to_id: UUID | None = Field(description="接续的转介 / referral that continues it")
    agreement_number: str | None = Field(description="跨区协议编号 / agreement across districts")
    made_at: Instant
    hold_expires_at: Instant | None
    waitlisted_at: Instant | None
    accepted_at: Instant | None
    declined_at: Instant | None
    expired_at: Instant | None
    withdrawn_at: Instant | None
    handed_over_at: Instant | None
    served_at: Instant | None
    no_show_at: Instant | None
    reminded_at: Instant | None = Field(
        description="催报结果的时间 / when the provider was asked what came of it"
    )
    untold_at: Instant | None = Field(description="逾期未报结果 / ended, and nobody had told")
    is_served_says_resident: bool | None = Field(
        description="居民称是否已服务；未说为 null / what the resident says; null: nothing"
    )


class CollectiveNeedStatus(StrEnum):
    """The life of a collective need 共性需求."""

    OPEN = "open"
    CLAIMED = "claimed"  # 单位认领
    ANSWERED = "answered"
    TO_PURCHASE = "to_purchase"  # 转共治议题或购买
    CLOSED = "closed"


class CollectiveNeed(Model):
    """What a neighbourhood or an estate needs together; residents' words stay inside."""

    id: UUID
    number: str
    title: str | None = Field(
        description="工作人员所拟名称；公布要求之前所拟的为 null，重拟后公布"
        " / as staff named it; null where that was for inside, until it is named anew"
    )
    area_code: AreaCode
    category: DictionaryCode
    target_group: DictionaryCode | None
    persons: SuppressedCount
    status: CollectiveNeedStatus
    pledge_id: UUID | None = Field(description="资源库中的认领 / pledge in the registry")
    claimed_by_id: UUID | None = Field(description="认领单位 / organisation that claimed it")
    raised_at: Instant
    claimed_at: Instant | None
    answered_at: Instant | None
    to_purchase_at: Instant | None
    closed_at: Instant | None


class GapReason(Model):
    """How many needs of a gap stay unserved for one reason."""

    reason: UnmetReason
    needs: SuppressedCount


class Gap(Model):
    """What an area lacks in one category: where feedback's topics and procurement's plans start.

    One record per area, category and group; it moves when a new period is computed. Figures on
    fewer than 10 people are null, with secondary suppression over the whole published set.
    """

    id: UUID
    area_code: AreaCode
    category: DictionaryCode
    target_group: DictionaryCode | None = Field(description="null 为全体 / null: everyone")
    period_from_on: date
    period_to_on: date = Field(description="含当日 / inclusive")
    open_needs: SuppressedCount = Field(
        description="待满足需求：尚无名额，含候补 / needs that wait for a place, on wait lists too"
    )
    unmet_needs: SuppressedCount
    unmet_by_reason: list[GapReason]
    statutory_shortfall: SuppressedCount = Field(
        description="应保未保：待满足需求中应保尽保的 / of the needs that wait, the entitlements"
    )
    places_short: SuppressedCount = Field(
        description="缺少的名额：待满足与未满足之和；其一不公布则为 null"
        " / places that are missing: what waits and what is unmet; null when either is"
    )
    covered: Share | None = Field(
        description="15 分钟步行可达人口比例 / residents within 15 minutes"
    )
    supply_index: float | None = Field(
        ge=0, description="两步移动搜寻指数，每千人名额 / two-step index, places per 1,000 people"
    )
    one_more_place_serves: float | None = Field(
        ge=0, description="增加一个名额可多服务的人数 / persons that one more place would serve"
    )
    allocation_run_id: UUID | None = Field(description="影子价格所依据的统筹 / run of the prices")
    computed_at: Instant


class TierCount(Model):
    """How many needs of a tier a run saw and served."""

    urgency: UrgencyTier
    needs: SuppressedCount
    served: SuppressedCount


class AllocationRun(Model):
    """A committed citywide allocation, as anybody may check it: totals, digests, no person."""

    id: UUID
    policy: str = Field(description="政策规则集及版本 / policy rule set with its version")
    period_from_on: date
    period_to_on: date
    seed: str = Field(description="事先公布的排序种子 / tie-break seed, published beforehand")
    candidates_per_need: Count
    needs: SuppressedCount
    places: Count
    served_by_tier: list[TierCount]
    unserved_by_reason: list[GapReason]
    objective: int | None = Field(
        description="目标值，整数；不公布 needs 时为 null / value of the objective, an exact "
        "integer; null where needs is"
    )
    inputs_sm3: str = Field(description="输入摘要 / SM3 of the inputs, hexadecimal")
    certificate_sm3: str = Field(description="证书摘要 / SM3 of the certificate, hexadecimal")
    started_at: Instant
    committed_at: Instant
