"""Imports over HTTP: templates, uploads, progress, errors."""

import asyncio
import tempfile
from collections.abc import AsyncIterable
from contextlib import ExitStack
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent

from common import audit
from common.auth.actor import Actor, OutOfArea
from common.auth.edge import identify, needs
from common.auth.permissions import Permission
from common.clock import city_day, utc_now
from common.contracts.base import Page
from common.contracts.registry import imports as contracts
from common.edge import Cipher, Now, Session
from common.errors import Forbidden, Gone, NotFound, Text, problems
from common.paging import After, BadPageToken, Limit, key_of, page, token
from common.problem_details import language_of
from common.route import TransactionRoute
from common.tabular import faults, parsing
from common.tabular.writing import write_template
from registry.api.files import FILES, file_answer
from registry.api.import_shapes import import_shown, row_error_shown
from registry.domain.forms import FORMS
from registry.importing import parts
from registry.importing.running import MODULE
from registry.importing.starting import (
    BODY_BYTES,
    ImportFinished,
    cancel_import,
    start_import,
)
from registry.importing.words import words_for
from registry.queries import imports as queries

router = APIRouter(prefix="/v1", tags=["imports"], route_class=TransactionRoute)

Importer = Annotated[Actor, needs(Permission.IMPORT_RUN)]
Reader = Annotated[Actor, needs(Permission.IMPORT_READ)]
_FAULTS = (
    faults.EmptyFile,
    faults.OldExcel,
    faults.EncryptedFile,
    faults.NotTable,
    faults.BrokenWorkbook,
    faults.MacroWorkbook,
    faults.ZipBomb,
    faults.UnsafePath,
    faults.TooManySheets,
    faults.UnknownEncoding,
)
_TICK_S = 0.5


class ReportGone(Gone):
    """The file was kept for some days and is no longer there."""

    slug = "import-file-gone"
    title = Text("导入文件已清除", "The imported file is gone")
    detail = Text("导入文件已过保留期，无法生成报告。", "The file is no longer kept.")


class ReportOfPeople(Forbidden):
    """The rows tell who people are: they go back to whoever brought them, and to nobody else."""

    slug = "report-of-people"
    title = Text("含个人信息，仅限上传人", "For who uploaded it alone")
    detail = Text(
        "错误报告含上传文件中的个人信息，只有上传人可以下载。",
        "The report holds rows that tell who people are; only who uploaded the file gets it.",
    )


@router.get(
    "/imports/templates/{kind}.{format_}", response_class=FILES, responses=problems(NotFound)
)
async def read_template(
    session: Session,
    _: Annotated[Actor, needs(Permission.DICTIONARY_READ)],
    kind: contracts.TableKind,
    format_: contracts.FileFormat,
    now: Now,
) -> FILES:
    """An empty table with headings, explanation and drop-downs, to be filled in."""
    form = FORMS[kind]
    words = await words_for(session, form, on=city_day(now))
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the answer closes it
    await asyncio.to_thread(write_template, file, form, words, format_)
    return file_answer(file, format_, f"{form.title.zh}-模板")


@router.post(
    "/imports",
    status_code=202,
    max_body_size=BODY_BYTES,
    responses=problems(OutOfArea, faults.FileTooLarge, *_FAULTS),
)
async def add_import(
    session: Session,
    actor: Importer,
    cipher: Cipher,
    now: Now,
    request: Request,
    file: Annotated[UploadFile, File(description=".xlsx 或 .csv，表头见模板 / see the template")],
    kind: Annotated[contracts.TableKind, Form()],
    mode: Annotated[contracts.ImportMode, Form()] = contracts.ImportMode.GOOD_ROWS,
    dry_run: Annotated[bool, Form(description="试运行，不写入 / writes nothing")] = False,
    ignore_unknown_columns: Annotated[bool, Form(description="忽略未知的列")] = False,
) -> contracts.Import:
    """Take a file to be imported in the background; ask `/v1/imports/{id}` how it goes."""
    job = await start_import(
        session,
        file.file,
        name=file.filename or "",
        kind=kind,
        mode=mode,
        dry_run=dry_run,
        loose=ignore_unknown_columns,
        cipher=cipher,
        by=actor,
        now=now,
    )
    return import_shown(job, language_of(request), now)


