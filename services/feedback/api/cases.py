"""Cases over HTTP: raised by anybody, followed by number, read within area and line."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from common import audit
from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.codes.phone import WrongPhone
from common.contracts import feedback_cases as contracts
from common.contracts.base import Page
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.matching_needs import PhoneQuery
from common.contracts.shapes import DictionaryCode
from common.edge import KeyRing, Now, Session, tag
from common.errors import NotFound, problems
from common.lane_writing import writing
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from common.scope import is_own
from feedback.api.parameters import WGS84, AreaPrefix, CoordType
from feedback.domain.cases import WrongCase
from feedback.queries import cases as queries
from feedback.usecases import case_contacts, case_reading, cases, merging

router = APIRouter(prefix="/v1", tags=["cases"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.COMPLAINT_READ)]
Stranger = Annotated[Actor, needs(Permission.COMPLAINT_READ_PUBLIC)]
Writer = Annotated[Actor, needs(Permission.COMPLAINT_WRITE, late_key=True)]
Asker = Annotated[Actor, needs(Permission.COMPLAINT_WRITE, query=True)]
Unmasker = Annotated[Actor, needs(Permission.COMPLAINT_UNMASK, query=True)]
_RAISING = (OutOfArea, WrongCase, WrongPhone, cases.NotYourChannel, NoRule, RuleNotSet)


@router.get("/cases", responses=problems(BadPageToken))
async def list_cases(
    session: Session,
    actor: Reader,
    now: Now,
    area: AreaPrefix = None,
    status: CaseStatus | None = None,
    kind: CaseKind | None = None,
    category: Annotated[DictionaryCode | None, Query()] = None,
    body_id: UUID | None = None,
    number: Annotated[str | None, Query(max_length=40)] = None,
    open: Annotated[bool | None, Query(description="未办结 / not ended")] = None,  # noqa: A002 - the word of the wire
    overdue: Annotated[bool, Query(description="已超期且未办结 / overdue, not ended")] = False,
    uncontacted: Annotated[
        bool, Query(description="逾期未先行联系 / first contact is late, not made")
    ] = False,
    boundary: Annotated[
        bool, Query(description="待认定是否移交 / waits for a decision whether to hand it over")
    ] = False,
    send_back: Annotated[bool, Query(description="退单待批 / a send-back waits")] = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.ListedCase]:
    """Cases of the caller's area and line, of the body, or the resident's own."""
    filters = queries.Filters(
        status=status,
        kind=kind,
        category=category,
        body_id=body_id,
        number=number,
        area=area,
        is_open=open,
        is_overdue=overdue,
        is_undecided=boundary,
        is_send_back_asked=send_back,
        contact_due_by=now if uncontacted else None,
    )
    rows = await queries.page(session, actor, filters, after=key_of(after, str, UUID), limit=limit)
    found = page(rows, limit, lambda row: (row.area_code, row.id))
    return Page[contracts.ListedCase].model_validate(found)


@router.post("/cases", status_code=201, responses=problems(*_RAISING))
async def raise_case(
    wish: contracts.CaseIn,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
    response: Response,
    coordtype: CoordType = WGS84,
) -> contracts.CaseFile:
    """Complain, suggest, ask for help or ask a question; the answer carries number and deadline."""
    row, body = await cases.raise_case(
        session, wish, keys=keys, system=coordtype, by=actor, now=now
    )
    response.headers["Location"] = f"cases/{row.id}"
    tag(response, row.version)
    return queries.shown(row, body, wish.words, now)


LANE: Final = writing(router, "/v1/cases")


@router.post("/cases/similar", responses=problems(WrongCase, NoRule, RuleNotSet))
async def find_similar(
    wish: contracts.CaseIn,
    session: Session,
    actor: Asker,
    keys: KeyRing,
    now: Now,
    coordtype: CoordType = WGS84,
) -> list[contracts.Likeness]:
    """What a case that is about to be raised may be the same as; nothing is kept."""
    return await merging.before_raising(
        session, wish, keys=keys, system=coordtype, by=actor, now=now
    )


@router.post("/cases/by-phone", responses=problems(WrongPhone))
async def find_by_phone(
    wanted: PhoneQuery, session: Session, actor: Unmasker, keys: KeyRing, limit: Limit = 20
) -> list[contracts.ListedCase]:
    """Cases under a telephone number, newest first; the look-up is audited with what it found.

    仅受理台 / For desks alone: whose number a case bears tells who raised it.
    """
    rows = await case_contacts.find_by_phone(
        session, wanted.phone, keys=keys, by=actor, limit=limit
    )
    return [contracts.ListedCase.model_validate(row) for row in rows]


@router.get("/public-cases/{number}", responses=problems(NotFound))
async def read_public_case(
    session: Session,
    actor: Stranger,
    number: Annotated[str, Path(min_length=8, max_length=40)],
) -> contracts.PublicCase:
    """What anybody who was told a number may know: where it stands, who answers, until when."""
    _ = actor
    return await case_reading.public(session, number)


@router.get("/cases/{case_id}", responses=problems(NotFound))
async def read_case(
    session: Session, actor: Reader, keys: KeyRing, now: Now, response: Response, case_id: UUID
) -> contracts.CaseFile:
    """One case with its words; that others read it is written down.

    已并入的工单附上所并入工单的进展与答复。Of a case that was merged, also how the case stands that
    goes on for it, and its answer.
    """
    row = await queries.found(session, queries.visible(actor), case_id)
    if not is_own(actor, row.resident):
        target = ("case", case_id)
        audit.note_read(session, actor, action="case.read", target=target, area=row.area_code)
    tag(response, row.version)
    return await case_reading.file(session, row, keys=keys, now=now)


@router.get("/cases/{case_id}/steps", responses=problems(NotFound))
async def list_steps(
    session: Session, actor: Reader, keys: KeyRing, case_id: UUID
) -> list[contracts.CaseStep]:
    """Everything that happened; a resident reads what was meant for them."""
    return await case_reading.history(session, case_id, keys=keys, by=actor)


@router.get("/cases/{case_id}/deadline", responses=problems(NotFound))
async def explain_deadline(session: Session, actor: Reader, case_id: UUID) -> contracts.Deadline:
    """The present deadline day by day, and how it came about."""
    return await case_reading.deadline(session, case_id, by=actor)


@router.get("/cases/{case_id}/contact", responses=problems(NotFound))
async def read_contact(
    session: Session, actor: Reader, keys: KeyRing, case_id: UUID
) -> contracts.PlainCaseContact:
    """The contact behind stars."""
    return await case_contacts.masked(session, case_id, keys=keys, by=actor)


@router.post("/cases/{case_id}/contact", responses=problems(NotFound))
async def unmask_contact(
    case_id: UUID, why: contracts.Unmask, session: Session, actor: Unmasker, keys: KeyRing
) -> contracts.PlainCaseContact:
    """The contact in clear, for a reason that is written down."""
    return await case_contacts.unmask(session, case_id, why.reason, keys=keys, by=actor)
