"""Words of referrals 转介 and places 名额 as those meet them who make, answer and follow them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.matching import Referral, ReferralStatus
from common.contracts.matching_needs import Clock
from common.contracts.registry.offerings import CapacityPeriod
from common.contracts.vocabulary import UrgencyTier

Places = Annotated[int, Field(ge=1, le=20, description="名额数 / places wanted")]


class DeclineReason(StrEnum):
    """Why a provider does not take a referral: a closed set, so that totals mean something."""

    FULL = "full"  # 实际已满
    NOT_ELIGIBLE = "not_eligible"  # 不符合条件
    OUT_OF_REACH = "out_of_reach"  # 不在服务范围
    NO_STAFF = "no_staff"  # 人员不足
    NOT_REACHED = "not_reached"  # 联系不上
    CLOSED = "closed"  # 当日不开放
    NO_ROOM = "no_room"  # 所需空间未订到
    FEWER_PLACES = "fewer_places"  # 名额调减，已少于所求，不再候补
    OTHER = "other"


class CorrectionReason(StrEnum):
    """Why what was told as served is told as no-show after all: a closed set, as of declines."""

    WRONG_REFERRAL = "wrong_referral"  # 本应登记在另一转介
    NOBODY_CAME = "nobody_came"  # 居民其实未到
    OTHER = "other"


class RoomStatus(StrEnum):
    """The course of the room that a session needs, as the registry is asked for it."""

    WANTED = "wanted"  # 待预约
    BOOKED = "booked"  # 已预约
    REFUSED = "refused"  # 未获空间，转介退回
    LEAVING = "leaving"  # 待取消
    LEFT = "left"  # 已取消


class Agreement(Input):
    """On what ground another district serves, and what is settled between the two 跨区协议."""

    number: str = Field(min_length=1, max_length=60, description="协议编号 / its number")
    settlement_fen: Fen = Field(le=10**12, description="结算金额，分 / settled between districts")


SESSION: Final = (
    "场次开始。名额按场计的服务须填当日某场的开始时间（服务自身时段，无则载体时段的起点；"
    "只在载体内提供的，载体届时须开放），且尚未开始 / "
    "start of a session: where places are counted by session, when hours of that day begin, "
    "those of the offering, else of its venue, which must be open if it is on site alone; "
    "still to come"
)
WAIT: Final = (
    "满额时候补，否则答复 offering-full；多于每期名额的不能候补 / "
    "wait when full; nobody waits for more places than there are"
)
AGREEMENT: Final = (
    "跨区协议，只由受理窗口（referral:transfer）填写 / written by a desk alone (referral:transfer)"
)


class ReferralIn(Input):
    """A need to be sent to an offering, with a place held there."""

    need_id: UUID
    offering_id: UUID
    session_on: date | None = Field(
        None,
        description="服务日期，默认今天；按日、按场或同时计的服务须为其开放日（自身时段，"
        "无则载体时段；只在载体内提供的两者皆须开放） / day, default today; where places are "
        "counted by day, by session or at once, one on which the offering, else its venue, "
        "opens; both, where it is on site alone",
    )
    session: Clock | None = Field(None, description=SESSION)
    places: Places = 1
    wait: bool = Field(False, description=WAIT)
    agreement: Agreement | None = Field(None, description=AGREEMENT)


class TransferIn(Input):
    """Where a referral goes on; its place is given back in the same step."""

    offering_id: UUID
    session_on: date | None = None
    session: Clock | None = Field(None, description=SESSION)
    wait: bool = Field(False, description=WAIT)
    agreement: Agreement | None = Field(None, description=AGREEMENT)


class AnswerIn(Input):
    """What the provider says."""

    status: Literal[
        ReferralStatus.ACCEPTED,
        ReferralStatus.DECLINED,
        ReferralStatus.SERVED,
        ReferralStatus.NO_SHOW,
    ]
    reason: DeclineReason | None = Field(None, description="declined 时必填 / with declined only")
    correction: CorrectionReason | None = Field(
        None,
        description="误报已服务、更正为 no_show 时必填，其他不填 / why served was a mistake: with "
        "no_show of what was told as served, and only with it",
    )


class WordIn(Input):
    """What the resident says of a referral of which nobody has told what came, or told twice."""

    is_served: bool = Field(description="是否已服务 / whether it was served")


class ReferralCase(Referral):
    """A referral as those see it who work on it; `rater` is for services alone."""

    urgency: UrgencyTier
    session: str | None
    room: RoomStatus | None = Field(
        description="该场次所需空间；不需空间时为 null / room of the session; null: none is needed"
    )
    waiting_before: int | None = Field(
        description="候补时排在前面的人数 / how many wait before, while waitlisted"
    )
    settlement_fen: int | None = Field(
        description="协议约定的结算金额，分 / agreed to be settled between districts, in fen"
    )
    settlement_due_fen: int | None = Field(
        description="应结算金额：已服务为约定金额，未服务而结束为 0，未结束或无协议为 null / "
        "what is due of it: all once served, 0 where it ended otherwise; null: under way, or no "
        "agreement"
    )
    correction_reason: CorrectionReason | None = Field(
        description="曾误报已服务的更正原因 / why it is told to have been served by mistake"
    )
    version: int
    updated_at: Instant


class Capacity(Model):
    """Places of an offering in one period; the registry publishes them, referrals take them."""

    offering_id: UUID
    period: CapacityPeriod
    starts_on: date
    ends_on: date = Field(description="含当日 / inclusive")
    session: str | None
    places: int | None = Field(description="null 为不限 / null: not limited")
    taken: int
    waiting: int
    over_committed: int = Field(description="占位多于名额的数量 / places taken beyond those there")
