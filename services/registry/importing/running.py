"""One import from its first row to its last: portions come from the other process, chunks commit.

With good rows kept, each portion is a transaction: its effect and the job's position commit
together, so a killed process or database resumes where it was, losing and doubling nothing. With
all or nothing, and in a dry run, the whole file is one transaction and progress is told beside it.
"""

import asyncio
import contextlib
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, BinaryIO, Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day, utc_now
from common.contracts.registry.imports import ImportMode, ImportState
from common.crypto.fields import FieldCipher
from common.db import Database, flush_journal
from common.errors import Problem
from common.problem_details import sqlstate_of
from common.tabular.forms import Words
from common.tabular.parsing import ChildLost, portions
from common.turns import take_turn
from registry import tables
from registry.domain.forms import FORMS
from registry.importing import parts
from registry.importing.actors import restored
from registry.importing.beating import beating
from registry.importing.chunk import Chunk, Row
from registry.importing.load import TARGETS, load_chunk
from registry.importing.outcomes import (
    Broken,
    Cancelled,
    LeaseLost,
    NothingImported,
    kept_problem,
    told_again,
    will_pass,
)
from registry.importing.references import Lookup
from registry.importing.searched import Categories
from registry.importing.words import words_for
from registry.queries import imports as queries
from registry.queries.categories import categories
from registry.queries.editions import hold_still

log = structlog.get_logger(__name__)

MODULE: Final = "registry.importing.files"
PORTION: Final = 1000
KEEP: Final = timedelta(days=14)  # files and errors: the report can be fetched after a holiday
_PASSING: Final = ("40001", "40P01", "55P03")  # serialization, deadlock, a lock not had in time
# Waits between portions outside PostgreSQL would hide a deadlock from it; the index of words merges
# in one pass.
_MANNERS: Final = text(
    "SELECT set_config('lock_timeout', '5s', true), set_config('work_mem', '64MB', true)"
)
OVERLAP, _ATTEMPTS, _TRIES = 3, 3, 5
_COUNTS: Final = ("rows_read", "rows_inserted", "rows_updated", "rows_unchanged", "rows_failed")
_ASKED: Final = ("id", "kind", "mode", "dry_run", "loose", "request_id")
_ERROR_NAMES: Final = (
    *("row", "place", "heading", "value", "slug"),
    *("message_zh", "message_en", "remedy_zh", "remedy_en"),
)


