"""Agendas over HTTP: public to read, made by the street from counts and resolutions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_agendas as contracts
from common.contracts.base import Page
from common.contracts.feedback import AgendaStatus
from common.contracts.feedback_proposals import WithdrawalIn
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from feedback import tables
from feedback.api.parameters import AreaPrefix
from feedback.domain import agendas as rules
from feedback.domain.pots import PotDiffers, PotExceeded
from feedback.domain.proposals import ProposalBound
from feedback.queries import agendas as queries
from feedback.usecases import agendas as usecases
from feedback.usecases import voted

router = APIRouter(prefix="/v1/agendas", tags=["agendas"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.AGENDA_READ)]
Writer = Annotated[Actor, needs(Permission.AGENDA_WRITE)]
_CHANGING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    *(rules.AgendaCannotMove, rules.ItemUnderWay),
)


@router.get("", responses=problems(BadPageToken))
async def list_agendas(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    status: AgendaStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.AgendaCase]:
    """Agendas with their items, oldest first."""
    rows = await queries.page(session, area=area, status=status, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"])
    return Page[contracts.AgendaCase](items=items, next=found["next"])


@router.get("/{agenda_id}", responses=problems(NotFound))
async def read_agenda(
    session: Session, _: Reader, response: Response, agenda_id: UUID
) -> contracts.AgendaCase:
    """One agenda: the pot, who approved it, and every item with its reason."""
    return await _answer(session, response, await queries.found(session, agenda_id))


@router.get("/{agenda_id}/progress", responses=problems(NotFound))
async def read_progress(session: Session, _: Reader, agenda_id: UUID) -> contracts.AgendaProgress:
    """What became of each item: purchase, deviations with reasons, contract, ratings."""
    return await voted.progress(session, agenda_id)


@router.post(
    "",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, rules.VoteNotCounted, rules.NothingChosen),
        *(rules.WrongAgenda, rules.AgendaInForce, ProposalBound, PotExceeded),
    ),
)
async def publish_from_vote(
    wish: contracts.AgendaIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.AgendaCase:
    """Publish the agenda of a counted vote: the chosen, no more and no less."""
    row = await usecases.from_vote(session, wish, by=actor, now=now)
    response.headers["Location"] = f"agendas/{row.id}"
    return await _answer(session, response, row)


@router.post(
    "/by-resolution",
    status_code=201,
    responses=problems(
        *(OutOfArea, rules.WrongAgenda, rules.NotResolved, PotExceeded, PotDiffers),
    ),
)
async def publish_by_resolution(
    wish: contracts.ResolvedAgendaIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.AgendaCase:
    """Publish an agenda of what meetings have decided, each item with its resolutions."""
    row = await usecases.by_resolution(session, wish, by=actor, now=now)
    response.headers["Location"] = f"agendas/{row.id}"
    return await _answer(session, response, row)


@router.post(
    "/{agenda_id}/replacement",
    status_code=201,
    responses=problems(*_CHANGING, rules.WrongAgenda, rules.NotResolved),
)
async def replace(
    agenda_id: UUID,
    wish: contracts.ReplacementIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.AgendaCase:
    """Put another agenda in its place before anything is bought; the reason is public."""
    row = await usecases.replace(session, agenda_id, wish, version=version, by=actor, now=now)
    response.headers["Location"] = f"agendas/{row.id}"
    return await _answer(session, response, row)


@router.post("/{agenda_id}/withdrawal", responses=problems(*_CHANGING))
async def withdraw(
    agenda_id: UUID,
    said: WithdrawalIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.AgendaCase:
    """Take an agenda back before anything of it is bought; the reason is public."""
    row = await usecases.withdraw(session, agenda_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


async def _answer(session: Session, response: Response, row: tables.Agenda) -> contracts.AgendaCase:
    await session.flush()
    tag(response, row.version)
    return (await queries.shown(session, [row]))[0]
