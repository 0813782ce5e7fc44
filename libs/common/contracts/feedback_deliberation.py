"""Words of deliberation 议事: bodies with seats, meetings with a quorum, resolutions in a chain.

Seats are named by what they stand for, never by a person.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.feedback_proposals import Reason
from common.contracts.shapes import AreaCode, Count


class BodyKind(StrEnum):
    """Who deliberates. Quorum and majority of each are rule rows."""

    JOINT_PARTY_COUNCIL = "joint_party_council"  # 区域化党建联席会议
    COMMUNITY_COMMITTEE = "community_committee"  # 社区委员会
    RESIDENTS_CONGRESS = "residents_congress"  # 居民代表会议
    CONSULTATION_COUNCIL = "consultation_council"  # 议事会
    TOWN_DEPUTIES = "town_deputies"  # 人大代表票决（镇）


class BodyIn(Input):
    """A body that deliberates, for a term."""

    kind: BodyKind
    name: str = Field(min_length=2, max_length=80)
    area_code: AreaCode
    term_from_on: date
    term_to_on: date = Field(description="含当日 / inclusive")


class SeatIn(Input):
    """A seat 席位."""

    title: str = Field(
        min_length=2, max_length=60, description="席位名称，不写个人姓名 / never a person's name"
    )
    organisation_id: UUID | None = Field(None, description="所代表的机构 / organisation behind it")


class SeatClosing(Input):
    """From when a seat is empty."""

    to_on: date


class Seat(Model):
    """A seat of a body."""

    id: UUID
    body_id: UUID
    title: str
    organisation_id: UUID | None
    from_on: date
    to_on: date | None


class Body(Model):
    """A body with its seats."""

    id: UUID
    kind: BodyKind
    name: str
    area_code: AreaCode
    term_from_on: date
    term_to_on: date
    seats: list[Seat]
    version: int


class TopicIn(Input):
    """A topic of a meeting."""

    title: str = Field(min_length=2, max_length=120)
    proposal_id: UUID | None = None


class Topic(Model):
    """A topic of a meeting, by its place on the agenda of the day."""

    position: int
    title: str
    proposal_id: UUID | None


class MeetingIn(Input):
    """A meeting to which the seats are called."""

    body_id: UUID
    starts_at: Instant
    place: str = Field(min_length=2, max_length=120)
    topics: list[TopicIn] = Field(min_length=1, max_length=50)


class MeetingStatus(StrEnum):
    """The life of a meeting."""

    CALLED = "called"
    HELD = "held"
    INQUORATE = "inquorate"  # 未达法定人数，不作决议
    CANCELLED = "cancelled"  # 取消，未开


class MinutesIn(Input):
    """Who was there and what was said; public."""

    present: list[UUID] = Field(max_length=2000, description="到会席位 / seats present")
    minutes: str = Field(min_length=10, max_length=20_000)


class MeetingCancellation(Input):
    """Why a meeting does not take place; public."""

    reason: Reason


class Meeting(Model):
    """A meeting with its minutes."""

    id: UUID
    body_id: UUID
    area_code: AreaCode
    status: MeetingStatus
    starts_at: Instant
    place: str
    topics: list[Topic]
    seats: Count | None = Field(description="应到 / seats when it was held")
    present: Count | None = Field(description="实到 / seats present")
    quorum_rule: str | None = Field(description="法定人数的规则编号 / rule of the quorum")
    minutes: str | None
    held_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None = Field(description="取消的公开理由 / public reason")
    version: int


Votes = Annotated[int, Field(ge=0, le=100_000)]


class ResolutionIn(Input):
    """What a quorate meeting has decided on one of its topics."""

    meeting_id: UUID
    topic: int = Field(ge=1, description="议题次序 / position of the topic")
    text: str = Field(min_length=4, max_length=4000)
    votes_for: Votes
    votes_against: Votes
    abstained: Votes
    previous_id: UUID | None = Field(
        None,
        description="承接的前一决议：就同一提案、在本机构区划之内作出的（无提案的：本机构同一题目的"
        "议题）；未通过的后续决议推翻前者 / the resolution that it goes on from, on the same"
        " proposal and within the area of the body (without one: of this body, on a topic with the"
        " same title); one that is not adopted overturns it",
    )


class Resolution(Model):
    """A resolution. Whether it is adopted follows from the rule, not from who writes it down."""

    id: UUID
    number: str
    meeting_id: UUID
    body_id: UUID
    area_code: AreaCode
    proposal_id: UUID | None
    text: str
    votes_for: Count
    votes_against: Count
    abstained: Count
    is_adopted: bool
    majority_rule: str
    previous_id: UUID | None
    decided_at: Instant
