"""Incentives over HTTP: public awards, granted by superiors by the published formula."""

from typing import Annotated

from fastapi import APIRouter

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_assessments as contracts
from common.contracts.base import Page
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback.api.parameters import AreaPrefix
from feedback.domain import incentives as rules
from feedback.queries import evidence as queries
from feedback.usecases import incentives as usecases

router = APIRouter(prefix="/v1/incentives", tags=["assessments"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.INCENTIVE_READ)]
Writer = Annotated[Actor, needs(Permission.INCENTIVE_WRITE)]


@router.get("", responses=problems(BadPageToken))
async def list_incentives(
    session: Session, _: Reader, area: AreaPrefix = None, after: After = None, limit: Limit = 20
) -> Page[contracts.Incentive]:
    """奖补与示范 / Awards with the formula, its rules and figures: everybody can compute them."""
    rows = await queries.incentives(session, area, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = [usecases.shown(row) for row in found["items"]]
    return Page[contracts.Incentive](items=items, next=found["next"])


@router.post(
    "",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, NoRule, RuleNotSet), rules.NotFinal, rules.AlreadyGranted
    ),
)
async def grant(
    wish: contracts.IncentiveIn, session: Session, actor: Writer, now: Now
) -> contracts.Incentive:
    """核定奖补 / Grant by the formula from the final results of an assessment, once."""
    return usecases.shown(await usecases.grant(session, wish, by=actor, now=now))
