"""Duty over HTTP: who answers now is public; rosters are kept by the staff of their area."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import duties as contracts
from common.contracts.registry.bookings import Moment
from common.contracts.written import IN_DIGITS
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry.api.parameters import Area, AreaPrefix
from registry.domain.duties import DutyUncovered, WrongDuty
from registry.domain.opening import WrongHours
from registry.queries import duties as queries
from registry.queries import duty_reminders as reminders
from registry.queries import venues as venue_queries
from registry.queries.references import UnknownReference
from registry.usecases import duties as usecases
from registry.usecases import duty_answers

router = APIRouter(prefix="/v1", tags=["duty"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DUTY_READ)]
Writer = Annotated[Actor, needs(Permission.DUTY_WRITE)]
_INPUT = (
    *(NotFound, OutOfArea, WrongDuty, WrongHours, DutyUncovered, UnknownReference),
    *(NotCovered, NoRule, RuleNotSet),
)


@router.get("/duties", responses=problems(BadPageToken))
async def list_duties(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    venue_id: UUID | None = None,
    on: Annotated[date | None, Query(description="该日有效 / in force on a day")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Duty]:
    """Rosters of venues: posts and desk phones, no person."""
    (at,) = key_of(after, UUID) or (None,)
    wanted = queries.Filters(area, venue_id, on)
    rows = await queries.page(session, wanted, after=at, limit=limit)
    return Page[contracts.Duty](**page(rows, limit, lambda row: (row.id,)))


@router.get("/duties/{duty_id}", responses=problems(NotFound))
async def read_duty(
    session: Session, _: Reader, response: Response, duty_id: UUID
) -> contracts.Duty:
    """One roster."""
    return _answer(await queries.found(session, duty_id), response)


@router.get("/venues/{venue_id}/on-duty", responses=problems(NotFound, NotCovered))
async def read_on_duty(
    session: Session,
    actor: Reader,
    now: Now,
    venue_id: UUID,
    at: Annotated[Moment | None, Query(description="时刻，默认现在 / at, else now")] = None,
) -> contracts.OnDuty:
    """现在由谁答复 / Who answers in a venue now: the post, its desk phone, and who is next."""
    venue = await venue_queries.found(session, actor, venue_id)
    return await duty_answers.on_duty(session, venue, at or now)


@router.get("/duty-gaps", responses=problems(OutOfArea, NotCovered))
async def list_duty_gaps(
    session: Session,
    actor: Writer,
    now: Now,
    area: Area,
    first: Annotated[
        contracts.Day | None,
        Query(alias="from", description="起始日期，默认今天 / first day, else today"),
    ] = None,
    days: Annotated[int, Query(ge=1, le=366, description="天数 / how many days"), IN_DIGITS] = 14,
) -> list[contracts.DutyGap]:
    """缺岗提醒 / Venues with open hours ahead that neither A nor B covers, or without a roster."""
    actor.must_cover(area)
    begin = first or city_day(now)
    return await duty_answers.gaps_of(session, area, begin, begin + timedelta(days=days))


@router.get("/duty-reminders", responses=problems(OutOfArea, BadPageToken))
async def list_duty_reminders(
    session: Session,
    actor: Writer,
    area: Area,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.DutyReminder]:
    """待办提醒 / What the roster of an area still lacks, looked over every hour; oldest first."""
    actor.must_cover(area)
    (at,) = key_of(after, UUID) or (None,)
    rows = await reminders.page(session, area, after=at, limit=limit)
    told = page(rows, limit, lambda row: (row.id,))
    items = [contracts.DutyReminder.model_validate(row) for row in told["items"]]
    return Page[contracts.DutyReminder](items=items, next=told["next"])


@router.post("/duties", status_code=201, responses=problems(*_INPUT, usecases.RosterOverlaps))
async def add_duty(
    duty: contracts.DutyIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.Duty:
    """A roster of a venue; open hours that nobody covers are counted, or refused by the rule."""
    row = await usecases.add_duty(session, duty, by=actor, now=now)
    response.headers["Location"] = f"duties/{row.id}"
    return _answer(await queries.found(session, row.id), response)


@router.patch(
    "/duties/{duty_id}",
    responses=problems(*_INPUT, PreconditionFailed, PreconditionRequired, usecases.RosterOverlaps),
)
async def edit_duty(
    duty_id: UUID,
    patch: contracts.DutyPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Duty:
    """Change who covers what, or when the roster ends."""
    await usecases.edit_duty(session, duty_id, patch, version=version, by=actor, now=now)
    await session.flush()
    return _answer(await queries.found(session, duty_id), response)


@router.get("/duties/{duty_id}/substitutions", responses=problems(NotFound, OutOfArea))
async def list_substitutions(
    session: Session, actor: Writer, duty_id: UUID
) -> list[contracts.SubstitutionRecord]:
    """Who stood in when and why, for the staff of the area; what was taken back as well."""
    actor.must_cover(await queries.area_of(session, duty_id))
    rows = await queries.substitutions(session, duty_id)
    return [contracts.SubstitutionRecord.model_validate(row) for row in rows]


@router.post(
    "/duties/{duty_id}/substitutions",
    status_code=201,
    responses=problems(*_INPUT, usecases.SubstitutionOverlaps),
)
async def substitute(
    duty_id: UUID,
    substitution: contracts.SubstitutionIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.Duty:
    """Somebody else holds a post for a time, or nobody does: then the other one answers."""
    await usecases.substitute(session, duty_id, substitution, by=actor, now=now)
    await session.flush()
    return _answer(await queries.found(session, duty_id), response)


@router.delete(
    "/duties/{duty_id}/substitutions/{substitution_id}",
    status_code=204,
    responses=problems(*_INPUT),
)
async def take_back(
    duty_id: UUID, substitution_id: UUID, session: Session, actor: Writer, now: Now
) -> None:
    """The holder of the post is there after all; the record stays in the history."""
    await usecases.take_back(session, duty_id, substitution_id, by=actor, now=now)


def _answer(duty: contracts.Duty, response: Response) -> contracts.Duty:
    tag(response, duty.version)
    return duty
