"""Supervision over HTTP: roster, desk days, requests, answers, verdicts, the public ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_supervision as contracts
from common.contracts.base import Page
from common.contracts.feedback import Case, CaseStatus
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import Conflict, NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback import tables
from feedback.api.parameters import AreaPrefix
from feedback.domain import supervision as rules
from feedback.queries import voices as queries
from feedback.usecases import supervision as usecases

router = APIRouter(prefix="/v1", tags=["supervision"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.SUPERVISION_READ)]
Deputy = Annotated[Actor, needs(Permission.SUPERVISION_WRITE)]
Answerer = Annotated[Actor, needs(Permission.SUPERVISION_ANSWER)]
Enroller = Annotated[Actor, needs(Permission.DEPUTY_WRITE)]
Observer = Annotated[Actor, needs(Permission.OBSERVATION_READ)]
_EDITING = (NotFound, PreconditionFailed, PreconditionRequired)


@router.get("/deputies", responses=problems(BadPageToken))
async def list_deputies(
    session: Session, _: Reader, area: AreaPrefix = None, after: After = None, limit: Limit = 50
) -> Page[contracts.Deputy]:
    """Who supervises where, and in which term."""
    where = queries.of_area(tables.Deputy.area_code, area)
    rows = await queries.page(session, tables.Deputy, *where, after=id_after(after), limit=limit)
    return Page[contracts.Deputy].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.post("/deputies", status_code=201, responses=problems(OutOfArea, Conflict))
async def enrol_deputy(
    wish: contracts.DeputyIn, session: Session, actor: Enroller, now: Now, response: Response
) -> contracts.Deputy:
    """Put a deputy on the roster of an area for a term."""
    row = await usecases.enrol(session, wish, by=actor, now=now)
    tag(response, row.version)
    return contracts.Deputy.model_validate(row)


@router.post("/deputies/{deputy_id}/end", responses=problems(*_EDITING, OutOfArea, rules.WrongTerm))
async def end_term(
    deputy_id: UUID,
    wish: contracts.TermEnd,
    session: Session,
    actor: Enroller,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Deputy:
    """结束任期 / End a term on a day; it belongs to the term, and from the next on nothing does."""
    row = await usecases.end_term(session, deputy_id, wish, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.Deputy.model_validate(row)


@router.get("/desk-days", responses=problems(BadPageToken))
async def list_desk_days(
    session: Session, _: Reader, area: AreaPrefix = None, after: After = None, limit: Limit = 20
) -> Page[contracts.DeskDay]:
    """When and where deputies receive residents."""
    where = queries.of_area(tables.DeskDay.area_code, area)
    rows = await queries.page(session, tables.DeskDay, *where, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await usecases.shown_days(session, found["items"])
    return Page[contracts.DeskDay](items=items, next=found["next"])


@router.post("/desk-days", status_code=201, responses=problems(OutOfArea, rules.WrongDeskDay))
async def hold_desk_day(
    wish: contracts.DeskDayIn, session: Session, actor: Enroller, now: Now
) -> contracts.DeskDay:
    """Announce a desk day; issues of residents are raised there as cases of channel desk_day."""
    row = await usecases.hold_desk_day(session, wish, by=actor, now=now)
    return (await usecases.shown_days(session, [row]))[0]


@router.get("/supervisions", responses=problems(BadPageToken))
async def list_supervisions(
    session: Session,
    _: Reader,
    now: Now,
    area: AreaPrefix = None,
    overdue: Annotated[bool, Query(description="逾期未答复 / not answered, and late")] = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Supervision]:
    """The public ledger: what deputies asked, what was answered, what they say of it."""
    where = queries.of_area(tables.Supervision.area_code, area)
    if overdue:
        where += queries.unanswered(now)
    rows = await queries.page(
        session, tables.Supervision, *where, after=id_after(after), limit=limit
    )
    found = page(rows, limit, lambda row: (row.id,))
    items = await usecases.shown(session, found["items"], now)
    return Page[contracts.Supervision](items=items, next=found["next"])


@router.get("/supervisions/ledger")
async def read_ledger(session: Session, _: Reader, area: AreaPrefix = None) -> contracts.Ledger:
    """How many requests, how many answered in time, what the deputies say."""
    return await queries.ledger(session, area)


@router.post(
    "/supervisions",
    status_code=201,
    responses=problems(NotFound, NoRule, RuleNotSet, rules.NotOnTheRoster),
)
async def request_supervision(
    wish: contracts.SupervisionIn,
    session: Session,
    actor: Deputy,
    keys: KeyRing,
    now: Now,
    response: Response,
) -> contracts.Supervision:
    """As a deputy: ask a body to account for something, in writing, until a deadline."""
    row = await usecases.request(session, wish, keys=keys, by=actor, now=now)
    tag(response, row.version)
    return (await usecases.shown(session, [row], now))[0]


@router.post(
    "/supervisions/{supervision_id}/answer",
    responses=problems(*_EDITING, OutOfArea, rules.SupervisionCannotMove),
)
async def answer_supervision(
    supervision_id: UUID,
    said: contracts.SupervisionAnswer,
    session: Session,
    actor: Answerer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Supervision:
    """Answer a deputy in writing; the answer is published."""
    row = await usecases.answer(session, supervision_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return (await usecases.shown(session, [row], now))[0]


@router.post(
    "/supervisions/{supervision_id}/verdict",
    responses=problems(
        *_EDITING, rules.NotOnTheRoster, rules.SupervisionCannotMove, rules.WrongVerdict
    ),
)
async def judge_supervision(
    supervision_id: UUID,
    said: contracts.SupervisionVerdict,
    session: Session,
    actor: Deputy,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Supervision:
    """As the deputy who asked: say what the answer is worth."""
    row = await usecases.judge(session, supervision_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return (await usecases.shown(session, [row], now))[0]


@router.get("/observed-cases", responses=problems(BadPageToken, rules.NotOnTheRoster))
async def observe_cases(
    session: Session,
    actor: Observer,
    now: Now,
    status: CaseStatus | None = None,
    overdue: Annotated[bool, Query(description="已超期且未办结 / overdue, not ended")] = False,
    after: After = None,
    limit: Limit = 20,
) -> Page[Case]:
    """As a deputy on the roster: the cases of the area, without a person, a word or a point.

    须在名册且在任期内，只及所联系的区划。In a term that runs today, and where it is for.
    """
    where = await usecases.observable(session, actor, now)
    rows = await queries.observed(
        session, where, status=status, is_overdue=overdue, after=id_after(after), limit=limit
    )
    return Page[Case].model_validate(page(rows, limit, lambda row: (row.id,)))
