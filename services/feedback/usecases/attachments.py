"""Attaching files to cases: told by their bytes, sealed, kept in the database or a directory."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts import feedback_attachments as contracts
from common.crypto.digest import sm3
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import Conflict, NotFound, Text
from common.ids import uuid7
from feedback import tables
from feedback.domain import attachments as rules
from feedback.queries import attachments as queries
from feedback.queries import cases as case_queries
from feedback.queries.ground import ground
from feedback.usecases import case_steps
from feedback.usecases.case_steps import Step

_WHAT = Text("附件", "attachment")


class CaseEnded(Conflict):
    """Nothing is added to a case that has ended."""

    slug = "case-ended"
    title = Text("工单已办结", "The case has ended")
    detail = Text("工单已为 {status}，不能再补充。", "The case is {status}: nothing is added.")


async def attach(
    session: AsyncSession,
    case_id: UUID,
    name: str,
    content: bytes,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
    directory: Path | None,
) -> contracts.Attachment:
    """Add a file to a case that has not ended."""
    case = await case_queries.found(session, case_queries.visible(by), case_id, lock=True)
    if case.closed_at is not None:
        raise CaseEnded(status=case.status)
    in_force = (await ground(session)).at(case.area_code, now)
    media_type = rules.check(content, await queries.count(session, case_id), in_force)
    file_id = uuid7()
    sealed = await to_thread.run_sync(
        lambda: keys.seal(content, context=place("attachment", "content", file_id))
    )
    row = tables.Attachment(
        case_id=case_id,
        id=file_id,
        name=keys.fields.seal(name, context=place("attachment", "name", file_id)),
        media_type=media_type,
        size=len(content),
        sm3=sm3(content).hex(),
        content=None if directory else sealed,
        path=f"{file_id}.sealed" if directory else None,
        uploaded_at=now,
        uploaded_by=case_steps.staff_name(by),
    )
    if directory is not None:
        await to_thread.run_sync(_write, directory / f"{file_id}.sealed", sealed)
    session.add(row)
    facts = {"attachment": str(file_id), "media_type": media_type, "sm3": row.sm3}
    case_steps.write(session, case, Step("attach", by, now, keys, facts=facts))
    return _shown(row, name)


async def listed(
    session: AsyncSession, case_id: UUID, *, keys: Keys, by: Actor
) -> Sequence[contracts.Attachment]:
    """The files of a case, without their content."""
    await case_queries.found(session, case_queries.visible(by), case_id)
    return [_shown(row, _name(row, keys)) for row in await queries.of_case(session, case_id)]


async def content(
    session: AsyncSession,
    case_id: UUID,
    file_id: UUID,
    *,
    keys: Keys,
    by: Actor,
    directory: Path | None,
) -> tuple[str, bytes]:
    """A file's media type and bytes; that it was read is written down."""
    case = await case_queries.found(session, case_queries.visible(by), case_id)
    row = await queries.one(session, case_id, file_id)
    if row is None:
        raise NotFound(what=_WHAT, key=file_id)
    sealed = row.content
    if sealed is None:
        if directory is None or row.path is None or not (directory / row.path).is_file():
            raise NotFound(what=_WHAT, key=file_id)
        sealed = await to_thread.run_sync((directory / row.path).read_bytes)
    audit.note_read(
        session, by, action="attachment.read", target=("case", case_id), area=case.area_code
    )
    context = place("attachment", "content", file_id)
    return row.media_type, await to_thread.run_sync(lambda: keys.unseal(sealed, context=context))


def _write(path: Path, sealed: bytes) -> None:
    """Written whole and synced before the row that tells of it can be committed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())


def _name(row: tables.Attachment, keys: Keys) -> str:
    return keys.fields.open(row.name, context=place("attachment", "name", row.id))


def _shown(row: tables.Attachment, name: str) -> contracts.Attachment:
    return contracts.Attachment(
        id=row.id,
        case_id=row.case_id,
        name=name,
        media_type=row.media_type,
        size=row.size,
        sm3=row.sm3,
        uploaded_at=row.uploaded_at,
    )
