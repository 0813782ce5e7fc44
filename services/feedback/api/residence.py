"""Verified homes over HTTP: the resident asks for a code, two people at a desk verify."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.codes.resident import WrongResidentId
from common.contracts import feedback_residence as contracts
from common.contracts.base import Page
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback.domain import residence as rules
from feedback.queries import residence as queries
from feedback.usecases import residence as usecases

router = APIRouter(prefix="/v1/residence", tags=["votes"], route_class=TransactionRoute)

Resident = Annotated[Actor, needs(Permission.RESIDENCE_ASK)]
Desk = Annotated[Actor, needs(Permission.RESIDENCE_VERIFY)]
Verifier = Annotated[Actor, needs(Permission.RESIDENCE_VERIFY, secret=True)]
_EDITING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    rules.ResidenceSettled,
)


@router.get("", responses=problems(NoRule, RuleNotSet))
async def read_home(session: Session, actor: Resident, now: Now) -> contracts.OwnHome:
    """本人的居住地核验 / Where the resident may take part, by what, until when."""
    return await usecases.own(session, by=actor, now=now)


@router.post("/code", status_code=201, responses=problems(NoRule, RuleNotSet))
async def ask_for_code(
    session: Session, actor: Resident, keys: KeyRing, now: Now
) -> contracts.ResidenceCode:
    """申请核验码 / Ask for a code; with it, an identity card and a proof of the home to the desk.

    核验码只告知一次，用后或过期即废；重新申请则旧码作废。Told this once, used once.
    """
    return await usecases.ask(session, keys=keys, by=actor, now=now)


@router.post(
    "/verifications",
    status_code=201,
    responses=problems(
        *(OutOfArea, rules.UnknownResidenceCode, rules.WrongResidence, WrongResidentId)
    ),
)
async def verify(
    said: contracts.ResidenceIn,
    session: Session,
    actor: Verifier,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.Residence:
    """核验登记 / Write down what was shown; another person confirms it.

    公民身份号码不保存，只留带密钥的指纹。The number is digested under a key and forgotten.
    """
    row = await usecases.verify(session, said, keys=keys, by=actor, now=now)
    tag(response, row.version)
    return usecases.shown(row)


@router.get("/verifications", responses=problems(BadPageToken))
async def list_verifications(
    session: Session,
    actor: Desk,
    waiting: Annotated[
        bool | None, Query(description="待复核 / a second person is awaited")
    ] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Residence]:
    """辖区的居住地核验 / Homes of the area that were verified, without any person."""
    rows = await queries.page(
        session, actor, is_waiting=waiting, after=id_after(after), limit=limit
    )
    found = page(rows, limit, lambda row: (row.id,))
    items = [usecases.shown(row) for row in found["items"]]
    return Page[contracts.Residence](items=items, next=found["next"])


@router.post(
    "/verifications/{residence_id}/confirmation",
    responses=problems(*_EDITING, rules.SecondPersonNeeded, NoRule, RuleNotSet),
)
async def confirm(
    residence_id: UUID,
    session: Session,
    actor: Desk,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Residence:
    """复核 / Confirm as another person; from now on the home counts."""
    row = await usecases.confirm(session, residence_id, version=version, by=actor, now=now)
    tag(response, row.version)
    return usecases.shown(row)


@router.post("/verifications/{residence_id}/end", responses=problems(*_EDITING))
async def end(
    residence_id: UUID,
    said: contracts.ResidenceEndIn,
    session: Session,
    actor: Desk,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Residence:
    """终止 / End a home: moved away, or entered by mistake."""
    row = await usecases.end(session, residence_id, said.reason, version=version, by=actor, now=now)
    tag(response, row.version)
    return usecases.shown(row)
