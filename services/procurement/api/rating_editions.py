"""Editions of the ratings over HTTP: which there are, and the newest one published on demand."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_ratings as contracts
from common.contracts.base import Page
from common.edge import Now, Session
from common.errors import problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import KeptApart, TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement.domain.rating_editions import EditionPublished, NotTheNewestPeriod
from procurement.queries import rating_editions as queries
from procurement.usecases import rating_publishing as usecases

router = APIRouter(prefix="/v1", tags=["provider ratings"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.GRADE_READ)]
Publisher = Annotated[Actor, needs(Permission.GRADE_PUBLISH, late_key=True)]


@router.get("/rating-editions", responses=problems(BadPageToken))
async def list_editions(
    session: Session, _: Reader, after: After = None, limit: Limit = 50
) -> Page[contracts.RatingEdition]:
    """The editions that the public has, newest first, and how many ratings each one changed."""
    key = key_of(after, date.fromisoformat)
    rows = await queries.published(session, before=None if key is None else key[0], limit=limit)
    found = page(rows, limit, lambda row: (row.until_on.isoformat(),))
    return Page[contracts.RatingEdition].model_validate(found)


@router.post(
    "/rating-editions",
    status_code=201,
    response_model=contracts.RatingEdition,
    responses=problems(EditionPublished, NotTheNewestPeriod, NoRule, RuleNotSet),
)
async def publish_edition(
    *,
    wish: contracts.EditionIn,
    request: Request,
    session: Session,
    actor: Publisher,
    keeping: KeptApart,
    now: Now,
) -> Response:
    """Publish the edition of the newest period that is over, where the month's work has not yet.

    Once for ever, as the worker does it: between two editions nothing moves.
    """
    opened = request.state.database
    return await usecases.publish(session, wish.until_on, opened, keeping, by=actor, now=now)
