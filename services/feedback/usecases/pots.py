"""Pots: money held before what cites it is published, and the total of a document corrected.

A trigger keeps what is held and a constraint the total; here the refusal gets its words.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts import feedback_pots as contracts
from common.edge import must_match
from common.records import name_of
from feedback import tables
from feedback.domain import pots as rules
from feedback.queries import pots as queries

KIND: Final = "pot"
TOLD_ANEW: Final = "公布 {number} 时另行填报；当时名下没有占用。"


async def hold(
    session: AsyncSession, cited: tables.Vote | tables.Agenda, *, by: Actor, now: datetime
) -> None:
    """Make sure that the pot bears what is about to be published under it, and lock it.

    What is cited takes the spelling that its document has here.
    """
    known = await queries.documents(session, cited.pot_approved_by_id)
    cited.pot_document = rules.known_as(cited.pot_document, known)
    row = await queries.locked(session, cited)
    total_fen = rules.total_for(_pot(row), cited.pot_fen, cited.pot_total_fen)
    if total_fen != row.total_fen:
        reason = TOLD_ANEW.format(number=cited.number)
        await _correct(session, row, total_fen, reason, area=cited.area_code, by=by, now=now)


async def correct(
    session: AsyncSession,
    pot_id: UUID,
    said: contracts.CorrectionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Pot:
    """Set right what a document approves in all, not below what is held, with a public reason.

    Whoever corrects it has all areas whose votes and agendas live from it.
    """
    row = await queries.found(session, pot_id, lock=True)
    areas = await queries.areas_of(session, row)
    for area in areas:
        by.must_cover(area)
    must_match(row.version, version)
    rules.check_correction(_pot(row), said.total_fen)
    at = min(areas, default=None)
    await _correct(session, row, said.total_fen, said.reason, area=at, by=by, now=now)
    return row


async def _correct(
    session: AsyncSession,
    row: tables.Pot,
    total_fen: int,
    reason: str,
    *,
    area: str | None,
    by: Actor,
    now: datetime,
) -> None:
    """Write the correction, then the total: the database takes no total that nothing tells of."""
    was_fen, row.version = row.total_fen, row.version + 1
    session.add(
        tables.PotCorrection(
            pot_id=row.id,
            version=row.version,
            was_fen=was_fen,
            total_fen=total_fen,
            reason=reason,
            corrected_by=name_of(by),
            corrected_at=now,
        )
    )
    await session.flush()
    row.total_fen = total_fen
    await session.flush()
    audit.note(
        session,
        by,
        action=f"{KIND}.correct",
        target=(KIND, row.id),
        area=area,
        before={"total_fen": was_fen},
        after={"document": row.document, "total_fen": total_fen, "held_fen": row.held_fen},
        reason=reason,
    )


def _pot(row: tables.Pot) -> rules.Pot:
    return rules.Pot(row.id, row.document, row.total_fen, row.held_fen)
