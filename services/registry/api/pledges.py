"""Pledges over HTTP: leads for those who work on them, what is pledged for everybody."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import pledges as contracts
from common.contracts.registry.pledges import PledgeStatus
from common.crypto import masking
from common.crypto.fields import FieldCipher
from common.edge import Cipher, IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.pledges import (
    PledgeCannotMove,
    PledgeEnded,
    PledgeIncomplete,
    VerifiedStays,
    WrongPledge,
)
from registry.queries import pledges as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import pledges as usecases

router = APIRouter(prefix="/v1", tags=["pledges"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PLEDGE_READ)]
LeadReader = Annotated[Actor, needs(Permission.LEAD_READ)]
Recorder = Annotated[Actor, needs(Permission.LEAD_WRITE)]
Pledger = Annotated[Actor, needs(Permission.PLEDGE_WRITE)]
Verifier = Annotated[Actor, needs(Permission.PLEDGE_VERIFY)]
Unmasker = Annotated[Actor, needs(Permission.LEAD_UNMASK)]
_REACH = (OutOfArea, NotYourOrganisation)
_INPUT = (WrongPledge, UnknownWord, UnknownArea, UnknownReference)
_EDIT = (NotFound, PreconditionFailed, PreconditionRequired)
_STEP = problems(*_EDIT, *_REACH, PledgeCannotMove, PledgeIncomplete, UnknownReference)
Organisation = Annotated[UUID | None, Query(description="认领单位 / who pledges")]
NeedOf = Annotated[UUID | None, Query(description="所回应的共性需求 / the need it answers")]


@router.get("/pledges", responses=problems(BadPageToken))
async def list_pledges(
    session: Session,
    _: Reader,
    area: AreaPrefix = None,
    resource_kind: contracts.ResourceKind | None = None,
    organisation_id: Organisation = None,
    collective_need_id: NeedOf = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Pledge]:
    """What bodies around the corner have pledged or delivered, by area code."""
    wanted = queries.Filters(area, resource_kind, None, organisation_id, collective_need_id)
    rows = await queries.page(session, queries.PUBLIC, wanted, after=key(after, None), limit=limit)
    items = [contracts.Pledge.model_validate(row) for row in rows]
    return Page[contracts.Pledge](**page(items, limit, lambda each: (each.area_code, each.id)))


@router.get("/pledges/{pledge_id}", responses=problems(NotFound))
async def read_pledge(
    session: Session, _: Reader, response: Response, pledge_id: UUID
) -> contracts.Pledge:
    """One pledge; what is still a lead is not shown here."""
    row = await queries.found(session, queries.PUBLIC, pledge_id)
    tag(response, row.version)
    return contracts.Pledge.model_validate(row)


@router.get("/leads", responses=problems(BadPageToken))
async def list_leads(
    session: Session,
    actor: LeadReader,
    cipher: Cipher,
    area: AreaPrefix = None,
    resource_kind: contracts.ResourceKind | None = None,
    status: PledgeStatus | None = None,
    organisation_id: Organisation = None,
    collective_need_id: NeedOf = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Lead]:
    """Leads and pledges of the caller's area or organisation, contacts masked."""
    wanted = queries.Filters(area, resource_kind, status, organisation_id, collective_need_id)
    rows = await queries.page(
        session, queries.own(actor), wanted, after=key(after, None), limit=limit
    )
    items = [_lead(row, cipher) for row in rows]
    return Page[contracts.Lead](**page(items, limit, lambda each: (each.area_code, each.id)))


@router.get("/leads/{pledge_id}", responses=problems(NotFound))
async def read_lead(
    session: Session, actor: LeadReader, cipher: Cipher, response: Response, pledge_id: UUID
) -> contracts.Lead:
    """One lead of the caller's area or organisation, its contact masked."""
    row = await queries.found(session, queries.own(actor), pledge_id)
    tag(response, row.version)
    return _lead(row, cipher)


