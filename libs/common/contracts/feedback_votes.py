"""Words of votes 票决: who decides about which money, by which rule, and what came of it.

Nothing here can say how anybody voted: a cast ballot is answered with the fact alone.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.feedback import CountingRule
from common.contracts.feedback_proposals import LARGEST_PRICE_FEN, PotTotal, Reason
from common.contracts.feedback_statistics import Figure
from common.contracts.procurement import AgendaOutcome
from common.contracts.shapes import AreaCode, Count, DictionaryCode

MOST_OPTIONS = 500
Choices = Annotated[
    list[Annotated[int, Field(ge=1, le=MOST_OPTIONS)]],
    Field(max_length=MOST_OPTIONS, description="所选项目的票号 / ballot numbers of the chosen"),
]


class VoteStatus(StrEnum):
    """The life of a vote. Open and over follow from its dates."""

    DRAFT = "draft"
    PUBLISHED = "published"  # 规则、项目、日期已冻结
    COUNTED = "counted"
    FAILED = "failed"  # 未达到有效条件，无结果
    WITHDRAWN = "withdrawn"


class VotingUnit(StrEnum):
    """Who has one vote."""

    RESIDENT = "resident"  # 一人一票
    HOUSEHOLD = "household"  # 一户一票


class Credential(StrEnum):
    """What shows that somebody may vote. Households, and votes on paper, need cards."""

    RESIDENCE = "residence"  # 身份提供方核验的居住地
    CARD = "card"  # 街镇逐人或逐户发放的一次性选票码


class VoteFailure(StrEnum):
    """Why a vote has no result."""

    TOO_FEW = "too_few"  # 有效票少于 ballots_min，或少于规则 vote.least_ballots
    DISPUTED = "disputed"  # 争议成立


class VoteIn(Input):
    """A vote to be set up. All of it is frozen when it is published, before it opens."""

    title: str = Field(min_length=4, max_length=80)
    area_code: AreaCode = Field(description="选民所在区划 / area of the electorate")
    unit: VotingUnit
    credential: Credential
    electors: int = Field(ge=1, le=30_000_000, description="应投票人数或户数 / how many may vote")
    ballots_min: int = Field(
        ge=1,
        le=30_000_000,
        description="少于此数无结果；不少于规则 vote.least_ballots"
        " / fewer: no result; not below the rule",
    )
    choices_max: int = Field(ge=1, le=MOST_OPTIONS, description="每票最多选几项 / most choices")
    rule: CountingRule
    step_fen: int | None = Field(
        None, ge=1, le=10**9, description="逐元补足的步长，默认取规则表 / completion step"
    )
    pot_fen: Fen = Field(gt=0, le=LARGEST_PRICE_FEN, description="已批准的资金，分 / approved pot")
    pot_total_fen: PotTotal = None
    pot_document: str = Field(min_length=2, max_length=120, description="批准文号 / its document")
    pot_approved_by_id: UUID = Field(description="批准机构 / who approved it")
    pot_approved_on: date
    opens_at: Instant
    closes_at: Instant
    proposal_ids: list[UUID] = Field(
        min_length=1, max_length=MOST_OPTIONS, description="按票号次序 / in the order of the ballot"
    )


class VoteOption(Model):
    """What can be chosen, and after the count why it was or was not."""

    number: int
    proposal_id: UUID
    title: str
    category: DictionaryCode
    cost_fen: Fen
    votes: Count | None = Field(description="计票前为 null / null before the count")
    position: int | None = Field(description="当选次序；未当选为 null / order of being chosen")
    reason: str | None = Field(description="当选或未当选的理由，可复算 / why, recomputable")
    outcome: AgendaOutcome | None = Field(
        description="列入清单后的落实情况 / what became of it on the agenda"
    )
    ratings: list[Figure] = Field(
        description="按合同发布的评价，新在前 / released figures of its contract, newest first"
    )


class SettledDispute(Model):
    """A dispute that was settled; it stays in public whatever is disputed later."""

    disputed_at: Instant
    reason: str
    settled_at: Instant
    settlement: str


class Vote(Model):
    """A vote as everybody sees it."""

    id: UUID
    number: str
    status: VoteStatus
    title: str
    area_code: AreaCode
    unit: VotingUnit
    credential: Credential
    electors: Count
    ballots_min: Count
    choices_max: Count
    rule: CountingRule
    tie_break: str = Field(description="同分排序规则，事先公布 / tie-break, published beforehand")
    step_fen: Fen
    pot_fen: Fen
    pot_document: str
    pot_approved_by_id: UUID
    pot_approved_on: date
    opens_at: Instant
    closes_at: Instant
    is_open: bool
    options: list[VoteOption]
    agenda_id: UUID | None = Field(description="由此产生的清单 / the agenda that came of it")
    ballots: Count | None = Field(description="有效票数；计票前为 null / null before the count")
    void_sheets: Count | None = Field(
        description="两人作废的纸质选票；计票前为 null / sheets that two people voided"
    )
    replaced_cards: Count | None = Field(
        description="两人补发的选票码；计票前为 null / cards that two people replaced"
    )
    cost_fen: Fen | None = Field(description="当选项目合计 / what the chosen cost together")
    steps: Count | None = Field(description="补足的步数 / steps of the completion")
    failure: VoteFailure | None
    published_at: Instant | None
    counted_at: Instant | None
    disputed_at: Instant | None
    dispute: str | None
    settled_at: Instant | None
    settlement: str | None
    disputes: list[SettledDispute] = Field(
        description="已处理的各次争议，先者在前；待处理的见 dispute / settled ones, oldest first;"
        " one that is open stands in `dispute`"
    )
    withdrawn_at: Instant | None
    withdrawal_reason: str | None
    version: int


class BallotIn(Input):
    """A ballot. It is sealed at once and mixed with others; no answer repeats it."""

    choices: Choices = Field(min_length=1)
    card: str | None = Field(
        None, min_length=20, max_length=40, description="选票码，凭码投票时必填 / code of the card"
    )


class Cast(Model):
    """That the caller's ballot is in the urn. There is no receipt of what it says."""

    vote_id: UUID
    is_counted: bool


