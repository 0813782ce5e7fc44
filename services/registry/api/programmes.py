"""Programmes over HTTP: what is published for everybody, drafts for the line that works on them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import programmes as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.programmes import ProgrammeCannotMove, ProgrammeEnded, WrongProgramme
from registry.queries import programmes as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import programmes as usecases

router = APIRouter(prefix="/v1/programmes", tags=["programmes"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PROGRAMME_READ)]
Writer = Annotated[Actor, needs(Permission.PROGRAMME_WRITE)]
Word = Annotated[str | None, Query(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
_INPUT = (
    *(OutOfArea, OutOfLine, WrongProgramme, UnknownWord, UnknownArea, UnknownReference),
    usecases.ProgrammeCodeTaken,
)
_EDIT = (NotFound, PreconditionFailed, PreconditionRequired)


@router.get("", responses=problems(BadPageToken))
async def list_programmes(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    line: Word = None,
    category: Word = None,
    status: contracts.ProgrammeStatus | None = None,
    department_id: Annotated[UUID | None, Query(description="主管部门 / department")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Programme]:
    """Programmes by area code; drafts only of the caller's own line and area."""
    wanted = queries.Filters(area, line, category, status, department_id)
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    items = [contracts.Programme.model_validate(row) for row in rows]
    return Page[contracts.Programme](**page(items, limit, lambda each: (each.area_code, each.id)))


@router.get("/{programme_id}", responses=problems(NotFound))
async def read_programme(
    session: Session, actor: Reader, response: Response, programme_id: UUID
) -> contracts.Programme:
    """One programme."""
    return await _answer(session, actor, response, programme_id)


@router.post("", status_code=201, responses=problems(*_INPUT))
async def add_programme(
    programme: contracts.ProgrammeIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.Programme:
    """Draft a programme of the caller's line, with its plan over the years."""
    row = await usecases.add_programme(session, programme, by=actor, now=now)
    response.headers["Location"] = f"programmes/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.patch("/{programme_id}", responses=problems(*_EDIT, *_INPUT, ProgrammeEnded))
async def edit_programme(
    programme_id: UUID,
    patch: contracts.ProgrammePatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Programme:
    """Change a programme that has not ended."""
    await usecases.edit_programme(session, programme_id, patch, version=version, by=actor, now=now)
    return await _answer(session, actor, response, programme_id)


@router.post(
    "/{programme_id}/status",
    responses=problems(*_EDIT, OutOfArea, OutOfLine, ProgrammeCannotMove, WrongProgramme),
)
async def move_programme(
    programme_id: UUID,
    step: contracts.ProgrammeMove,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Programme:
    """Publish it, end it, or drop the draft."""
    await usecases.move_programme(session, programme_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, programme_id)


async def _answer(
    session: Session, actor: Actor, response: Response, programme_id: UUID
) -> contracts.Programme:
    await session.flush()
    row = await queries.found(session, actor, programme_id)
    tag(response, row.version)
    return contracts.Programme.model_validate(row)
