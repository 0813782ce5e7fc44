"""Dispatches within a house over HTTP: sent by its head, answered by who lives there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_dispatches as contracts
from common.contracts.base import Page
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback.domain import dispatches as rules
from feedback.domain.cases import CaseCannotMove
from feedback.queries import dispatches as queries
from feedback.usecases import dispatching, handling

router = APIRouter(prefix="/v1", tags=["dispatches"], route_class=TransactionRoute)

Handler = Annotated[Actor, needs(Permission.COMPLAINT_HANDLE)]
_EDITING = (NotFound, PreconditionFailed, PreconditionRequired)
_OVER = (rules.DispatchAnswered, rules.DispatchCancelled)


@router.get("/dispatches", responses=problems(BadPageToken))
async def list_dispatches(
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    status: contracts.DispatchStatus | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Dispatch]:
    """What a body has to do, and what it has sent for its cases; what was sent in the area."""
    rows = await queries.page(session, actor, status=status, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row[0].id,))
    items = [dispatching.shown(row, number, keys, now) for row, number in found["items"]]
    return Page[contracts.Dispatch](items=items, next=found["next"])


@router.post(
    "/cases/{case_id}/dispatches",
    status_code=201,
    responses=problems(
        *_EDITING,
        *(OutOfArea, OutOfLine, CaseCannotMove, NoRule, RuleNotSet),
        *(rules.NotInTheHouse, rules.NoVenue, rules.DispatchedAlready),
    ),
)
async def dispatch(
    case_id: UUID,
    wish: contracts.DispatchIn,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Dispatch:
    """Send work to the clinic or day care in the house, with a clock."""
    case = await handling.to_handle(session, case_id, version, actor)
    made = await dispatching.dispatch(session, case, wish, keys=keys, by=actor, now=now)
    tag(response, made.version)
    return made


@router.post(
    "/dispatches/{dispatch_id}/answer",
    responses=problems(*_EDITING, NotYourOrganisation, *_OVER),
)
async def answer_dispatch(
    dispatch_id: UUID,
    said: contracts.DispatchAnswer,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Dispatch:
    """Say that it is done, or why not."""
    row = await dispatching.answer(
        session, dispatch_id, said, version=version, keys=keys, by=actor, now=now
    )
    tag(response, row.version)
    return row


@router.post(
    "/dispatches/{dispatch_id}/cancellation",
    responses=problems(*_EDITING, OutOfArea, OutOfLine, *_OVER),
)
async def cancel_dispatch(
    dispatch_id: UUID,
    said: contracts.DispatchCancellation,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Dispatch:
    """撤销派单 / Take the work back before it is answered; the body reads why, its clock ends."""
    row = await dispatching.cancel(
        session, dispatch_id, said, version=version, keys=keys, by=actor, now=now
    )
    tag(response, row.version)
    return row