class CardsIn(Input):
    """How many cards to issue."""

    count: int = Field(ge=1, le=2000)


class Cards(Model):
    """One-time codes, shown this once: each for one elector, sealed when handed out."""

    vote_id: UUID
    cards: list[str]
    numbers: list[int] = Field(
        description="各码的编号，依次对应，印在封口外；由街道在纸面登记发给谁，遗失时凭编号补发"
        " / of each code in turn, printed outside the seal; the street writes down who got which,"
        " and replaces a lost card by its number"
    )


class CardLoss(StrEnum):
    """Why a card is replaced; a closed list, so that no name comes into it."""

    LOST = "lost"
    NOT_RECEIVED = "not_received"
    UNREADABLE = "unreadable"


class CardLossIn(Input):
    """What became of a card, as its elector says at the desk."""

    loss: CardLoss = Field(
        description="遗失、未收到、无法辨认 / lost, not received, or not to be read"
    )


class Replacement(Model):
    """How far the replacement of a card is: asked by one person, done by another one."""

    number: int
    is_asked: bool = Field(
        description="已提出，待另一人确认；确认前原码有效"
        " / asked; until somebody else confirms it the old code is good"
    )
    card: str | None = Field(
        description="补发的选票码，只显示这一次 / the new code, shown this once"
    )


class PaperVoterIn(Input):
    """A card handed in for a paper ballot."""

    card: str = Field(min_length=20, max_length=40)


class SheetIn(Input):
    """What a paper ballot says. Its sheet number is stamped on when the urn is opened."""

    sheet: int = Field(ge=1, le=1_000_000)
    choices: Choices


class SheetStatus(StrEnum):
    """Whether two people read the same on a paper ballot."""

    ONCE = "once"  # 一人已录
    AGREED = "agreed"  # 两人一致
    DIFFERENT = "different"  # 不一致，待裁定
    SETTLED = "settled"  # 已裁定
    VOID = "void"  # 误录，两人已作废


class Sheet(Model):
    """How far the entry of a paper ballot is; what it says stays inside."""

    sheet: int
    status: SheetStatus


class VoidingIn(Input):
    """Why a sheet is no paper ballot: entered under a number that no ballot bears, for example."""

    reason: Reason


class RestorationIn(Input):
    """Why a sheet that was voided, or is to be, is a paper ballot after all."""

    reason: Reason


class Voiding(Model):
    """How far the voiding or restoring of a sheet is: asked by one person, done by another."""

    sheet: int
    status: SheetStatus
    is_asked: bool = Field(
        description="已提出，待另一人确认；确认前按 status 办理"
        " / asked; until somebody else confirms it the sheet stays as `status` says"
    )
    reason: str


class DisputeIn(Input):
    """Why nothing may be counted for now."""

    reason: Reason


class SettlementIn(Input):
    """How a dispute ended: the vote goes on to its count, or has no result."""

    is_upheld: bool = Field(description="争议成立则无结果 / upheld: no result")
    reason: Reason
