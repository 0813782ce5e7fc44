"""The writer's side: note in the open transaction what changed; `common.db` writes the notes."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


def mark(session: AsyncSession, kind: str, record_id: UUID) -> None:
    """Note that a record changed; it is rendered and numbered after the commit."""
    mark_many(session, kind, (record_id,))


def mark_many(session: AsyncSession, kind: str, record_ids: Iterable[UUID]) -> None:
    """Note that many records changed. A rollback forgets the notes with the changes."""
    session.info.setdefault("marks", []).extend((str(kind), each) for each in record_ids)
