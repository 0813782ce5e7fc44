"""Standing over HTTP: claimed, verified, and what is owed to those who are entitled."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import matching_needs as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching.domain.needs import WrongNeed
from matching.domain.standing import WrongVerification
from matching.queries import duties as duty_queries
from matching.queries import needs as queries
from matching.usecases import standing as usecases
from matching.usecases.profiles import ProfileErased, shown_standing

router = APIRouter(prefix="/v1", tags=["standing"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.STANDING_READ)]
Claimer = Annotated[Actor, needs(Permission.PROFILE_WRITE)]
Verifier = Annotated[Actor, needs(Permission.STANDING_VERIFY)]
Kind = contracts.StandingKind
_EDITING = (NotFound, PreconditionFailed, PreconditionRequired, WrongNeed, ProfileErased)


@router.get("/needs/{need_id}/standing", responses=problems(NotFound))
async def read_standing(
    session: Session, actor: Reader, now: Now, response: Response, need_id: UUID
) -> list[contracts.Standing]:
    """What is claimed and what is verified, by whom, from which source, until when."""
    row = await queries.found(session, actor, need_id)
    tag(response, row.version)
    return shown_standing(await queries.standing(session, need_id), now)


@router.put("/needs/{need_id}/standing/{kind}", responses=problems(*_EDITING))
async def claim_standing(
    need_id: UUID,
    kind: Kind,
    said: contracts.ClaimPut,
    session: Session,
    actor: Claimer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> list[contracts.Standing]:
    """Declare a standing; it ranks below a verified one until somebody looks.

    已核验或核验不符的，以核验为准；另称的等级列为待核验。/ What somebody found who looked stays in
    force; what is claimed since waits beside it for another look.
    """
    row = await usecases.claim(session, need_id, kind, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return shown_standing(await queries.standing(session, need_id), now)


@router.post(
    "/needs/{need_id}/standing/{kind}/verification",
    responses=problems(*_EDITING, WrongVerification),
)
async def verify_standing(
    need_id: UUID,
    kind: Kind,
    found: contracts.VerificationIn,
    session: Session,
    actor: Verifier,
    now: Now,
    version: IfMatch,
    response: Response,
) -> list[contracts.Standing]:
    """Verify a standing or find that it is not so; tier and entitlement follow."""
    row = await usecases.verify(session, need_id, kind, found, version=version, by=actor, now=now)
    tag(response, row.version)
    return shown_standing(await queries.standing(session, need_id), now)


@router.get("/duties", responses=problems(BadPageToken))
async def list_duties(
    session: Session,
    actor: Reader,
    ended: bool = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Duty]:
    """What the department line owes in the area to those who are entitled, by due day."""
    rows = await duty_queries.page(
        session,
        actor,
        ended=ended,
        after=key_of(after, date.fromisoformat, UUID),
        limit=limit,
    )
    return Page[contracts.Duty].model_validate(
        page(rows, limit, lambda row: (row.due_on, row.need_id))
    )
