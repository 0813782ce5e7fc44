"""Pots: the row of a document, made when it is first cited and locked before more is held."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from feedback import tables

P = tables.Pot


async def locked(session: AsyncSession, cited: tables.Vote | tables.Agenda) -> tables.Pot:
    """The pot that a vote or an agenda cites; who comes second waits for the first."""
    key = {"approved_by_id": cited.pot_approved_by_id, "document": cited.pot_document}
    total = cited.pot_total_fen or cited.pot_fen
    made = {**key, "approved_on": cited.pot_approved_on, "total_fen": total, "held_fen": 0}
    await session.execute(insert(P).values(made).on_conflict_do_nothing())
    statement = select(P).filter_by(**key).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()
