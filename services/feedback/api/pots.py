"""Pots over HTTP: what a document approves is public; two people correct it with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_pots as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from feedback.domain import pots as rules
from feedback.queries import pots as queries
from feedback.usecases import pots as usecases

router = APIRouter(prefix="/v1/pots", tags=["agendas"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.AGENDA_READ)]
Writer = Annotated[Actor, needs(Permission.AGENDA_WRITE)]
_EDITING = (NotFound, OutOfArea, PreconditionFailed, PreconditionRequired)


@router.get("", responses=problems(BadPageToken))
async def list_pots(
    session: Session,
    actor: Reader,
    approved_by_id: UUID | None = None,
    document: Annotated[
        str | None, Query(max_length=120, description="批准文号 / number of the document")
    ] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Pot]:
    """批准资金的文件 / Documents that approve money: in all, held of it, and each correction."""
    rows = await queries.page(
        session,
        approved_by_id=approved_by_id,
        document=document,
        after=id_after(after),
        limit=limit,
    )
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"], actor)
    return Page[contracts.Pot](items=items, next=found["next"])


@router.get("/{pot_id}", responses=problems(NotFound))
async def read_pot(
    session: Session, actor: Reader, response: Response, pot_id: UUID
) -> contracts.Pot:
    """One document, as of now."""
    row = await queries.found(session, pot_id)
    tag(response, row.version)
    return (await queries.shown(session, [row], actor))[0]


@router.post(
    "/{pot_id}/corrections",
    responses=problems(
        *(*_EDITING, rules.WrongTotal, rules.AnotherMustConfirmTotal, rules.AnotherTotalAsked)
    ),
)
async def correct_pot(
    pot_id: UUID,
    said: contracts.CorrectionIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Pot:
    """更正批准总额 / Correct the total, up or down, not below what is held: two people, one reason.

    一人提出（理由公开），另一人以同一总额确认；两人均须管辖引用该文件的全部区划。
    One person asks, with a public reason; another tells the same total and so confirms it. Either
    covers every area that cites the document.
    """
    row = await usecases.correct(session, pot_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return (await queries.shown(session, [row], actor))[0]


@router.post(
    "/{pot_id}/corrections/withdrawal", responses=problems(*_EDITING, rules.NoCorrectionAsked)
)
async def keep_total(
    pot_id: UUID, session: Session, actor: Writer, version: IfMatch, response: Response
) -> contracts.Pot:
    """撤回待确认的更正 / Take back a correction that nobody has confirmed yet."""
    row = await usecases.keep(session, pot_id, version=version, by=actor)
    tag(response, row.version)
    return (await queries.shown(session, [row], actor))[0]
