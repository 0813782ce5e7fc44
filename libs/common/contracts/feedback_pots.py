"""Words of pots: what one document approves, what is held of it, how its total was corrected."""

from datetime import date
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.feedback_proposals import LARGEST_PRICE_FEN, Reason


class CorrectionIn(Input):
    """What the document approves in truth, and why another total was told."""

    total_fen: Fen = Field(
        gt=0,
        le=LARGEST_PRICE_FEN,
        description="文件批准的总额，分；不少于已占用 / at least what is held",
    )
    reason: Reason


class CorrectionAsked(Model):
    """That somebody wants the total corrected; another person confirms it."""

    total_fen: Fen = Field(description="应为的总额，分 / what it would be")
    reason: str
    asked_at: Instant
    asked_by: str | None = Field(description="提出人，仅对工作人员显示 / told to staff alone")


class Correction(Model):
    """That the total was another one, until when and why."""

    was_fen: Fen
    total_fen: Fen
    reason: str = Field(description="公开理由 / public reason")
    corrected_at: Instant
    asked_by: str | None = Field(
        description="提出人，仅对工作人员显示；早先由一人更正的为 null"
        " / who asked for it, told to staff alone; null of what one person corrected once"
    )
    corrected_by: str | None = Field(
        description="确认人，仅对工作人员显示 / who confirmed it, told to staff alone"
    )


class Pot(Model):
    """The money of one approving document, for all votes and agendas that cite it."""

    id: UUID
    approved_by_id: UUID = Field(description="批准机构 / body that approved")
    document: str = Field(description="批准文号 / number of the document")
    approved_on: date
    total_fen: Fen = Field(description="批准的总额，分 / approved in all")
    held_fen: Fen = Field(
        description="已由公布的票决和有效的清单占用，分 / held by votes and agendas"
    )
    asked: CorrectionAsked | None = Field(
        description="待另一人确认的更正 / a correction that waits for somebody else"
    )
    corrections: list[Correction] = Field(description="总额的更正，先者在前 / oldest first")
    version: int
