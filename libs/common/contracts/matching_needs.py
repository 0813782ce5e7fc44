"""Words of needs 需求 as their own people see them: the resident, the desk that works on it.

What other services learn of a need is `common.contracts.matching.Need`, which tells less.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.matching import NeedStatus, RaisedBy, UnmetReason
from common.contracts.registry.offerings import Prefix
from common.contracts.registry.venues import Accessibility
from common.contracts.shapes import AreaCode, DictionaryCode
from common.contracts.vocabulary import AgeBand, Channel, UrgencyTier


class StandingKind(StrEnum):
    """What a right may depend on. None of it is believed because somebody says so."""

    MINIMUM_LIVING = "minimum_living"  # 低保
    LOW_INCOME = "low_income"  # 低收入（低保边缘）
    DESTITUTE = "destitute"  # 特困供养
    EXPENDITURE = "expenditure"  # 支出型贫困
    DISABILITY = "disability"  # 残疾等级 1–4
    CARE_GRADE = "care_grade"  # 长护险评估等级 2–6
    BEREAVED_FAMILY = "bereaved_family"  # 计划生育特殊家庭
    VETERAN = "veteran"  # 退役军人优抚


class StandingStatus(StrEnum):
    """What a standing is worth today."""

    DECLARED = "declared"  # 自述，未核验
    VERIFIED = "verified"
    EXPIRED = "expired"  # 核验已过期，须复核
    REFUSED = "refused"  # 核验不符


Clock = Annotated[
    str,
    Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="时刻，如 09:00 / time of day"),
]
Words = Annotated[
    str, Field(min_length=1, max_length=1000, description="需求描述，加密保存 / kept encrypted")
]
Line = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="字典 department_line / line")
]
Grade = Annotated[int, Field(ge=1, le=6, description="等级 / grade")]
ContactPhone = Annotated[str, Field(min_length=3, max_length=30, description="电话 / telephone")]


class Wishes(Input):
    """When and how the resident would like it; a rule may weigh it, none is a promise."""

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default=[], max_length=7, description="1 周一 … 7 周日；空为不限 / empty: any day"
    )
    from_time: Clock | None = None
    to_time: Clock | None = None
    from_on: date | None = Field(None, description="最早日期 / not before")
    until_on: date | None = Field(None, description="最晚日期，含 / not after")
    channels: list[Channel] = Field(default=[], max_length=3)
    price_at_most_fen: Fen | None = Field(None, le=10**12)


class StandingClaim(Input):
    """What a person says of their own standing."""

    kind: StandingKind
    grade: Grade | None = Field(None, description="残疾 1–4，长护险 2–6；其他为空")


class Profile(Input):
    """For whom: what rules need, never who it is."""

    age_band: AgeBand | None = None
    groups: list[DictionaryCode] = Field(
        default=[], max_length=20, description="字典 target_group / target groups"
    )
    household_area: Prefix | None = Field(None, description="户籍地 / where registered")
    accessibility: list[Accessibility] = Field(
        default=[],
        max_length=20,
        description="到点服务的载体须具备的无障碍设施，不具备的不转介、不分配；上门、线上的不论 / "
        "what a venue must offer; who needs it is neither referred nor sent elsewhere, unless the "
        "service comes",
    )


class Contact(Input):
    """How to reach the person; kept encrypted, shown masked."""

    name: str | None = Field(None, min_length=1, max_length=60)
    phone: ContactPhone | None = None
    address: str | None = Field(None, min_length=1, max_length=200)


class NeedIn(Input):
    """A new need."""

    category: DictionaryCode = Field(description="字典 service_category / service_category")
    words: Words | None = None
    wishes: Wishes = Wishes()
    area_code: AreaCode = Field(description="所在居村 / neighbourhood")
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    raised_by: RaisedBy = RaisedBy.SELF
    profile: Profile = Profile()
    standing: list[StandingClaim] = Field(default=[], max_length=8)
    contact: Contact | None = None


class NeedPatch(Input):
    """What can change while a need is open; an absent field stays."""

    words: Words | None = None
    wishes: Wishes | None = None
    area_code: AreaCode | None = None
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)


class NeedMove(Input):
    """The end of a need, or its return: what other steps do follows from referrals."""

    status: NeedStatus = Field(description="closed | withdrawn | unmet | open")
    reason: UnmetReason | None = Field(None, description="unmet 时必填 / needed for unmet")
    rule: str | None = Field(
        None, max_length=80, description="not_eligible 时的规则编号 / rule of not_eligible"
    )


class ListedNeed(Model):
    """A need in a list: nothing that a person wrote."""

    id: UUID
    number: str
    area_code: AreaCode
    line: str = Field(description="条线 / department line")
    category: DictionaryCode
    urgency: UrgencyTier
    urgency_rule: str = Field(description="定级所依的规则编号 / rule that set the tier")
    is_statutory: bool
    raised_by: RaisedBy
    status: NeedStatus
    unmet_reason: UnmetReason | None
    unmet_rule: str | None
    opened_at: Instant
    referred_at: Instant | None
    served_at: Instant | None
    closed_at: Instant | None
    withdrawn_at: Instant | None
    unmet_at: Instant | None
    version: int
    updated_at: Instant


class ShownWishes(Model):
    """The wishes, as they stand."""

    weekdays: list[int]
    from_time: str | None
    to_time: str | None
    from_on: date | None
    until_on: date | None
    channels: list[Channel]
    price_at_most_fen: int | None


class NeedCase(ListedNeed):
    """One need as those see it who work on it, and the resident whose it is."""

    words: str | None
    wishes: ShownWishes
    lon: float | None = Field(description="WGS-84；仅办理人可见 / for those who work on it")
    lat: float | None


class Standing(Model):
    """One standing: what is claimed, who verified it, until when."""

    kind: StandingKind
    grade: int | None
    status: StandingStatus
    source: str | None = Field(description="依据来源 / source")
    determined_on: date | None
    expires_on: date | None = Field(description="含当日；null 为长期 / inclusive, null: no end")
    verified_by: str | None
    verified_at: Instant | None
    waiting_grade: int | None = Field(
        description="核验后另称的等级，核验前不作数 / grade claimed since; counts once verified"
    )
    waiting_since: Instant | None = Field(
        description="核验后又自述，自此待核验 / claimed again since then, and awaits a look"
    )


class MaskedContact(Model):
    """A contact behind stars."""

    name: str | None
    phone: str | None
    address: str | None


class NeedProfile(Model):
    """For whom, as long as the case needs it; `erased_at` says that it is gone."""

    need_id: UUID
    age_band: AgeBand | None
    groups: list[str]
    household_area: str | None
    accessibility: list[Accessibility]
    contact: MaskedContact
    standing: list[Standing]
    version: int


class ClaimPut(Input):
    """What a person says of one standing; it stands as declared until it is verified.

    What was verified or refused stays so until staff look again. No grade is no other grade.
    """

    grade: Grade | None = None


class VerificationIn(Input):
    """What somebody found who looked: at what, of which day, valid until when."""

    confirmed: bool = Field(
        description="false 为不具备该资格；仅等级不符的，确认实际等级 "
        "/ false: there is no such standing; confirm the true grade where only the grade differs"
    )
    grade: Grade | None = None
    source: str = Field(
        min_length=2,
        max_length=200,
        description="依据，如民政救助系统、残疾人证 / what was looked at",
    )
    determined_on: date
    expires_on: date | None = Field(None, description="有效期末日，含 / last day, inclusive")


class DutyReason(StrEnum):
    """Why nobody serves what is owed: as for an unmet need, or only that it was left open."""

    NO_OFFERING_IN_CATEGORY = UnmetReason.NO_OFFERING_IN_CATEGORY.value
    NOT_ELIGIBLE = UnmetReason.NOT_ELIGIBLE.value
    CLOSED_AT_WANTED_TIME = UnmetReason.CLOSED_AT_WANTED_TIME.value
    OVER_BUDGET = UnmetReason.OVER_BUDGET.value
    TOO_FAR = UnmetReason.TOO_FAR.value
    ALL_PLACES_TAKEN = UnmetReason.ALL_PLACES_TAKEN.value
    PLACE_UNKNOWN = UnmetReason.PLACE_UNKNOWN.value
    NO_DAY_LEFT = UnmetReason.NO_DAY_LEFT.value
    OFFERING_GONE = UnmetReason.OFFERING_GONE.value
    LEFT_OPEN = "left_open"  # 逾期无人承接


class Duty(Model):
    """An entitlement that nobody fulfils yet 应保尽保: owed by the line's department there."""

    need_id: UUID
    number: str
    area_code: AreaCode
    line: str = Field(description="责任条线 / line that owes it")
    category: DictionaryCode
    urgency: UrgencyTier
    rule: str = Field(description="应保尽保所依的规则编号 / rule of the entitlement")
    reason: DutyReason = Field(description="何以未落实 / why nobody serves it")
    raised_at: Instant
    due_on: date = Field(description="应落实的日期 / day by which it is owed")
    is_provisional: bool = Field(description="节假日安排未公布，日期暂计 / estimated")
    met_at: Instant | None
    lifted_at: Instant | None


class ProfilePut(Input):
    """The whole profile anew. An absent contact leaves the present one."""

    profile: Profile
    contact: Contact | None = None


class UnmaskIn(Input):
    """Why somebody wants to read a contact; the reason is written into the audit log."""

    reason: str = Field(min_length=4, max_length=500)


class PlainContact(Model):
    """A contact in clear, for the one who asked and said why."""

    name: str | None
    phone: str | None
    address: str | None


class PhoneQuery(Input):
    """Finding needs by telephone number: in a body, since an address would be logged."""

    phone: ContactPhone