@dataclass(slots=True)
class Run:
    """An import under way in this process."""

    database: Database
    constraints: Mapping[str, type[Problem]]
    lease: UUID
    id: UUID
    kind: str
    mode: str
    dry_run: bool
    loose: bool
    after: int
    source: str
    request_id: str
    by: Actor
    cipher: FieldCipher
    lookup: Lookup = field(default_factory=Lookup)
    edition_id: UUID | None = None
    words: Words = field(default_factory=dict)
    categories: Categories = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        job: tables.ImportJob,
        *,
        database: Database,
        constraints: Mapping[str, type[Problem]],
        cipher: FieldCipher,
        lease: UUID,
    ) -> "Run":
        """The run of a job that this process has claimed."""
        whole = job.mode == ImportMode.ALL_OR_NOTHING or job.dry_run
        return cls(
            database=database,
            constraints=constraints,
            cipher=cipher,
            lease=lease,
            after=0 if whole else job.position,
            source=f"导入 {job.file_name}",
            by=restored(job.actor),
            **{name: getattr(job, name) for name in _ASKED},
        )

    @property
    def whole(self) -> bool:
        """Whether the file is one transaction."""
        return self.mode == ImportMode.ALL_OR_NOTHING or self.dry_run

    async def go(self) -> None:
        """Carry the import to its end, whatever it is; return early when the lease is lost."""
        try:
            async with beating(self.database, self.id, self.lease):
                await self._through()
        except LeaseLost:
            log.warning("import taken over", job=str(self.id))
        except Cancelled:
            await self._end(ImportState.CANCELLED)
        except ChildLost as fault:
            await self._again(fault)
        except Problem as fault:
            await self._end(ImportState.FAILED, problem=fault)
        except Exception as fault:
            if will_pass(fault):
                raise  # the database is away; the job waits for it
            log.exception("import broke", job=str(self.id))
            await self._again(Broken(fault=type(fault).__name__))

    async def _through(self) -> None:
        with tempfile.TemporaryFile() as file:
            await self._prepare(file)
            told = portions(MODULE, file, self._order())
            async with contextlib.aclosing(told) as stream:
                if self.whole:
                    await self._as_one(stream)
                else:
                    await self._in_turn(stream)
                    await self._end(ImportState.DONE)

    async def _prepare(self, file: BinaryIO) -> None:
        """Copy the file out of the database; the copy has no name, so a crash leaves nothing."""
        async with self.database.sessions.begin() as session:
            async for content in parts.content(session, self.id, FORMS[self.kind], self.cipher):
                await asyncio.to_thread(file.write, content)
            self.words = await words_for(session, FORMS[self.kind], on=city_day(utc_now()))
            known = await categories(session)
            self.categories = {code: (each.path, each.names) for code, each in known.items()}
            if self.after == 0:
                await self._restart(session)
        file.flush()

    async def _restart(self, session: AsyncSession) -> None:
        """From the first row: what an interrupted run told is told again."""
        job = await self._held(session)
        await queries.forget_errors(session, self.id)
        for name in ("position", "errors_kept", *_COUNTS):
            setattr(job, name, 0)

    def _order(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "words": self.words,
            "context": {"categories": self.categories},
            "loose": self.loose,
            "after": self.after,
            "portion": PORTION,
        }

    async def _held(self, session: AsyncSession) -> tables.ImportJob:
        """The job, locked; raises when it is no longer ours or has been called off."""
        job = await queries.held(session, self.id, self.lease)
        if job is None:
            raise LeaseLost
        if job.cancel:
            raise Cancelled
        return job

    async def _in_turn(self, stream: AsyncIterator[dict[str, Any]]) -> None:
        """Portion by portion. One is loaded while the one before it commits, never the reverse.

        Kinds whose rows name each other do not overlap: what a row names must be there.
        """
        target = TARGETS.get(self.kind)
        alone = target is None or self.kind in target.references.values()
        under_way: deque[asyncio.Task[None]] = deque()
        fault = None
        try:
            async for message in stream:
                if fault := message.get("fault"):
                    break
                self.places = message.get("places", self.places)
                while len(under_way) >= (1 if alone else OVERLAP):
                    await under_way.popleft()
                before = under_way[-1] if under_way else None
                under_way.append(asyncio.create_task(self._commit(message, before)))
            while under_way:
                await under_way.popleft()
            if fault:
                raise told_again(fault)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _commit(self, message: dict[str, Any], before: asyncio.Task[None] | None) -> None:
        """One portion, one transaction, after the one before. A deadlock is tried again."""
        for attempt in range(_TRIES):
            try:
                async with self.database.sessions.begin() as session:
                    await session.execute(_MANNERS)
                    chunk = await self._load(session, message)
                    if before is not None:
                        await asyncio.wait({before})
                        before.result()
                    job = await self._held(session)
                    await self._tell(session, job, message, chunk)
                    job.position = max(job.position, message.get("last", 0))
            except DBAPIError as fault:
                if sqlstate_of(fault) not in _PASSING or attempt == _TRIES - 1:
                    raise
                self.lookup.forget()  # it remembers records that were made, and are gone again
                await asyncio.sleep(0.05 * 2**attempt)
            else:
                return

    async def _as_one(self, stream: AsyncIterator[dict[str, Any]]) -> None:
        """The whole file in one transaction; progress and errors are told in others."""
        failed = 0
        async with self.database.sessions() as session, session.begin() as transaction:
            await take_turn(session, "import", self.kind)
            async for message in stream:
                if fault := message.get("fault"):
                    raise told_again(fault)
                self.places = message.get("places", self.places)
                chunk = await self._load(session, message)
                failed += message.get("failed", 0) + len(chunk.failed)
                if self.dry_run:
                    session.info.clear()
                else:
                    await flush_journal(session)
                async with self.database.sessions.begin() as beside:
                    job = await self._held(beside)
                    await self._tell(beside, job, message, chunk)
            if self.dry_run or failed:
                session.info.clear()
                await transaction.rollback()
            else:
                await self._finish(session, ImportState.DONE)
        if self.dry_run:
            await self._end(ImportState.DONE)
        elif failed:
            raise NothingImported(failed=failed)

    async def _load(self, session: AsyncSession, message: dict[str, Any]) -> Chunk:
        session.info["request_id"] = self.request_id
        chunk = Chunk(
            session=session,
            form=FORMS[self.kind],
            by=self.by,
            now=utc_now(),
            lookup=self.lookup,
            cipher=self.cipher,
            source=self.source,
            rows=[Row(number, values) for number, values in message.get("rows", ())],
            places=self.places,
        )
        if chunk.rows:
            await self._keep_up(session)
            await load_chunk(self.kind, chunk, self.categories, self.constraints)
        return chunk

    async def _keep_up(self, session: AsyncSession) -> None:
        """Let no edition of the division list come between; one that came makes names stale."""
        edition_id = await hold_still(session)
        if edition_id != self.edition_id:
            self.lookup.forget()
            self.edition_id = edition_id

    async def _tell(
        self, session: AsyncSession, job: tables.ImportJob, message: dict[str, Any], chunk: Chunk
    ) -> None:
        """Write down how far the import is and what was wrong."""
        if "sheet" in message:
            job.sheet, job.unread_sheets = message["sheet"] or None, message["unread"]
            return
        job.rows_read += message["read"]
        job.rows_inserted += chunk.inserted
        job.rows_updated += chunk.updated
        job.rows_unchanged += chunk.unchanged
        job.rows_failed += message["failed"] + len(chunk.failed)
        job.share = message["share"]
        found = [dict(zip(_ERROR_NAMES, each, strict=True)) for each in message["errors"]]
        await queries.keep_errors(session, job, [*found, *chunk.errors])

    async def _end(self, state: ImportState, *, problem: Problem | None = None) -> None:
        async with self.database.sessions.begin() as session:
            await self._finish(session, state, problem=problem)

    async def _finish(
        self, session: AsyncSession, state: ImportState, *, problem: Problem | None = None
    ) -> None:
        """Write down the end, in the transaction of the effect where there is one."""
        job = await queries.held(session, self.id, self.lease)
        if job is None:
            raise LeaseLost
        now = utc_now()
        job.state, job.finished_at = state, now
        job.lease = job.lease_until = None
        job.purge_at = now + KEEP
        if state is ImportState.DONE:
            job.share = 1.0
        if problem is not None:
            job.problem = kept_problem(problem)
        session.info["request_id"] = self.request_id
        after = {name: getattr(job, name) for name in ("kind", "state", "dry_run", *_COUNTS)}
        audit.note(
            session,
            self.by,
            action="import.finish",
            target=("import", self.id),
            area=job.area,
            after=after,
        )

    async def _again(self, fault: Problem) -> None:
        """What should not happen did: once more, but not for ever."""
        async with self.database.sessions.begin() as session:
            job = await queries.held(session, self.id, self.lease)
            if job is not None and job.attempts < _ATTEMPTS:
                job.attempts += 1
                return
        await self._end(ImportState.FAILED, problem=fault)
