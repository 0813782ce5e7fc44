"""Ideas of the front line: written by staff, answered in public."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts.feedback_ideas import IdeaAnswer, IdeaIn
from common.edge import must_match
from common.errors import Conflict, Text
from common.records import made, touch
from feedback import tables
from feedback.queries import voices as queries


class IdeaAnswered(Conflict):
    """An idea is answered once; what is said in public is not taken back."""

    slug = "idea-answered"
    title = Text("建议已答复", "The idea is answered")
    detail = Text("该建议已答复。", "The idea is answered already.")


async def raise_idea(
    session: AsyncSession, wish: IdeaIn, *, by: Actor, now: datetime
) -> tables.Idea:
    """Staff ask for a change of this platform."""
    by.must_cover(wish.area_code)
    row = tables.Idea(**wish.model_dump(), raised_at=now, **made(by, now))
    session.add(row)
    await session.flush()
    _note(session, row, by, "raise")
    return row


async def answer(
    session: AsyncSession,
    idea_id: UUID,
    said: IdeaAnswer,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Idea:
    """Say in public what is done about it, and why."""
    row = await queries.found(session, tables.Idea, idea_id, lock=True)
    must_match(row.version, version)
    if row.outcome is not None:
        raise IdeaAnswered
    row.outcome, row.answer, row.answered_at = said.outcome, said.words, now
    touch(row, by, now)
    _note(session, row, by, "answer")
    return row


def _note(session: AsyncSession, row: tables.Idea, by: Actor, action: str) -> None:
    audit.note(
        session,
        by,
        action=f"idea.{action}",
        target=("idea", row.id),
        area=row.area_code,
        after={"title": row.title, "outcome": row.outcome},
    )
