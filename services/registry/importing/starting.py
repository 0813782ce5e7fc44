"""An upload becomes an import job: looked at, cut into parts, stored in one transaction."""

import asyncio
from datetime import datetime
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor, OutOfArea
from common.contracts.registry.imports import ImportMode, ImportState, TableKind
from common.crypto.fields import FieldCipher
from common.errors import Conflict, Text
from common.ids import uuid7
from common.tabular.limits import MIB, Limits
from common.tabular.reading import recognise
from registry import tables
from registry.domain.forms import FORMS
from registry.importing import parts
from registry.importing.actors import kept
from registry.importing.load import NEEDED
from registry.queries import imports as queries

LIMITS: Final = Limits()
# The form around the file: field names, boundaries, the other fields.
BODY_BYTES: Final = LIMITS.file_bytes + MIB


class ImportFinished(Conflict):
    """There is nothing left to call off."""

    slug = "import-finished"
    title = Text("导入已结束", "The import has ended")
    detail = Text("导入已结束，不能取消。", "The import has ended and cannot be cancelled.")


async def start_import(
    session: AsyncSession,
    file: BinaryIO,
    *,
    name: str,
    kind: TableKind,
    mode: ImportMode,
    dry_run: bool,
    loose: bool,
    cipher: FieldCipher,
    by: Actor,
    now: datetime,
) -> tables.ImportJob:
    """Keep a file for import. Its obvious faults are refused at once, others end in the job."""
    by.must(NEEDED[kind])
    if by.area is None:
        raise OutOfArea
    form = await asyncio.to_thread(recognise, file, LIMITS)
    size = await asyncio.to_thread(file.seek, 0, 2)

    job = tables.ImportJob(
        id=uuid7(),
        kind=kind,
        file_name=_safe(name),
        format=form,
        file_bytes=size,
        mode=mode,
        dry_run=dry_run,
        loose=loose,
        actor=kept(by),
        owner=queries.owner_of(by),
        area=by.area,
        request_id=session.info.get("request_id", ""),
        state=ImportState.QUEUED,
        unread_sheets=[],
        created_at=now,
    )
    session.add(job)
    await session.flush()
    await parts.keep(session, job.id, file, FORMS[kind], cipher)
    told = {"kind": kind, "file": job.file_name, "bytes": size, "mode": mode, "dry_run": dry_run}
    audit.note(
        session, by, action="import.start", target=("import", job.id), area=by.area, after=told
    )
    return job


async def cancel_import(
    session: AsyncSession, job_id: UUID, *, by: Actor, now: datetime
) -> tables.ImportJob:
    """Call an import off. What it has committed stays; a running one stops at its next chunk."""
    await queries.job(session, job_id, by=by)
    job = await session.get_one(tables.ImportJob, job_id, with_for_update=True)
    await session.refresh(job)
    if job.state not in {ImportState.QUEUED, ImportState.RUNNING}:
        raise ImportFinished
    job.cancel = True
    if job.state == ImportState.QUEUED:
        job.state, job.finished_at, job.purge_at = ImportState.CANCELLED, now, now
    audit.note(session, by, action="import.cancel", target=("import", job.id), area=job.area)
    return job


def _safe(name: str) -> str:
    """A file's name for display: no path, nothing invisible, not endless."""
    leaf = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in leaf if c.isprintable())[:120] or "upload"
