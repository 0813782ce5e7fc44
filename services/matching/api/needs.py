"""Needs over HTTP: raised by residents and staff, worked on within area and line."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common import audit
from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.codes.phone import WrongPhone
from common.contracts import matching_needs as contracts
from common.contracts.base import Page
from common.contracts.matching import NeedStatus
from common.contracts.shapes import DictionaryCode
from common.contracts.vocabulary import UrgencyTier
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.scope import under
from matching.api.parameters import WGS84, AreaPrefix, CoordType
from matching.domain.needs import NeedCannotMove, ReferralUnderWay, WrongNeed
from matching.queries import needs as queries
from matching.usecases import needs as usecases

router = APIRouter(prefix="/v1", tags=["needs"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.NEED_READ)]
Writer = Annotated[Actor, needs(Permission.NEED_WRITE)]
Closer = Annotated[Actor, needs(Permission.NEED_CLOSE)]
_EDITING = (NotFound, PreconditionFailed, PreconditionRequired)


@router.get("/needs", responses=problems(BadPageToken))
async def list_needs(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    status: NeedStatus | None = None,
    category: Annotated[DictionaryCode | None, Query()] = None,
    urgency: UrgencyTier | None = None,
    number: Annotated[str | None, Query(max_length=40)] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.ListedNeed]:
    """Needs within the caller's area and line, or the resident's own."""
    filters = queries.Filters(status=status, category=category, urgency=urgency, number=number)
    rows = await queries.page(
        session,
        actor,
        filters,
        area=None if area is None else under(queries.N.area_code, area),
        after=key_of(after, str, UUID),
        limit=limit,
    )
    found = page(rows, limit, lambda row: (row.area_code, row.id))
    return Page[contracts.ListedNeed].model_validate(found)


@router.get("/needs/{need_id}", responses=problems(NotFound))
async def read_need(
    session: Session, actor: Reader, keys: KeyRing, response: Response, need_id: UUID
) -> contracts.NeedCase:
    """One need with its words and wishes; that staff read it is written down."""
    row = await queries.found(session, actor, need_id)
    audit.note_read(
        session, actor, action="need.read", target=("need", need_id), area=row.area_code
    )
    tag(response, row.version)
    return queries.case(row, usecases.opened_words(keys, row))


@router.post("/needs", status_code=201, responses=problems(OutOfArea, WrongNeed, WrongPhone))
async def raise_need(
    wish: contracts.NeedIn,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.NeedCase:
    """Raise a need; the answer carries the number to tell the resident."""
    row = await usecases.raise_need(session, wish, keys=keys, system=coordtype, by=actor, now=now)
    response.headers["Location"] = f"needs/{row.id}"
    tag(response, row.version)
    return queries.case(row, wish.words)


@router.patch(
    "/needs/{need_id}", responses=problems(*_EDITING, OutOfArea, WrongNeed, usecases.NeedEnded)
)
async def edit_need(
    need_id: UUID,
    patch: contracts.NeedPatch,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.NeedCase:
    """Change words, wishes or place; an absent field stays."""
    row = await usecases.edit_need(
        session,
        need_id,
        patch,
        version=version,
        keys=keys,
        system=coordtype,
        by=actor,
        now=now,
    )
    tag(response, row.version)
    return queries.case(row, usecases.opened_words(keys, row))


@router.post(
    "/needs/{need_id}/status",
    responses=problems(*_EDITING, WrongNeed, NeedCannotMove, ReferralUnderWay),
)
async def move_need(
    need_id: UUID,
    move: contracts.NeedMove,
    session: Session,
    actor: Closer,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.NeedCase:
    """Close, withdraw, declare unmet with its reason, or open again what was unmet.

    已转介的需求随转介结束而重新开放。/ A referred need opens again when its referral ends.
    Who is entitled is never unmet: the need stays open, and its department is told that it owes.
    """
    row = await usecases.move_need(session, need_id, move, version=version, by=actor, now=now)
    tag(response, row.version)
    return queries.case(row, usecases.opened_words(keys, row))
