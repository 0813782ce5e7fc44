"""Words of outreach 政策找人: people who are entitled and do not know, told once, never enrolled.

Only who consented is looked for, or counted, and only among what is known of needs that are still
worked on and that they raised for themselves: nobody consents for a relative. Who withdraws is
looked for no more, and what was offered and not answered goes.
"""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import DictionaryCode


class OfferAnswer(StrEnum):
    """What became of an offer."""

    PENDING = "pending"  # 待答复
    ACCEPTED = "accepted"  # 已接受，已登记需求
    DECLINED = "declined"  # 已谢绝


class Consent(Model):
    """Whether the resident wants to be told of what they are entitled to."""

    given_at: Instant | None = Field(description="同意时间；未同意为 null / null: not given")
    withdrawn_at: Instant | None


class OutreachIn(Input):
    """Which service people are told of."""

    category: DictionaryCode = Field(description="字典 service_category / service_category")


class Outreach(Model):
    """What a search came to; it names nobody."""

    category: str
    offered: int = Field(
        description="本次告知人数：同意被告知、符合条件而未使用"
        " / told now: who consented, is entitled and does not use it"
    )


class OutreachOffer(Model):
    """One offer to one resident."""

    id: UUID
    category: str
    rule: str = Field(description="所依的应保尽保规则 / rule that entitles")
    area_code: str
    line: str
    answer: OfferAnswer
    offered_at: Instant
    answered_at: Instant | None
    need_id: UUID | None = Field(description="接受后登记的需求 / need that was raised")
    version: int


class OfferReply(Input):
    """The resident's own answer."""

    accept: bool
