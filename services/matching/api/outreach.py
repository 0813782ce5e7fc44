"""Outreach over HTTP: consent by the resident, a search by the desk, the answer by the resident."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.auth.pseudonym import Purpose
from common.contracts import matching_outreach as contracts
from common.contracts.base import Page
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching import tables
from matching.queries import outreach as queries
from matching.usecases import outreach as usecases

router = APIRouter(prefix="/v1", tags=["outreach"], route_class=TransactionRoute)

Resident = Annotated[Actor, needs(Permission.CONSENT_WRITE)]
Desk = Annotated[Actor, needs(Permission.OUTREACH_RUN)]
Reader = Annotated[Actor, needs(Permission.PROFILE_READ)]


@router.get("/outreach/consent")
async def read_consent(session: Session, actor: Resident) -> contracts.Consent:
    """Whether I want to be told of what I am entitled to."""
    return _consent(await queries.consent(session, actor.alias(Purpose.CASES)))


@router.post("/outreach/consent", status_code=201)
async def give_consent(session: Session, actor: Resident, now: Now) -> contracts.Consent:
    """按本人为自己提出的需求告知 / Tell me of what I am entitled to, by needs raised for myself."""
    row = await usecases.give_consent(session, wanted=True, by=actor, now=now)
    return _consent(row)


@router.post("/outreach/consent/withdrawal")
async def withdraw_consent(session: Session, actor: Resident, now: Now) -> contracts.Consent:
    """Do not look for me any more."""
    row = await usecases.give_consent(session, wanted=False, by=actor, now=now)
    return _consent(row)


@router.post("/outreach/searches", status_code=201)
async def search(
    wish: contracts.OutreachIn, session: Session, actor: Desk, now: Now
) -> contracts.Outreach:
    """政策找人：告知符合条件而未使用者 / Tell the entitled who do not use a service, once each."""
    return await usecases.search(session, wish.category, by=actor, now=now)


@router.get("/outreach/offers", responses=problems(BadPageToken))
async def list_offers(
    session: Session, actor: Reader, after: After = None, limit: Limit = 20
) -> Page[contracts.OutreachOffer]:
    """A resident's own offers; staff see those of their area and line, without the person."""
    rows = await queries.page(session, actor, after=key_of(after, str, UUID), limit=limit)
    items = [contracts.OutreachOffer.model_validate(row) for row in rows]
    return Page[contracts.OutreachOffer](
        **page(items, limit, lambda each: (each.area_code, each.id))
    )


@router.post(
    "/outreach/offers/{offer_id}/answer",
    responses=problems(NotFound, PreconditionFailed, PreconditionRequired, usecases.OfferAnswered),
)
async def answer_offer(
    offer_id: UUID,
    reply: contracts.OfferReply,
    session: Session,
    actor: Resident,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.OutreachOffer:
    """Accept, and a need is raised; or decline. Nobody else answers for a resident."""
    row = await usecases.answer(
        session, offer_id, accept=reply.accept, version=version, keys=keys, by=actor, now=now
    )
    tag(response, row.version)
    return contracts.OutreachOffer.model_validate(row)


def _consent(row: tables.OutreachConsent | None) -> contracts.Consent:
    if row is None:
        return contracts.Consent(given_at=None, withdrawn_at=None)
    return contracts.Consent.model_validate(row)
