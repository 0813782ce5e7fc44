"""Challenges and complaints over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts import procurement_challenges as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import (
    Conflict,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Text,
    problems,
)
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from procurement.domain import challenges as rules
from procurement.domain.clocks import TooLate
from procurement.domain.contracts import AwardContracted, ContractPerformed
from procurement.domain.judging import JudgeInOwnCause, NotAboveTheJudge
from procurement.domain.tenders import TenderCannotMove
from procurement.queries import challenges as queries
from procurement.queries import overdue
from procurement.queries import tenders as tender_queries
from procurement.usecases import challenges as usecases

router = APIRouter(prefix="/v1", tags=["challenges"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TENDER_READ)]
Challenger = Annotated[Actor, needs(Permission.CHALLENGE_WRITE)]
Answerer = Annotated[Actor, needs(Permission.CHALLENGE_DECIDE)]
Complainant = Annotated[Actor, needs(Permission.SUPPLIER_COMPLAINT_WRITE)]
Authority = Annotated[Actor, needs(Permission.SUPPLIER_COMPLAINT_DECIDE)]
_OWN = (NotFound, NotYourOrganisation, PreconditionFailed, PreconditionRequired)
_EDIT = (NotFound, OutOfArea, PreconditionFailed, PreconditionRequired)

_JUDGES = (JudgeInOwnCause, NotAboveTheJudge)


class ChallengeStanding(Conflict):
    """The same supplier has an open challenge about the same thing."""

    slug = "challenge-standing"
    title = Text("已有未办结的质疑", "A challenge is open")
    detail = Text(
        "同一供应商就同一环节已有未办结的质疑；请在其中补充。",
        "The same supplier has an open challenge about this already; add to that one.",
    )


@router.get("/tenders/{tender_id}/challenges", responses=problems(NotFound))
async def list_challenges(
    tender_id: UUID, session: Session, actor: Reader
) -> list[contracts.Challenge]:
    """质疑及答复；提出人不公开 / Challenges with their answers; who raised them is not public."""
    row = await tender_queries.found(session, actor, tender_id)
    return [queries.told(each, row, actor) for each in await queries.of_tender(session, row.id)]


@router.get("/tenders/{tender_id}/complaints", responses=problems(NotFound))
async def list_complaints(
    tender_id: UUID, session: Session, actor: Reader
) -> list[contracts.SupplierComplaint]:
    """投诉及处理决定 / Complaints with their decisions."""
    row = await tender_queries.found(session, actor, tender_id)
    rows = await queries.complaints_of(session, row.id)
    return [queries.told_complaint(each, row, actor) for each in rows]


@router.get("/challenges/overdue", responses=problems(BadPageToken))
async def list_overdue(
    session: Session, actor: Authority, now: Now, after: After = None, limit: Limit = 20
) -> Page[contracts.Overdue]:
    """辖区内逾期未答复的质疑、未决定的投诉 / What is past its deadline in the caller's area."""
    key = key_of(after, date.fromisoformat, UUID)
    start = None if key is None else (key[0], key[1])
    rows = await overdue.page(session, actor, city_day(now), after=start, limit=limit)
    found = page(rows, limit, lambda row: (row.due_on, row.id))
    return Page[contracts.Overdue](items=found["items"], next=found["next"])


@router.post(
    "/tenders/{tender_id}/challenges",
    status_code=201,
    responses=problems(
        *(NotFound, NotYourOrganisation, rules.NotConcerned, rules.ChallengeNotNow),
        *(rules.WrongChallenge, TooLate, ChallengeStanding),
    ),
)
async def challenge(
    tender_id: UUID,
    said: contracts.ChallengeIn,
    session: Session,
    actor: Challenger,
    now: Now,
    response: Response,
) -> contracts.Challenge:
    """供应商质疑，七个工作日内 / Challenge documents, procedure or result."""
    row = await usecases.challenge(session, tender_id, said, by=actor, now=now)
    tag(response, row.version)
    return queries.shown(row)


@router.post(
    "/challenges/{challenge_id}/answer",
    responses=problems(
        *(*_EDIT, rules.ChallengeSettled, rules.WrongChallenge, TenderCannotMove),
        AwardContracted,
    ),
)
async def answer_challenge(
    challenge_id: UUID,
    said: contracts.ChallengeAnswerIn,
    session: Session,
    actor: Answerer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Challenge:
    """答复质疑；成立的重新评审或终止 / Answer; what stands is evaluated anew or ended."""
    row = await usecases.answer(session, challenge_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return queries.shown(row)


@router.post(
    "/challenges/{challenge_id}/withdrawal",
    responses=problems(*_OWN, rules.ChallengeSettled, rules.ComplaintOpen),
)
async def withdraw_challenge(
    challenge_id: UUID,
    session: Session,
    actor: Challenger,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Challenge:
    """撤回质疑 / Take a challenge back."""
    row = await usecases.withdraw(session, challenge_id, version=version, by=actor, now=now)
    tag(response, row.version)
    return queries.shown(row)


@router.post(
    "/challenges/{challenge_id}/complaint",
    status_code=201,
    responses=problems(
        *(NotFound, NotYourOrganisation, rules.ComplaintNotYet, rules.ChallengeSettled, TooLate)
    ),
)
async def complain(
    challenge_id: UUID,
    said: contracts.ComplaintIn,
    session: Session,
    actor: Complainant,
    now: Now,
    response: Response,
) -> contracts.SupplierComplaint:
    """对答复不满或逾期未答复的投诉 / Complain to the authority."""
    row = await usecases.complain(session, challenge_id, said, by=actor, now=now)
    tag(response, row.version)
    return contracts.SupplierComplaint.model_validate(row)


@router.post(
    "/supplier-complaints/{complaint_id}/withdrawal",
    responses=problems(*_OWN, rules.ChallengeSettled),
)
async def withdraw_complaint(
    complaint_id: UUID,
    session: Session,
    actor: Complainant,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.SupplierComplaint:
    """撤回投诉，暂停随之终止 / Take a complaint back; its suspension ends with it."""
    row = await usecases.withdraw_complaint(
        session, complaint_id, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return contracts.SupplierComplaint.model_validate(row)


@router.post(
    "/supplier-complaints/{complaint_id}/suspension",
    responses=problems(*_EDIT, *_JUDGES, rules.ChallengeSettled, rules.WrongChallenge),
)
async def suspend(
    complaint_id: UUID,
    said: contracts.SuspensionIn,
    session: Session,
    actor: Authority,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.SupplierComplaint:
    """暂停采购活动，至多三十日 / Suspend the tender, for thirty days at most."""
    row = await usecases.suspend(session, complaint_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.SupplierComplaint.model_validate(row)


@router.post(
    "/supplier-complaints/{complaint_id}/decision",
    responses=problems(
        *(*_EDIT, rules.ChallengeSettled, rules.WrongChallenge, TenderCannotMove),
        *(*_JUDGES, AwardContracted, ContractPerformed),
    ),
)
async def decide_complaint(
    complaint_id: UUID,
    said: contracts.ComplaintDecisionIn,
    session: Session,
    actor: Authority,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.SupplierComplaint:
    """投诉处理决定 / Decide a complaint."""
    row = await usecases.decide(session, complaint_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.SupplierComplaint.model_validate(row)
