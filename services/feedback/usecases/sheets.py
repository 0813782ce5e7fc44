"""A paper ballot entered by mistake: voided by two people, with a reason, before the count.

A sheet number that no ballot bears would make the figures disagree for ever. What was entered stays
on record, and the count tells how many sheets were voided.
"""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts import feedback_votes as contracts
from common.contracts.feedback_votes import SheetStatus, VoteStatus
from common.errors import Conflict, NotFound, Text
from feedback import tables
from feedback.domain import votes as rules
from feedback.queries import ballots as queries
from feedback.queries import votes as vote_queries

KIND: Final = "vote"
WHAT: Final = Text("纸质选票", "paper ballot")


class SheetVoid(Conflict):
    """What is void stays so, and nobody confirms what oneself has asked."""

    slug = "sheet-void"
    title = Text("此张已作废或待另一人确认", "The sheet is void, or waits for somebody else")
    detail = Text(
        "第 {sheet} 张已作废，或由您提出作废，须由另一人确认。",
        "Sheet {sheet} is void, or you have asked for it: somebody else has to confirm.",
    )


async def void(
    session: AsyncSession, vote_id: UUID, number: int, said: contracts.VoidingIn, *, by: Actor
) -> contracts.Voiding:
    """Ask that a sheet be voided, or confirm what somebody else has asked."""
    vote = await vote_queries.steady(session, vote_id)
    by.must_cover(vote.area_code)
    rules.check_step(VoteStatus(vote.status), Text("作废选票", "voiding"), VoteStatus.PUBLISHED)
    sheet = await queries.sheet(session, vote_id, number)
    if sheet is None:
        raise NotFound(what=WHAT, key=number)
    if sheet.status == SheetStatus.VOID or sheet.void_asked_by == by.subject:
        raise SheetVoid(sheet=number)
    if sheet.void_asked_by is None:
        sheet.void_asked_by, sheet.void_reason = by.subject, said.reason
    else:
        sheet.status, sheet.voided_by = SheetStatus.VOID, by.subject
    _note(session, vote, sheet, by, said.reason)
    return contracts.Voiding(
        sheet=number,
        status=SheetStatus(sheet.status),
        is_asked=sheet.status != SheetStatus.VOID,
        reason=sheet.void_reason or said.reason,
    )


def _note(
    session: AsyncSession, vote: tables.Vote, sheet: tables.PaperSheet, by: Actor, reason: str
) -> None:
    audit.note(
        session,
        by,
        action="vote.void_sheet",
        target=(KIND, vote.id),
        area=vote.area_code,
        after={"sheet": sheet.sheet, "status": sheet.status},
        reason=reason,
    )