@router.get("/imports", responses=problems(BadPageToken))
async def list_imports(
    session: Session,
    actor: Reader,
    request: Request,
    now: Now,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.Import]:
    """One's own imports and those of one's area, the newest first."""
    key = key_of(after, UUID)
    rows = await queries.page(session, by=actor, after=key[0] if key else None, limit=limit)
    shown = [import_shown(row, language_of(request), now) for row in rows]
    return Page[contracts.Import](**page(shown, limit, lambda each: (each.id,)))


@router.get("/imports/{import_id}", responses=problems(NotFound))
async def read_import(
    session: Session, actor: Reader, request: Request, import_id: UUID, now: Now
) -> contracts.Import:
    """How an import goes, or went."""
    job = await queries.job(session, import_id, by=actor)
    return import_shown(job, language_of(request), now)


async def _exists(session: Session, request: Request, import_id: UUID) -> None:
    """404 before the stream begins."""
    await queries.job(session, import_id, by=await identify(request))


@router.get(
    "/imports/{import_id}/events",
    response_class=EventSourceResponse,
    responses=problems(NotFound),
)
async def follow_import(
    actor: Reader, request: Request, import_id: UUID, _: Annotated[None, Depends(_exists)]
) -> AsyncIterable[ServerSentEvent]:
    """The import's state whenever it changes, as server-sent events, until it ends."""
    said = None
    while True:
        async with request.state.sessions() as session:
            job = await queries.job(session, import_id, by=actor)
        shown = import_shown(job, language_of(request), utc_now())
        told = shown.model_dump_json()
        if told != said:
            yield ServerSentEvent(raw_data=told, event="import")
        said = told
        if job.finished_at is not None:
            return
        await asyncio.sleep(_TICK_S)


@router.post("/imports/{import_id}/cancel", responses=problems(NotFound, ImportFinished))
async def stop_import(
    session: Session, actor: Importer, request: Request, import_id: UUID, now: Now
) -> contracts.Import:
    """Call an import off; chunks that were committed stay."""
    job = await cancel_import(session, import_id, by=actor, now=now)
    return import_shown(job, language_of(request), now)


@router.get("/imports/{import_id}/errors", responses=problems(NotFound, BadPageToken))
async def list_import_errors(
    session: Session,
    actor: Reader,
    request: Request,
    import_id: UUID,
    after: After = None,
    limit: Limit = 50,
) -> Page[contracts.RowError]:
    """What is wrong, cell by cell, in the order of the file."""
    job = await queries.job(session, import_id, by=actor)
    key = key_of(after, int, int)
    at = (key[0], key[1]) if key else None
    rows = await queries.errors(session, job.id, after=at, limit=limit)
    shown = [row_error_shown(row, language_of(request)) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page[contracts.RowError](items=shown, next=token(last.row, last.place) if last else None)


@router.get(
    "/imports/{import_id}/errors.{format_}",
    response_class=FILES,
    responses=problems(NotFound, ReportGone, ReportOfPeople),
)
async def read_import_report(
    session: Session,
    actor: Reader,
    cipher: Cipher,
    import_id: UUID,
    format_: contracts.FileFormat,
) -> FILES:
    """The rows that failed, as they came, with what is wrong: correct them and upload the file."""
    job = await queries.job(session, import_id, by=actor)
    if FORMS[job.kind].is_private:
        if job.owner != queries.owner_of(actor):
            raise ReportOfPeople
        target_ = ("import", job.id)
        audit.note_read(session, actor, action="import.read_report", target=target_, area=job.area)
    with ExitStack() as unsent, tempfile.TemporaryFile() as source:
        async for part in parts.content(session, job.id, FORMS[job.kind], cipher):
            await asyncio.to_thread(source.write, part)
        if source.tell() == 0:
            raise ReportGone
        await asyncio.to_thread(source.flush)
        told = await queries.sentences(session, job.id)
        target = unsent.enter_context(tempfile.TemporaryFile())
        order = {"kind": job.kind, "format": format_, "errors": told}
        await parsing.report(MODULE, source, target, order)
        unsent.pop_all()  # the answer closes it
    return file_answer(target, format_, f"{FORMS[job.kind].title.zh}-错误报告")
