"""A paper ballot entered by mistake: voided by two people, with a reason, before the count.

A sheet number that no ballot bears would make the figures disagree for ever. What was entered stays
on record, and the count tells how many sheets were voided. Two people restore what was voided by
mistake: it stands again as it was read. What one person alone has asked, anybody takes back.
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
        "第 {sheet} 张已作废，或由您提出作废，须由另一人确认。误作废的，由两人恢复"
        "（POST /v1/votes/{vote}/sheets/{sheet}/restoration）。",
        "Sheet {sheet} is void, or you have asked for it: somebody else has to confirm. What was"
        " voided by mistake two people restore (POST /v1/votes/{vote}/sheets/{sheet}/restoration).",
    )


class SheetStands(Conflict):
    """There is nothing to restore, or nobody restores it alone."""

    slug = "sheet-stands"
    title = Text("此张无须恢复或待另一人确认", "Nothing to restore, or it waits for somebody else")
    detail = Text(
        "第 {sheet} 张未作废，也未提出作废；或由您提出恢复，须由另一人确认。",
        "Sheet {sheet} is not void and nobody has asked for it; or you have asked to restore it:"
        " somebody else has to confirm.",
    )


async def void(
    session: AsyncSession, vote_id: UUID, number: int, said: contracts.VoidingIn, *, by: Actor
) -> contracts.Voiding:
    """Ask that a sheet be voided, confirm it, or take back that somebody wants it restored."""
    vote, sheet = await _sheet(session, vote_id, number, by, Text("作废选票", "voiding"))
    is_void = sheet.status == SheetStatus.VOID
    if sheet.restore_asked_by is None if is_void else sheet.void_asked_by == by.subject:
        raise SheetVoid(sheet=number, vote=vote_id)
    if is_void:
        sheet.restore_asked_by = sheet.restore_reason = None
    elif sheet.void_asked_by is None:
        sheet.void_asked_by, sheet.void_reason = by.subject, said.reason
    else:
        sheet.status, sheet.voided_by = SheetStatus.VOID, by.subject
        sheet.restore_asked_by = sheet.restore_reason = sheet.restored_by = None
    return _told(session, vote, sheet, by, "void_sheet", said.reason)


async def restore(
    session: AsyncSession, vote_id: UUID, number: int, said: contracts.RestorationIn, *, by: Actor
) -> contracts.Voiding:
    """Ask that a void sheet be restored, confirm it, or take back that somebody wants it voided."""
    vote, sheet = await _sheet(session, vote_id, number, by, Text("恢复选票", "restoring"))
    is_void = sheet.status == SheetStatus.VOID
    if sheet.restore_asked_by == by.subject if is_void else sheet.void_asked_by is None:
        raise SheetStands(sheet=number)
    if is_void and sheet.restore_asked_by is None:
        sheet.restore_asked_by, sheet.restore_reason = by.subject, said.reason
    else:
        if is_void:
            sheet.status = rules.as_read(sheet.first, sheet.second, sheet.settled)
            sheet.restored_by = by.subject
        sheet.void_asked_by = sheet.void_reason = sheet.voided_by = None
    return _told(session, vote, sheet, by, "restore_sheet", said.reason)


async def _sheet(
    session: AsyncSession, vote_id: UUID, number: int, by: Actor, step: Text
) -> tuple[tables.Vote, tables.PaperSheet]:
    """A sheet of a vote that nobody counts meanwhile, locked."""
    vote = await vote_queries.steady(session, vote_id)
    by.must_cover(vote.area_code)
    rules.check_step(VoteStatus(vote.status), step, VoteStatus.PUBLISHED)
    sheet = await queries.sheet(session, vote_id, number)
    if sheet is None:
        raise NotFound(what=WHAT, key=number)
    return vote, sheet


def _told(
    session: AsyncSession,
    vote: tables.Vote,
    sheet: tables.PaperSheet,
    by: Actor,
    what: str,
    reason: str,
) -> contracts.Voiding:
    """How far it is, to the caller and to the log."""
    is_void = sheet.status == SheetStatus.VOID
    asked_by = sheet.restore_asked_by if is_void else sheet.void_asked_by
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, vote.id),
        area=vote.area_code,
        after={"sheet": sheet.sheet, "status": sheet.status, "is_asked": asked_by is not None},
        reason=reason,
    )
    return contracts.Voiding(
        sheet=sheet.sheet,
        status=SheetStatus(sheet.status),
        is_asked=asked_by is not None,
        reason=(sheet.restore_reason if asked_by and is_void else sheet.void_reason) or reason,
    )
