"""Draws over HTTP: public to read and to draw again; the desk keeps the list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_draws as contracts
from common.contracts.base import Page
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, key_of, page
from common.route import TransactionRoute
from feedback import tables
from feedback.api.parameters import AreaPrefix
from feedback.domain import sortition as rules
from feedback.queries import draws as queries
from feedback.usecases import draws as usecases

router = APIRouter(prefix="/v1/draws", tags=["draws"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DELIBERATION_READ)]
Writer = Annotated[Actor, needs(Permission.DELIBERATION_WRITE)]
_MOVING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    *(rules.DrawCannotMove, rules.WrongDraw),
)


@router.get("", responses=problems(BadPageToken))
async def list_draws(
    session: Session, _: Reader, area: AreaPrefix = None, after: After = None, limit: Limit = 20
) -> Page[contracts.Draw]:
    """Draws, oldest first."""
    rows = await queries.page(session, area=area, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"])
    return Page[contracts.Draw](items=items, next=found["next"])


@router.get("/{draw_id}", responses=problems(NotFound))
async def read_draw(
    session: Session, _: Reader, response: Response, draw_id: UUID
) -> contracts.Draw:
    """One draw with all that is needed to draw it again."""
    return await _answer(session, response, await queries.found(session, draw_id))


@router.get("/{draw_id}/candidates", responses=problems(NotFound, BadPageToken))
async def list_candidates(
    session: Session, _: Reader, draw_id: UUID, after: After = None, limit: Limit = 200
) -> Page[contracts.Candidate]:
    """The list by stratum and code, with the places that the lot gave."""
    await queries.found(session, draw_id)
    start = key_of(after, str, str)
    since: tuple[str, str] | None = (start[0], start[1]) if start else None
    rows = await queries.candidates(session, draw_id, after=since, limit=limit)
    found = page(rows, limit, lambda row: (row.stratum, row.code))
    return Page[contracts.Candidate].model_validate(found)


@router.post("", status_code=201, responses=problems(OutOfArea, rules.WrongDraw))
async def set_up(
    wish: contracts.DrawIn,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.Draw:
    """Set up a draw: its seed is bound by its SM3 before anybody is on the list."""
    row = await usecases.set_up(session, wish, keys=keys, by=actor, now=now)
    response.headers["Location"] = f"draws/{row.id}"
    return await _answer(session, response, row)


@router.post(
    "/{draw_id}/candidates",
    responses=problems(NotFound, OutOfArea, rules.DrawCannotMove, rules.WrongDraw),
)
async def add_candidates(
    draw_id: UUID,
    wish: contracts.CandidatesIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.Draw:
    """Put candidates on the list, under codes and never names."""
    row = await usecases.add_candidates(session, draw_id, wish, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/{draw_id}/closing", responses=problems(*_MOVING, rules.ClosedTooLate))
async def close(
    draw_id: UUID, session: Session, actor: Writer, now: Now, version: IfMatch, response: Response
) -> contracts.Draw:
    """Close the list, before the public number comes out, and publish its SM3."""
    row = await usecases.close(session, draw_id, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/{draw_id}/drawing", responses=problems(*_MOVING, rules.PublicNumberNotOut))
async def draw(
    draw_id: UUID,
    said: contracts.PublicValueIn,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Draw:
    """Draw with the public number; the seed is told, so that anybody can check."""
    row = await usecases.draw(
        session, draw_id, said.public_value, version=version, keys=keys, by=actor, now=now
    )
    return await _answer(session, response, row)


async def _answer(session: Session, response: Response, row: tables.Draw) -> contracts.Draw:
    await session.flush()
    tag(response, row.version)
    return (await queries.shown(session, [row]))[0]
