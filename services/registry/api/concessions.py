"""Concessions over HTTP: who may run what where, for which price, and what residents save."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import concessions as contracts
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.areas import WrongPeriod, check_period
from registry.domain.concessions import (
    ConcessionCannotMove,
    SpaceGranted,
    TooMuchMarket,
    WrongConcession,
)
from registry.queries import concessions as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownReference
from registry.usecases import concessions as usecases

router = APIRouter(prefix="/v1", tags=["concessions"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CONCESSION_READ)]
Writer = Annotated[Actor, needs(Permission.CONCESSION_WRITE)]
House = Annotated[Actor, needs(Permission.VENUE_WRITE)]
MonthFrom = Annotated[date, Query(alias="from", description="起始月 / any day of the first month")]
MonthTo = Annotated[date, Query(alias="to", description="末月，含 / any day of the last month")]
_EDIT = (NotFound, OutOfArea, PreconditionFailed, PreconditionRequired)


@router.get("/concessions", responses=problems(BadPageToken))
async def list_concessions(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    venue_id: Annotated[UUID | None, Query(description="载体 / venue")] = None,
    operator_id: Annotated[UUID | None, Query(description="经营单位 / operator")] = None,
    use: contracts.SpaceUse | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Concession]:
    """Concessions that were granted, with the price promised; drafts of the caller's own area."""
    wanted = queries.Filters(area, venue_id, operator_id, use)
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    items = [contracts.Concession.model_validate(row) for row in rows]
    return Page[contracts.Concession](**page(items, limit, lambda each: (each.area_code, each.id)))


@router.get("/concessions/{concession_id}", responses=problems(NotFound))
async def read_concession(
    session: Session, actor: Reader, response: Response, concession_id: UUID
) -> contracts.Concession:
    """One concession."""
    return await _answer(session, actor, response, concession_id)


@router.get("/concessions/{concession_id}/account", responses=problems(NotFound, WrongPeriod))
async def read_account(
    session: Session, actor: Reader, concession_id: UUID, first: MonthFrom, last: MonthTo
) -> contracts.ConcessionAccount:
    """What residents saved per yuan of subsidy, and whether the promised price was kept."""
    check_period(first.replace(day=1), queries.after(last), pointer="/to")
    return await usecases.account(
        session, concession_id, first.replace(day=1), last.replace(day=1), by=actor
    )


@router.post(
    "/concessions",
    status_code=201,
    responses=problems(OutOfArea, WrongPeriod, WrongConcession, UnknownWord, UnknownReference),
)
async def add_concession(
    wish: contracts.ConcessionIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.Concession:
    """Draft a concession of a space, or of a part of a venue."""
    row = await usecases.add_concession(session, wish, by=actor, now=now)
    response.headers["Location"] = f"concessions/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.post(
    "/concessions/{concession_id}/status",
    responses=problems(
        *_EDIT,
        ConcessionCannotMove,
        WrongConcession,
        TooMuchMarket,
        SpaceGranted,
        NoRule,
        RuleNotSet,
    ),
)
async def move_concession(
    concession_id: UUID,
    step: contracts.ConcessionMove,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Concession:
    """Grant it within the cap on market use, withdraw a draft, or end it."""
    await usecases.move_concession(session, concession_id, step, version=version, by=actor, now=now)
    return await _answer(session, actor, response, concession_id)


@router.post(
    "/venue-months",
    status_code=201,
    responses=problems(NotFound, OutOfArea, WrongConcession, UnknownReference),
)
async def report_month(
    figures: contracts.VenueMonthIn, session: Session, actor: House, now: Now
) -> contracts.VenueMonth:
    """Report what a venue, or a concession in it, did in a month; again replaces what stood."""
    row = await usecases.report_month(session, figures, by=actor, now=now)
    return contracts.VenueMonth.model_validate(row)


async def _answer(
    session: Session, actor: Actor, response: Response, concession_id: UUID
) -> contracts.Concession:
    await session.flush()
    row = await queries.found(session, actor, concession_id)
    tag(response, row.version)
    return contracts.Concession.model_validate(row)
