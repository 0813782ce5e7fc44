"""The exchange with 12345 over HTTP: orders put by their number, read back with their answer."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.codes.phone import WrongPhone
from common.contracts import feedback_hotline as contracts
from common.edge import KeyRing, Now, Session, tag
from common.errors import NotFound, problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback.domain.cases import CaseCannotMove, WrongCase
from feedback.domain.duplicates import NotAnsweredYet
from feedback.usecases import hotline as usecases

router = APIRouter(prefix="/v1/hotline-orders", tags=["hotline"], route_class=TransactionRoute)

Exchange = Annotated[Actor, needs(Permission.HOTLINE_EXCHANGE)]
Number = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z-]{4,40}$", description="12345 工单号 / the order's number")
]


@router.put(
    "/{number}",
    responses=problems(
        NotFound, WrongCase, WrongPhone, NoRule, RuleNotSet, usecases.OrderOfAnotherCase
    ),
)
async def put_order(
    number: Number,
    order: contracts.HotlineOrderIn,
    session: Session,
    actor: Exchange,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.HotlineOrder:
    """Send an order, once or again: a new case, one that is here already, a changed deadline.

    楼内派单随工单缩短 / Work in a house that waits is due no later than the case.
    """
    row = await usecases.put(session, number, order, keys=keys, by=actor, now=now)
    await session.flush()
    tag(response, row.version)
    return await usecases.shown(session, row, keys)


@router.get("/{number}", responses=problems(NotFound))
async def read_order(
    number: Number, session: Session, actor: Exchange, keys: KeyRing, response: Response
) -> contracts.HotlineOrder:
    """Where an order stands, and what its body answered."""
    _ = actor
    row = await usecases.found(session, number)
    tag(response, row.version)
    return await usecases.shown(session, row, keys)


@router.put(
    "/{number}/call-back", responses=problems(NotFound, WrongCase, CaseCannotMove, NotAnsweredYet)
)
async def put_call_back(
    number: Number,
    said: contracts.HotlineCallBack,
    session: Session,
    actor: Exchange,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.HotlineOrder:
    """What the resident told the hotline of the outcome; told again it changes nothing.

    未联系上也记入工单；另一次未联系上，须另写说明。请写明 answered_at，否则重发可能判到下一次答复。
    That nobody was reached is kept as well; another attempt says so in other words. Name
    `answered_at`: what is told again without it may judge the next answer.
    """
    row = await usecases.call_back(session, number, said, keys=keys, by=actor, now=now)
    await session.flush()
    tag(response, row.version)
    return await usecases.shown(session, row, keys)
