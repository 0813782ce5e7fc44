"""Editions of the division list over HTTP: upload, dry run, report."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Response, UploadFile

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import areas as contracts
from common.edge import Now, Session
from common.errors import NotFound, TooLarge, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.tabular.faults import FileFault
from registry.domain.areas import WrongPeriod
from registry.queries import editions as queries
from registry.usecases import editions as usecases
from registry.usecases.edition_reading import BadCells, HeadingMissing, read_list
from registry.usecases.edition_writing import Offer

router = APIRouter(prefix="/v1", tags=["area editions"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.AREA_READ)]
Importer = Annotated[Actor, needs(Permission.AREA_IMPORT)]


@router.post(
    "/area-editions",
    status_code=201,
    responses=problems(
        OutOfArea,
        TooLarge,
        FileFault,
        HeadingMissing,
        BadCells,
        WrongPeriod,
        usecases.BadEdition,
        usecases.EditionNotLater,
        usecases.EditionEndsTooMuch,
    ),
)
async def import_edition(
    session: Session,
    actor: Importer,
    now: Now,
    response: Response,
    file: Annotated[
        UploadFile, File(description="名录（.csv 或 .xlsx）：区划代码、名称、类别、原代码")
    ],
    name: Annotated[str, Form(min_length=1, max_length=60, description="版本名称，如 2023")],
    valid_from: Annotated[date, Form(description="生效日期，不晚于今天")],
    source: Annotated[str, Form(min_length=1, max_length=300, description="来源与许可")],
    scope: Annotated[str, Form(pattern=r"^[0-9]{2,9}$", description="完整覆盖的区划前缀")] = "31",
    dry_run: Annotated[bool, Form(description="只报告，不导入")] = False,
    confirm_endings: Annotated[bool, Form(description="确认终止大量区划")] = False,
) -> contracts.AreaEdition:
    """Import an edition: all of it or nothing. What the list leaves out has ended.

    A code in the column 原代码 says what a line follows: renamed or recoded areas keep their
    identity, merged and split ones are tied to their successors. The same list answers with its
    first report.
    """
    rows = await asyncio.to_thread(read_list, file.file)
    offer = Offer(name, valid_from, source, scope, dry_run, confirm_endings)
    report = await usecases.import_edition(session, offer, rows, by=actor, now=now)
    response.status_code = 201 if report.id is not None else 200
    return report


@router.get("/area-editions", responses=problems(BadPageToken))
async def list_editions(
    session: Session, _: Reader, after: After = None, limit: Limit = 50
) -> Page[contracts.AreaEdition]:
    """Imported editions, the newest first."""
    key = key_of(after, date.fromisoformat, UUID)
    rows = await queries.editions(session, after=key, limit=limit)
    shown = [usecases.report(row) for row in rows]
    return Page[contracts.AreaEdition](
        **page(shown, limit, lambda each: (each.valid_from, each.id))
    )


@router.get("/area-editions/{edition_id}", responses=problems(NotFound))
async def read_edition(session: Session, _: Reader, edition_id: UUID) -> contracts.AreaEdition:
    """What an edition did."""
    return usecases.report(await queries.edition(session, edition_id))
