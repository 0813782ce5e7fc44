"""The working-day calendar over HTTP: what it knows, deadlines explained, notices loaded."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered, WrongNotice
from common.contracts import feedback_calendar as contracts
from common.contracts.feedback_proposals import WithdrawalIn
from common.contracts.written import IN_DIGITS
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from feedback.queries.calendar import notices
from feedback.queries.ground import calendar
from feedback.usecases import calendar as usecases
from feedback.usecases.case_reading import day

router = APIRouter(prefix="/v1/calendar", tags=["calendar"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CALENDAR_READ)]
Loader = Annotated[Actor, needs(Permission.CALENDAR_WRITE)]


@router.get("")
async def read_calendar(session: Session, _: Reader) -> contracts.CalendarState:
    """From when to when working days are known, and by which notices."""
    known = await calendar(session)
    loaded = [contracts.NoticeLoaded.model_validate(row) for row in await notices(session)]
    return contracts.CalendarState(
        first=known.first,
        horizon=known.horizon,
        notices=[notice.title for notice in known.notices],
        loaded=loaded,
    )


@router.get("/deadline", responses=problems(NotCovered))
async def explain_deadline(
    session: Session,
    _: Reader,
    start: Annotated[
        date, Query(description="起算日，不计当日 / not counted", le=date(2100, 12, 31))
    ],
    days: Annotated[int, Query(ge=1, le=250, description="工作日数 / working days"), IN_DIGITS],
) -> contracts.WorkingDeadline:
    """The last of so many working days after a day, explained day by day."""
    deadline = (await calendar(session)).add_working_days(start, days)
    return contracts.WorkingDeadline(
        start=start,
        days=days,
        on=deadline.on,
        is_provisional=deadline.provisional,
        steps=[day(step) for step in deadline.steps],
    )


@router.post(
    "/notices", status_code=201, responses=problems(WrongNotice, usecases.NoticeLoadedAlready)
)
async def load_notice(
    wish: contracts.NoticeIn, session: Session, actor: Loader, now: Now, response: Response
) -> contracts.NoticeLoaded:
    """载入节假日安排 / Load a notice with its source; deadlines that it moves are set anew.

    载入一次，四项服务共知。Loaded once, all four services are told.
    """
    row = await usecases.load(session, wish, by=actor, now=now)
    tag(response, row.version)
    return contracts.NoticeLoaded.model_validate(row)


@router.post(
    "/notices/{notice_id}/withdrawal",
    responses=problems(
        *(NotFound, PreconditionFailed, PreconditionRequired), usecases.NoticeWithdrawn
    ),
)
async def withdraw_notice(
    notice_id: UUID,
    said: WithdrawalIn,
    session: Session,
    actor: Loader,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.NoticeLoaded:
    """撤回节假日安排 / Take a notice back; deadlines are set anew without it.

    更正：先撤回，再载入更正后的安排。To correct one, withdraw it and load the corrected one.
    """
    row = await usecases.withdraw(session, notice_id, said, version=version, by=actor, now=now)
    tag(response, row.version)
    return contracts.NoticeLoaded.model_validate(row)