@router.post("/leads", status_code=201, responses=problems(*_REACH, *_INPUT))
async def add_lead(
    lead: contracts.LeadIn,
    session: Session,
    actor: Recorder,
    cipher: Cipher,
    now: Now,
    response: Response,
) -> contracts.Lead:
    """Record what a body may share: staff in their area, a body for itself."""
    row = await usecases.add_lead(session, lead, cipher=cipher, by=actor, now=now)
    response.headers["Location"] = f"leads/{row.id}"
    return await _answer(session, response, row.id, cipher)


@router.patch(
    "/leads/{pledge_id}",
    responses=problems(*(*_EDIT, *_REACH, *_INPUT, PledgeEnded, PledgeIncomplete, VerifiedStays)),
)
async def edit_lead(
    pledge_id: UUID,
    patch: contracts.LeadPatch,
    session: Session,
    actor: Recorder,
    cipher: Cipher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Lead:
    """Change a lead or a pledge that has not ended; what is verified is changed by the street."""
    await usecases.edit_lead(
        session, pledge_id, patch, version=version, cipher=cipher, by=actor, now=now
    )
    return await _answer(session, response, pledge_id, cipher)


@router.post("/leads/{pledge_id}/verification", responses=_STEP)
async def verify_lead(
    pledge_id: UUID,
    session: Session,
    actor: Verifier,
    cipher: Cipher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Lead:
    """The street has checked that body and resource exist; the body is registered by now."""
    step = PledgeStatus.VERIFIED
    await usecases.move(session, pledge_id, step, version=version, by=actor, now=now)
    return await _answer(session, response, pledge_id, cipher)


@router.post("/leads/{pledge_id}/pledge", responses=_STEP)
async def pledge(
    pledge_id: UUID,
    session: Session,
    actor: Pledger,
    cipher: Cipher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Lead:
    """The body promises it for certain days, by itself or through the street; it is public now."""
    step = PledgeStatus.PLEDGED
    await usecases.move(session, pledge_id, step, version=version, by=actor, now=now)
    return await _answer(session, response, pledge_id, cipher)


@router.post("/leads/{pledge_id}/delivery", responses=_STEP)
async def confirm_delivery(
    pledge_id: UUID,
    delivery: contracts.Delivery,
    session: Session,
    actor: Verifier,
    cipher: Cipher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Lead:
    """The street confirms what was delivered; the contact is forgotten."""
    said = {"delivery_note": delivery.note}
    step = PledgeStatus.DELIVERED
    await usecases.move(session, pledge_id, step, version=version, by=actor, now=now, said=said)
    return await _answer(session, response, pledge_id, cipher)


@router.post("/leads/{pledge_id}/drop", responses=_STEP)
async def drop_lead(
    pledge_id: UUID,
    dropping: contracts.Dropping,
    session: Session,
    actor: Verifier,
    cipher: Cipher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Lead:
    """Nothing comes of it: why, and the contact is forgotten."""
    said = {"drop_reason": dropping.reason}
    step = PledgeStatus.DROPPED
    await usecases.move(session, pledge_id, step, version=version, by=actor, now=now, said=said)
    return await _answer(session, response, pledge_id, cipher)


@router.post("/leads/{pledge_id}/contact", responses=problems(NotFound, OutOfArea, OutOfLine))
async def read_contact(
    pledge_id: UUID,
    unmasking: contracts.Unmasking,
    session: Session,
    actor: Unmasker,
    cipher: Cipher,
) -> contracts.Contact:
    """Whom to call, in clear, for a reason that the audit log keeps."""
    return await usecases.read_contact(
        session, pledge_id, reason=unmasking.reason, cipher=cipher, by=actor
    )


async def _answer(
    session: Session, response: Response, pledge_id: UUID, cipher: FieldCipher
) -> contracts.Lead:
    await session.flush()
    row = await queries.found(session, queries.P.id == pledge_id, pledge_id)
    tag(response, row.version)
    return _lead(row, cipher)


def _lead(row: Any, cipher: FieldCipher) -> contracts.Lead:
    """A row as a lead, its contact opened only to be masked."""
    name, phone = (usecases.opened(cipher, column, row) for column in usecases.CONTACT)
    masked = {
        "contact_name": name and masking.name(name),
        "contact_phone": phone and masking.phone(phone),
    }
    return contracts.Lead.model_validate({**row._asdict(), **masked})
