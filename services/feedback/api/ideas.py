"""Ideas of the front line over HTTP: written by staff, answered in public, read by everybody."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_ideas as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from feedback import tables
from feedback.queries import voices as queries
from feedback.usecases import ideas as usecases

router = APIRouter(prefix="/v1/ideas", tags=["ideas"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.IDEA_READ)]
Writer = Annotated[Actor, needs(Permission.IDEA_WRITE)]
Answerer = Annotated[Actor, needs(Permission.IDEA_ANSWER)]


@router.get("", responses=problems(BadPageToken))
async def list_ideas(
    session: Session,
    _: Reader,
    open: Annotated[bool | None, Query(description="未答复 / not answered")] = None,  # noqa: A002 - the word of the wire
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Idea]:
    """What the front line asks of this platform, and what was answered."""
    wanted = [] if open is None else [queries.is_open_idea(wanted=open)]
    rows = await queries.page(session, tables.Idea, *wanted, after=id_after(after), limit=limit)
    return Page[contracts.Idea].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.post("", status_code=201, responses=problems(OutOfArea))
async def raise_idea(
    wish: contracts.IdeaIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Idea:
    """Ask for a change of this platform; it is published without your name."""
    row = await usecases.raise_idea(session, wish, by=actor, now=now)
    tag(response, row.version)
    return contracts.Idea.model_validate(row)


@router.post(
    "/{idea_id}/answer",
    responses=problems(NotFound, PreconditionFailed, PreconditionRequired, usecases.IdeaAnswered),
)
async def answer_idea(
    idea_id: UUID,
    said: contracts.IdeaAnswer,
    session: Session,
    actor: Answerer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Idea:
    """Say in public what is done about an idea, and why."""
    row = await usecases.answer(session, idea_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Idea.model_validate(row)
