"""Words of challenges 质疑 and complaints 投诉 of suppliers, with their clocks."""

from datetime import date
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.procurement_tenders import Words

_WHO: Final = "提出的供应商，仅双方和监管部门可见 / told to both sides and the authority alone"
_GROUND: Final = "事实与理由，办结后公开 / public once it is settled"

DECIDED_FROM: Final = (
    "由上级、同级其他单位，或（市级无上级）同一单位的另一人决定"
    " / decided by a body above, another one beside, or, at the top, another person within"
)


class ChallengeAbout(StrEnum):
    """What is challenged. Source: 政府采购法 52."""

    DOCUMENT = "document"  # 采购文件
    PROCEDURE = "procedure"  # 采购过程
    RESULT = "result"  # 中标、成交结果


class ChallengeStep(StrEnum):
    """The life of a challenge and of a complaint."""

    OPEN = "open"
    UPHELD = "upheld"  # 成立
    REJECTED = "rejected"  # 不成立
    WITHDRAWN = "withdrawn"


class Remedy(StrEnum):
    """What follows when it stands and may have changed the outcome. Source: 94号令 16、32."""

    NONE = "none"  # 不影响结果，继续
    AMEND = "amend"  # 修改文件后继续
    RE_EVALUATE = "re_evaluate"  # 重新评审
    VOID = "void"  # 采购活动终止，重新开展


class DecidedFrom(StrEnum):
    """From where an appeal or a complaint was decided, seen from the body it is about."""

    ABOVE = "above"  # 上级单位
    BESIDE = "beside"  # 同级其他单位
    WITHIN = "within"  # 市级无上级：同一单位统管各条线的另一人


class ChallengeIn(Input):
    """A supplier's challenge, within seven working days of knowing of the harm."""

    about: ChallengeAbout
    ground: Words
    known_on: date = Field(description="知道或应知之日 / day of knowing, not counted")


class ChallengeAnswerIn(Input):
    """The buyer's answer."""

    outcome: Literal[ChallengeStep.UPHELD, ChallengeStep.REJECTED]
    remedy: Remedy = Remedy.NONE
    answer: Words


class ComplaintIn(Input):
    """A complaint to the supervising authority about the answer, or for want of one."""

    ground: Words


class SuspensionIn(Input):
    """The authority suspends the purchase, for thirty days at most."""

    days: int = Field(ge=1, le=60)
    reason: Words


class ComplaintDecisionIn(Input):
    """The authority's decision."""

    outcome: Literal[ChallengeStep.UPHELD, ChallengeStep.REJECTED]
    remedy: Remedy = Remedy.NONE
    excluded_days: int = Field(
        0, ge=0, le=365, description="检验、鉴定、补正等不计入的工作日 / working days not counted"
    )
    decision: Words


class OverdueKind(StrEnum):
    """What has passed its deadline."""

    CHALLENGE = "challenge"  # 质疑未答复
    COMPLAINT = "complaint"  # 投诉未决定


class Overdue(Model):
    """A challenge that was not answered, or a complaint that was not decided, in time."""

    kind: OverdueKind
    id: UUID
    tender_id: UUID
    buyer_id: UUID
    area_code: str
    filed_at: Instant
    due_on: date = Field(description="答复或处理决定的末日 / last day for the answer or decision")
    days_late: int = Field(ge=1, description="已逾期的自然日 / calendar days past it")


class Challenge(Model):
    """A challenge as the parties and the public see it."""

    id: UUID
    tender_id: UUID
    round: int
    by_id: UUID | None = Field(description=_WHO)
    about: ChallengeAbout
    ground: str | None = Field(description=_GROUND)
    known_on: date
    filed_at: Instant
    answer_due_on: date
    is_due_provisional: bool
    step: ChallengeStep
    remedy: Remedy | None
    answer: str | None
    answered_at: Instant | None
    is_answered_late: bool | None
    rules: list[str]
    version: int


class SupplierComplaint(Model):
    """A complaint with its clocks."""

    id: UUID
    tender_id: UUID
    challenge_id: UUID
    by_id: UUID | None = Field(description=_WHO)
    ground: str | None = Field(description=_GROUND)
    filed_at: Instant
    review_due_on: date
    notice_due_on: date
    decision_due_on: date
    excluded_days: int
    suspended_days: int = Field(description="已决定暂停的天数，合计 / days suspended so far")
    suspended_until_on: date | None
    step: ChallengeStep
    remedy: Remedy | None
    decision: str | None
    decided_at: Instant | None
    decided_from: DecidedFrom | None = Field(description=DECIDED_FROM)
    rules: list[str]
    version: int
