"""Words of agendas 共治议题清单: what was decided, replaced with a reason, and followed."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.feedback import Agenda, AgendaItem
from common.contracts.feedback_proposals import LARGEST_PRICE_FEN, PotTotal, ProposalStatus, Reason
from common.contracts.feedback_statistics import Figure
from common.contracts.procurement import AgendaOutcome, Tender
from common.contracts.shapes import AreaCode
from common.contracts.vocabulary import PurchaseMethod

MOST_ITEMS = 500
Title = Annotated[str, Field(min_length=4, max_length=80)]


class WishedMethodIn(Input):
    """How residents wish one of the chosen to be bought; the law has the last word."""

    proposal_id: UUID
    wished_method: PurchaseMethod


class AgendaIn(Input):
    """The agenda of a counted vote: its items are the chosen, no more and no less."""

    vote_id: UUID
    title: Title
    wished_methods: list[WishedMethodIn] = Field([], max_length=MOST_ITEMS)


class ResolvedItemIn(Input):
    """An item that a meeting has decided."""

    proposal_id: UUID
    money_fen: Fen = Field(gt=0, le=LARGEST_PRICE_FEN)
    wished_method: PurchaseMethod | None = None


class ResolvedAgendaIn(Input):
    """An agenda decided by resolutions, within an approved pot."""

    title: Title
    area_code: AreaCode
    pot_fen: Fen = Field(gt=0, le=LARGEST_PRICE_FEN)
    pot_total_fen: PotTotal = None
    pot_document: str = Field(min_length=2, max_length=120)
    pot_approved_by_id: UUID
    pot_approved_on: date
    items: list[ResolvedItemIn] = Field(min_length=1, max_length=MOST_ITEMS)


class ReplacementIn(Input):
    """Another agenda in the place of this one; why it differs from the vote is public."""

    items: list[ResolvedItemIn] = Field(min_length=1, max_length=MOST_ITEMS)
    reason: Reason


class AgendaCase(Agenda):
    """An agenda as those see it who work on it."""

    spent_fen: Fen | None = Field(
        description="实际花费，含所取代的清单；落实或撤回后只占用此数，其余退回；null 为未知"
        " / what it has cost, and held of the pot once delivered or withdrawn; null: not known yet"
    )
    freed_fen: Fen = Field(
        description="所放弃各项未花费的金额，已退回批准资金"
        " / what items that were given up did not cost; the pot has it back"
    )
    replaces_id: UUID | None
    change_reason: str | None = Field(
        description="与票决不同时的公开理由 / why it differs from its vote"
    )
    version: int
    updated_at: Instant


class ItemProgress(Model):
    """What became of one item: shown back to those who decided it."""

    item: AgendaItem
    outcome: AgendaOutcome | None
    tender: Tender | None
    ratings: list[Figure] = Field(
        description="按合同发布的评价，新在前 / released figures of its contract, newest first"
    )


class AgendaProgress(Model):
    """What became of an agenda, item by item."""

    agenda_id: UUID
    number: str
    items: list[ItemProgress]


class ProposalProgress(Model):
    """What became of a proposal, or of the one that it went into, for who stood behind it."""

    proposal_id: UUID
    carried_by_id: UUID = Field(
        description="由哪项提案承接，未合并即自身 / the proposal that carries it now, or itself"
    )
    status: ProposalStatus = Field(description="承接提案的状态 / status of that proposal")
    is_supported: bool = Field(
        description="本人的附议已计入承接提案 / the caller is counted among its supporters"
    )
    vote_ids: list[UUID] = Field(description="列入的票决 / votes in which it stands or stood")
    items: list[ItemProgress] = Field(
        description="在有效清单中的落实 / what became of it on agendas in force"
    )
