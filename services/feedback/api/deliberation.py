"""Deliberation over HTTP: bodies, seats, meetings and resolutions are public; the desk writes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_deliberation as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet, RulesDisagree
from feedback.api.parameters import AreaPrefix
from feedback.domain import deliberation as rules
from feedback.queries import deliberation as queries
from feedback.usecases import deliberation as usecases

router = APIRouter(prefix="/v1", tags=["deliberation"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DELIBERATION_READ)]
Writer = Annotated[Actor, needs(Permission.DELIBERATION_WRITE)]
_WRITING = (NotFound, OutOfArea, rules.WrongDeliberation)
_MOVING = (rules.MeetingCannotMove, rules.MeetingCancelled)
_RULES = (NoRule, RuleNotSet, RulesDisagree)


@router.get("/deliberation-bodies", responses=problems(BadPageToken))
async def list_bodies(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    kind: contracts.BodyKind | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Body]:
    """Bodies that deliberate, with their seats."""
    rows = await queries.bodies(session, area=area, kind=kind, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    seats = await queries.seats(session, [row.id for row in found["items"]])
    items = [queries.shown_body(row, seats[row.id]) for row in found["items"]]
    return Page[contracts.Body](items=items, next=found["next"])


@router.get("/deliberation-bodies/{body_id}", responses=problems(NotFound))
async def read_body(
    session: Session, _: Reader, response: Response, body_id: UUID
) -> contracts.Body:
    """One body with all its seats, past ones too."""
    row = await queries.body(session, body_id)
    tag(response, row.version)
    return queries.shown_body(row, (await queries.seats(session, [body_id]))[body_id])


@router.post("/deliberation-bodies", status_code=201, responses=problems(*_WRITING))
async def set_up_body(
    wish: contracts.BodyIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Body:
    """Set up a body for a term."""
    row = await usecases.set_up(session, wish, by=actor, now=now)
    response.headers["Location"] = f"deliberation-bodies/{row.id}"
    tag(response, row.version)
    return queries.shown_body(row, [])


@router.post("/deliberation-bodies/{body_id}/seats", status_code=201, responses=problems(*_WRITING))
async def add_seat(
    body_id: UUID, wish: contracts.SeatIn, session: Session, actor: Writer, now: Now
) -> contracts.Seat:
    """Add a seat; it is named by what it stands for, not by a person."""
    row = await usecases.add_seat(session, body_id, wish, by=actor, now=now)
    return contracts.Seat.model_validate(row)


@router.post(
    "/deliberation-bodies/{body_id}/seats/{seat_id}/closing", responses=problems(*_WRITING)
)
async def close_seat(
    body_id: UUID,
    seat_id: UUID,
    wish: contracts.SeatClosing,
    session: Session,
    actor: Writer,
    now: Now,
) -> contracts.Seat:
    """Say until when a seat is held."""
    row = await usecases.close_seat(session, body_id, seat_id, wish, by=actor, now=now)
    return contracts.Seat.model_validate(row)


@router.get("/meetings", responses=problems(BadPageToken))
async def list_meetings(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    body_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Meeting]:
    """Meetings with topics and minutes, oldest first."""
    rows = await queries.meetings(
        session, area=area, body_id=body_id, after=id_after(after), limit=limit
    )
    found = page(rows, limit, lambda row: (row.id,))
    topics = await queries.topics(session, [row.id for row in found["items"]])
    items = [queries.shown_meeting(row, topics[row.id]) for row in found["items"]]
    return Page[contracts.Meeting](items=items, next=found["next"])


@router.get("/meetings/{meeting_id}", responses=problems(NotFound))
async def read_meeting(
    session: Session, _: Reader, response: Response, meeting_id: UUID
) -> contracts.Meeting:
    """One meeting."""
    row = await queries.meeting(session, meeting_id)
    tag(response, row.version)
    return queries.shown_meeting(row, (await queries.topics(session, [row.id]))[row.id])


@router.post("/meetings", status_code=201, responses=problems(*_WRITING))
async def call_meeting(
    wish: contracts.MeetingIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Meeting:
    """Call a meeting with its topics; a topic may be a proposal."""
    row = await usecases.call(session, wish, by=actor, now=now)
    response.headers["Location"] = f"meetings/{row.id}"
    tag(response, row.version)
    return queries.shown_meeting(row, (await queries.topics(session, [row.id]))[row.id])


@router.post(
    "/meetings/{meeting_id}/minutes",
    responses=problems(
        *(*_WRITING, PreconditionFailed, PreconditionRequired),
        *(*_MOVING, *_RULES),
    ),
)
async def hold_meeting(
    meeting_id: UUID,
    said: contracts.MinutesIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Meeting:
    """Write down who was there and what was said; the quorum follows from the rule."""
    row = await usecases.hold(session, meeting_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return queries.shown_meeting(row, (await queries.topics(session, [row.id]))[row.id])


@router.post(
    "/meetings/{meeting_id}/cancellation",
    responses=problems(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired, *_MOVING),
)
async def cancel_meeting(
    meeting_id: UUID,
    said: contracts.MeetingCancellation,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Meeting:
    """取消会议 / Call a meeting off before its minutes are written; the reason is public."""
    row = await usecases.cancel(session, meeting_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return queries.shown_meeting(row, (await queries.topics(session, [row.id]))[row.id])


@router.get("/resolutions", responses=problems(BadPageToken))
async def list_resolutions(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    proposal_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Resolution]:
    """Resolutions, oldest first."""
    rows = await queries.resolutions(
        session, area=area, proposal_id=proposal_id, after=id_after(after), limit=limit
    )
    found = page(rows, limit, lambda row: (row.id,))
    return Page[contracts.Resolution].model_validate(found)


@router.get("/resolutions/{resolution_id}/chain", responses=problems(NotFound))
async def read_chain(
    session: Session, _: Reader, resolution_id: UUID
) -> list[contracts.Resolution]:
    """A resolution with all that it goes on from, the first one first."""
    rows = await queries.chain(session, resolution_id)
    return [contracts.Resolution.model_validate(row) for row in rows]


@router.post(
    "/resolutions",
    status_code=201,
    responses=problems(*_WRITING, *_MOVING, rules.TopicDecided, *_RULES),
)
async def resolve(
    said: contracts.ResolutionIn, session: Session, actor: Writer, now: Now
) -> contracts.Resolution:
    """Write down what a quorate meeting decided; whether it is adopted follows from the rule."""
    row = await usecases.resolve(session, said, by=actor, now=now)
    return contracts.Resolution.model_validate(row)
