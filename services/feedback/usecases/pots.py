"""Pots: money held before what cites it is published, and the total of a document corrected.

Who cites a document first says what it approves; that is corrected by two people.
A trigger keeps what is held and a constraint the total; here the refusal gets its words.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, mirrors
from common.auth.actor import Actor
from common.contracts import feedback_pots as contracts
from common.contracts.feeds import Kind
from common.edge import must_match
from common.errors import FieldError
from common.records import name_of
from feedback import tables
from feedback.domain import pots as rules
from feedback.queries import pots as queries

KIND: Final = "pot"


async def unknown_body(session: AsyncSession, body_id: UUID) -> FieldError | None:
    """What is wrong with who approved the money, else None: the registry knows or knew the body.

    One document under two bodies would be two pots, and who mistypes one would spend it twice.
    """
    if await mirrors.one(session, Kind.ORGANISATION, body_id) is not None:
        return None
    return FieldError("/pot_approved_by_id", str(body_id), rules.UNKNOWN_BODY)


async def hold(session: AsyncSession, cited: tables.Vote | tables.Agenda) -> None:
    """Make sure that the pot bears what is about to be published under it, and lock it.

    What is cited takes the spelling that its document has here.
    """
    known = await queries.documents(session, cited.pot_approved_by_id)
    cited.pot_document = rules.known_as(cited.pot_document, known)
    row = await queries.locked(session, cited)
    rules.check_room(_pot(row), cited.pot_fen, cited.pot_total_fen)


async def correct(
    session: AsyncSession,
    pot_id: UUID,
    said: contracts.CorrectionIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Pot:
    """Ask that the total of a document be set right, or confirm what somebody else has asked.

    Not below what is held, and with a public reason: that of who asked. Either person has all areas
    whose votes and agendas live from it.
    """
    row, area = await _held(session, pot_id, version, by)
    rules.check_correction(_pot(row), said.total_fen)
    wish = await queries.wished(session, row.id)
    if wish is None:
        row.version += 1
        session.add(_wish(row, said, by, now))
        await session.flush()
        after = {"document": row.document, "total_fen": said.total_fen}
        _note(session, "ask_correction", row, after, area=area, by=by, reason=said.reason)
        return row
    asked = rules.Wish(wish.total_fen, wish.reason, wish.asked_by)
    rules.check_confirmation(_pot(row), asked, said.total_fen, name_of(by))
    await _correct(session, row, asked, area=area, by=by, now=now)
    return row


async def keep(session: AsyncSession, pot_id: UUID, *, version: int, by: Actor) -> tables.Pot:
    """Take a correction back that waits: whoever may confirm it, or who has asked for it."""
    row, area = await _held(session, pot_id, version, by)
    wish = await queries.wished(session, row.id)
    if wish is None:
        raise rules.NoCorrectionAsked
    row.version += 1
    await queries.forget_wish(session, row.id)
    after = {"document": row.document, "total_fen": row.total_fen}
    _note(session, "keep_total", row, after, area=area, by=by, reason=None)
    return row


async def _held(
    session: AsyncSession, pot_id: UUID, version: int, by: Actor
) -> tuple[tables.Pot, str | None]:
    """A pot at the named version, locked, all of whose areas the caller has; the first of them."""
    row = await queries.found(session, pot_id, lock=True)
    areas = await queries.areas_of(session, row)
    for area in areas:
        by.must_cover(area)
    must_match(row.version, version)
    return row, min(areas, default=None)


async def _correct(
    session: AsyncSession,
    row: tables.Pot,
    wish: rules.Wish,
    *,
    area: str | None,
    by: Actor,
    now: datetime,
) -> None:
    """Write the correction, then the total: the database takes no total that nothing tells of."""
    was_fen, row.version = row.total_fen, row.version + 1
    await queries.forget_wish(session, row.id)
    session.add(
        tables.PotCorrection(
            pot_id=row.id,
            version=row.version,
            was_fen=was_fen,
            total_fen=wish.total_fen,
            reason=wish.reason,
            asked_by=wish.asked_by,
            corrected_by=name_of(by),
            corrected_at=now,
        )
    )
    await session.flush()
    row.total_fen = wish.total_fen
    await session.flush()
    after = {"document": row.document, "total_fen": row.total_fen, "held_fen": row.held_fen}
    before = {"total_fen": was_fen}
    _note(session, "correct", row, after, before=before, area=area, by=by, reason=wish.reason)


def _wish(
    row: tables.Pot, said: contracts.CorrectionIn, by: Actor, now: datetime
) -> tables.PotWish:
    return tables.PotWish(
        pot_id=row.id,
        total_fen=said.total_fen,
        reason=said.reason,
        asked_by=name_of(by),
        asked_at=now,
    )


def _note(
    session: AsyncSession,
    what: str,
    row: tables.Pot,
    after: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
    area: str | None,
    by: Actor,
    reason: str | None,
) -> None:
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=area,
        before=before,
        after=after,
        reason=reason,
    )


def _pot(row: tables.Pot) -> rules.Pot:
    return rules.Pot(row.id, row.document, row.total_fen, row.held_fen)
