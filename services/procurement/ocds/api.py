"""The routes of OCDS 1.1.5: releases, records, and the one extension of our own."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.edge import Session
from common.errors import NotFound, Text, problems
from common.paging import After, BadPageToken, Limit, id_after
from common.route import TransactionRoute
from procurement.ocds import packages, queries, shapes
from procurement.shelf import NOT_MODIFIED, Writer

router = APIRouter(prefix="/ocds", tags=["ocds"], route_class=TransactionRoute)
Reader = Annotated[Actor, needs(Permission.TENDER_READ)]
Ocid = Annotated[str, Path(max_length=100, examples=["ocds-a1b2c3-0192f000"])]
RELEASE: Final = Text("OCDS 发布", "OCDS release")
RECORD: Final = Text("OCDS 记录", "OCDS record")
EXTENSION: Final = files("procurement").joinpath("ocds", "extension")
_TYPES: Final = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@router.get(
    "/releases",
    response_model=shapes.ReleasePackage,
    responses={**NOT_MODIFIED, **problems(BadPageToken)},
)
async def list_releases(
    request: Request, session: Session, _: Reader, after: After = None, limit: Limit = 50
) -> Response:
    """发布包，按写入次序；没有时为空包 / Releases in the order of their writing, as a package."""
    rows = await queries.releases(session, after=id_after(after), limit=limit)
    return await _releases(request, session, _here("releases", after), rows, limit)


@router.get(
    "/releases/{release_id}",
    response_model=shapes.ReleasePackage,
    responses={**NOT_MODIFIED, **problems(NotFound)},
)
async def read_release(request: Request, session: Session, _: Reader, release_id: Ocid) -> Response:
    """一份发布 / One release, as a package."""
    ocid, number = release_id.rpartition("-")[::2]
    is_number = number.isascii() and number.isdigit() and len(number) <= 6
    row = await queries.release(session, ocid, int(number)) if is_number else None
    if row is None:
        raise NotFound(what=RELEASE, key=release_id)
    return await _releases(request, session, f"releases/{release_id}", [row], 1)


@router.get(
    "/records",
    response_model=shapes.RecordPackage,
    responses={**NOT_MODIFIED, **problems(BadPageToken)},
)
async def list_records(
    request: Request, session: Session, _: Reader, after: After = None, limit: Limit = 50
) -> Response:
    """记录包：每个采购过程一条；没有时为空包 / One record a process, as a package."""
    rows = await queries.records(session, after=id_after(after), limit=limit)
    return await _records(request, session, _here("records", after), rows, limit)


@router.get(
    "/records/{ocid}",
    response_model=shapes.RecordPackage,
    responses={**NOT_MODIFIED, **problems(NotFound)},
)
async def read_record(request: Request, session: Session, _: Reader, ocid: Ocid) -> Response:
    """一个采购过程的记录 / The record of a process, as a package."""
    row = await queries.record(session, ocid)
    if row is None:
        raise NotFound(what=RECORD, key=ocid)
    return await _records(request, session, f"records/{ocid}", [row], 1)


@router.get("/extension/{name}", response_model=None, responses=problems(NotFound))
async def read_extension(_: Reader, name: Annotated[str, Path(max_length=60)]) -> Response:
    """本平台的扩展：说明与架构补丁 / Our extension: its metadata and its patch."""
    return _file(name, {"extension.json", "release-schema.json"}, EXTENSION)


@router.get("/extension/codelists/{name}", response_model=None, responses=problems(NotFound))
async def read_codelist(_: Reader, name: Annotated[str, Path(max_length=60)]) -> Response:
    """扩展的代码表 / A code list of our extension."""
    folder = EXTENSION.joinpath("codelists")
    return _file(name, {each.name for each in folder.iterdir()}, folder)


def _file(name: str, known: set[str], folder: Any) -> Response:
    if name not in known:
        raise NotFound(what=Text("扩展文件", "file of the extension"), key=name)
    return Response(folder.joinpath(name).read_bytes(), media_type=_TYPES[name.rpartition(".")[2]])


async def _releases(
    request: Request, session: AsyncSession, path: str, rows: Sequence[queries.Told], limit: int
) -> Response:
    async def write(keys: Sequence[UUID]) -> dict[UUID, bytes]:
        return await queries.bodies(session, keys)

    return await _package(request, "releases", path, rows, limit, write)


async def _records(
    request: Request, session: AsyncSession, path: str, rows: Sequence[queries.Told], limit: int
) -> Response:
    async def write(ids: Sequence[UUID]) -> dict[UUID, bytes]:
        compiled = await queries.compiled(session, ids)
        return packages.records(request, compiled, await queries.linked(session, ids))

    return await _package(request, "records", path, rows, limit, write)


async def _package(
    request: Request,
    name: str,
    path: str,
    rows: Sequence[queries.Told],
    limit: int,
    write: Writer,
) -> Response:
    """A package from `limit + 1` rows; the extra one tells that there is a next page."""
    found = rows[:limit]
    following = found[-1].id if len(rows) > limit else None
    return await packages.package(request, name, path, found, write, after=following)


def _here(path: str, after: str | None) -> str:
    return path if after is None else f"{path}?after={after}"
