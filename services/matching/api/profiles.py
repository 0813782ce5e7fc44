"""For whom a need is, over HTTP: masked for those who work on it, in clear only with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.codes.phone import WrongPhone
from common.contracts import matching_needs as contracts
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from matching.usecases import profiles as usecases

router = APIRouter(prefix="/v1", tags=["profiles"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PROFILE_READ)]
Finder = Annotated[Actor, needs(Permission.PROFILE_READ, query=True)]
Writer = Annotated[Actor, needs(Permission.PROFILE_WRITE)]
Unmasker = Annotated[Actor, needs(Permission.PROFILE_UNMASK, query=True)]
FOUND = 20


@router.get("/needs/{need_id}/profile", responses=problems(NotFound, usecases.ProfileErased))
async def read_profile(
    session: Session, actor: Reader, keys: KeyRing, now: Now, response: Response, need_id: UUID
) -> contracts.NeedProfile:
    """For whom: age band, groups, standing; the contact behind stars."""
    shown, version = await usecases.read_profile(session, need_id, keys=keys, by=actor, now=now)
    tag(response, version)
    return shown


@router.put(
    "/needs/{need_id}/profile",
    responses=problems(
        NotFound, PreconditionFailed, PreconditionRequired, WrongPhone, usecases.ProfileErased
    ),
)
async def put_profile(
    need_id: UUID,
    wish: contracts.ProfilePut,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.NeedProfile:
    """Write the profile anew; the tier is judged again."""
    await usecases.put_profile(
        session, need_id, wish, version=version, keys=keys, by=actor, now=now
    )
    shown, tagged = await usecases.read_profile(session, need_id, keys=keys, by=actor, now=now)
    tag(response, tagged)
    return shown


@router.post("/needs/{need_id}/contact", responses=problems(NotFound, usecases.ProfileErased))
async def unmask_contact(
    need_id: UUID,
    wish: contracts.UnmaskIn,
    session: Session,
    actor: Unmasker,
    keys: KeyRing,
    response: Response,
) -> contracts.PlainContact:
    """The contact in clear; who asked and why goes to the audit log."""
    response.headers["Cache-Control"] = "no-store"
    return await usecases.unmask(session, need_id, wish.reason, keys=keys, by=actor)


@router.post("/needs/by-phone", responses=problems(WrongPhone))
async def find_by_phone(
    wish: contracts.PhoneQuery, session: Session, actor: Finder, keys: KeyRing
) -> list[contracts.ListedNeed]:
    """Needs under a telephone number, newest first, at most 20."""
    rows = await usecases.find_by_phone(session, wish.phone, keys=keys, by=actor, limit=FOUND)
    return [contracts.ListedNeed.model_validate(row) for row in rows]
