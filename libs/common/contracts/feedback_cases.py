"""Words of cases 诉求工单 as those meet them who raise, handle, approve and follow them.

What other services learn of a case is `common.contracts.feedback.Case`, which knows no person.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from common.calendar import Reason
from common.contracts.base import Input, Instant, Model
from common.contracts.feedback import Case, CaseKind, CaseStatus
from common.contracts.shapes import AreaCode, DictionaryCode


class CaseChannel(StrEnum):
    """How a case came in."""

    APP = "app"  # 居民端
    HOTLINE = "hotline"  # 12345
    COUNTER = "counter"  # 窗口、居村代录
    OPEN311 = "open311"
    DESK_DAY = "desk_day"  # 两代表一委员接待日


class HandOver(StrEnum):
    """Who takes over what is not processed here."""

    PETITION = "petition"  # 信访
    DISCIPLINE = "discipline"  # 纪检监察
    RECONSIDERATION = "reconsideration"  # 行政复议
    LITIGATION = "litigation"  # 诉讼


class ClockReason(StrEnum):
    """Why a deadline was set, or set anew."""

    RECEIVED = "received"  # 受理
    EXTENDED = "extended"  # 经批准延期
    RESUMED = "resumed"  # 中止后恢复
    REOPENED = "reopened"  # 居民不认可，二次办理
    HOTLINE = "hotline"  # 以 12345 的时限为准
    NOTICE = "notice"  # 节假日安排公布后重算


Words = Annotated[
    str, Field(min_length=1, max_length=4000, description="诉求内容，加密保存 / kept encrypted")
]
Reply = Annotated[
    str, Field(min_length=2, max_length=4000, description="答复，加密保存 / kept encrypted")
]
Ground = Annotated[str, Field(min_length=4, max_length=500, description="理由 / the reason")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class CaseContact(Input):
    """How to reach who raised the case; kept encrypted, shown masked. None of it: anonymous."""

    name: str | None = Field(None, min_length=1, max_length=60)
    phone: str | None = Field(None, min_length=3, max_length=30)
    address: str | None = Field(None, min_length=1, max_length=200)


class CaseIn(Input):
    """A new case."""

    kind: CaseKind
    category: DictionaryCode = Field(description="字典 service_category / service_category")
    words: Words
    area_code: AreaCode = Field(description="事发地居村或街镇 / neighbourhood or town")
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    channel: Literal[CaseChannel.APP, CaseChannel.COUNTER, CaseChannel.DESK_DAY] = CaseChannel.APP
    offering_id: UUID | None = Field(None, description="所指的服务 / offering that it is about")
    venue_id: UUID | None = None
    contact: CaseContact | None = Field(None, description="匿名则不填 / absent: anonymous")


class Boundary(Model):
    """What a case seems to be that is not processed here; a person decides."""

    channel: HandOver
    word: str = Field(description="识别所依的词 / the word that tells")
    rule: str


class Escalation(Model):
    """One step of the ladder."""

    level: int
    at: Instant


class JoinedCase(Model):
    """The case that goes on for a duplicate: all who wait for it are told its answer."""

    number: str
    status: CaseStatus
    responsible_body: str | None
    due_at: Instant
    answer: str | None = Field(description="本轮答复 / what its body answered in this round")
    answered_at: Instant | None
    closed_at: Instant | None


class CaseFile(Case):
    """A case as those see it who raised it or work on it."""

    line: str = Field(description="条线，字典 department_line / department line")
    channel: CaseChannel
    responsible_body: str | None = Field(description="责任单位名称 / its name")
    routed_by: str = Field(description="分派依据 / on what ground it was routed")
    contact_due_at: Instant = Field(description="先行联系期限 / first contact is due")
    is_contact_provisional: bool = Field(
        description="先行联系期限超出已公布日历 / first contact lies beyond the known calendar"
    )
    is_contact_overdue: bool
    first_answered_at: Instant | None = Field(
        description="首次答复时间，重开不改 / the first answer, whatever followed"
    )
    is_answered_in_time: bool | None = Field(
        description="首次答复是否在其期限内 / whether that was before its deadline"
    )
    words: str | None
    public_words: str | None = Field(description="经审核公开的内容 / what is published of it")
    boundary: Boundary | None = Field(
        description="待认定或已移交的事项 / waits for a decision, or handed over"
    )
    is_send_back_asked: bool = Field(description="退单待批 / a send-back waits")
    joined: JoinedCase | None = Field(description="并入的工单 / the case that goes on for it")
    lon: float | None
    lat: float | None
    version: int
    updated_at: Instant


class ListedCase(Case):
    """A row of a list: no words, no point, no person."""

    line: str
    channel: CaseChannel
    contact_due_at: Instant
    boundary: HandOver | None = Field(
        description="疑似不在此办理，由人认定 / what it seems to be; a person decides"
    )
    is_send_back_asked: bool = Field(description="退单待批 / a send-back waits")
    version: int
    updated_at: Instant


class CaseMove(Input):
    """What the handling body did; `words` are told to the resident."""

    status: Literal[
        CaseStatus.ACCEPTED, CaseStatus.IN_PROGRESS, CaseStatus.ANSWERED, CaseStatus.FIXED
    ]
    words: Reply | None = Field(None, description="答复、办结必填 / with answered, fixed")
    is_upheld: bool | None = Field(None, description="是否属实，办结投诉时必填 / with a complaint")


class CaseVerdict(Input):
    """What the resident says of the outcome."""

    status: Literal[CaseStatus.CONFIRMED, CaseStatus.REOPENED, CaseStatus.WITHDRAWN]
    words: Reply | None = Field(None, description="不认可时必填 / needed to reopen")


class CallBack(Input):
    """What the resident said on the telephone, written down by somebody who did not answer."""

    is_reached: bool
    is_satisfied: bool | None = Field(None, description="联系上时必填 / needed when reached")
    words: Reply | None = None


class PauseIn(Input):
    """Why the clock stands still, by whose approval."""

    reason: Code = Field(description="规则 pause.reasons 所列 / one of rule pause.reasons")
    words: Ground


class Approval(Input):
    """Why something is approved."""

    words: Ground


class SendBackIn(Input):
    """Why a body is not the one to answer; it stays responsible until that is approved."""

    reason: Code = Field(description="规则 send_back.reasons 所列 / one of rule send_back.reasons")
    words: Ground


class RouteIn(Input):
    """Who answers now; approves a send-back, or mends a routing."""

    body_id: UUID = Field(description="责任单位 / the responsible body")
    line: Code | None = Field(None, description="条线，默认取该单位的 / default: the body's")
    words: Ground


class PlacementIn(Input):
    """Where a case happened whose address could not be placed when it came in."""

    area_code: AreaCode = Field(description="事发地居村或街镇 / neighbourhood or town")
    words: Ground


class HandOverIn(Input):
    """To whom, and why; nothing of the matter is processed here afterwards."""

    channel: HandOver
    words: Ground


class MergeIn(Input):
    """Into which case, and why."""

    into_id: UUID
    words: Ground


class PublicWords(Input):
    """What may be published of a case: without names, numbers, addresses."""

    public_words: Words | None


class CaseStep(Model):
    """One step of a case as it happened."""

    seq: int
    at: Instant
    action: str
    status: CaseStatus
    by: str | None = Field(description="工作人员；居民为空 / staff; null for the resident")
    words: str | None
    facts: dict[str, str]


class ClockSet(Model):
    """One setting of a deadline."""

    seq: int
    at: Instant
    reason: ClockReason
    started_on: date
    days: int | None = Field(description="工作日数；12345 的时限为空 / working days")
    due_at: Instant
    is_provisional: bool
    rule: str
    by: str | None
    words: str | None


class DayCounted(Model):
    """One day on the way to a deadline."""

    on: date
    count: int | None = Field(description="第几个工作日；不计为空 / null: not counted")
    reason: Reason
    holiday: str | None
    is_provisional: bool
    text: str = Field(description="如 2026-09-20（周日）调休上班，第 1 日")


class Deadline(Model):
    """The present deadline, day by day, and how it came about."""

    due_at: Instant
    is_provisional: bool
    rule: str
    days: list[DayCounted]
    history: list[ClockSet]
    escalations: list[Escalation]


class Likeness(Model):
    """A case that may be the same, and why.

    未经授权查阅的工单，距离自其所在约 280 米方格中心计，不给出相似度。Of a case that the caller may
    not read the distance is that from the middle of its square of some 280 m, and how alike the
    words are is not told.
    """

    case_id: UUID
    number: str
    status: CaseStatus
    category: DictionaryCode
    received_at: Instant
    distance_m: int | None = Field(
        description="null：同一居村，无坐标；无权查阅的以百米计"
        " / null: same neighbourhood; in hundreds where the caller may not read the case"
    )
    likeness: float | None = Field(
        description="文字相似度 0–1；无权查阅的为空"
        " / likeness of the words; null where the caller may not read the case"
    )
    same_category: bool
    reasons: list[str] = Field(description="何以疑似 / why it may be the same")


class PublicCase(Model):
    """What anybody may know of a case whose number they were told."""

    number: str
    kind: CaseKind
    category: DictionaryCode
    status: CaseStatus
    responsible_body: str | None
    public_words: str | None
    received_at: Instant
    due_at: Instant
    is_due_provisional: bool
    answered_at: Instant | None
    fixed_at: Instant | None = Field(description="办理单位称已解决 / the body says so")
    confirmed_at: Instant | None = Field(description="居民确认 / the resident says so")
    overdue_at: Instant | None
    handed_over_to: HandOver | None
    duplicate_of: str | None = Field(description="并入的工单编号 / number of the case it joined")
    closed_at: Instant | None


class PlainCaseContact(Model):
    """A contact, masked or in clear."""

    name: str | None
    phone: str | None
    address: str | None


class Unmask(Input):
    """Why somebody wants to read a contact; the reason is written into the audit log."""

    reason: Ground
