"""Holding money of a pot: before a vote or an agenda that cites it is published.

A trigger keeps what is held and a constraint the total; here the refusal gets its words.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from feedback import tables
from feedback.domain import pots as rules
from feedback.queries import pots as queries


async def hold(session: AsyncSession, cited: tables.Vote | tables.Agenda) -> None:
    """Make sure that the pot bears what is about to be published under it, and lock it."""
    row = await queries.locked(session, cited)
    pot = rules.Pot(row.document, row.total_fen, row.held_fen)
    row.total_fen = rules.total_for(pot, cited.pot_fen, cited.pot_total_fen)
    await session.flush()
