"""The working-day calendar over HTTP: what it knows, deadlines explained, notices loaded."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import NotCovered, WrongNotice
from common.contracts import feedback_calendar as contracts
from common.edge import Now, Session
from common.errors import problems
from common.route import TransactionRoute
from feedback.queries.ground import calendar, notices
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
    days: Annotated[int, Query(ge=1, le=250, description="工作日数 / working days")],
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
    wish: contracts.NoticeIn, session: Session, actor: Loader, now: Now
) -> contracts.NoticeLoaded:
    """Load a notice with its source; deadlines that it moves are set anew, with history."""
    row = await usecases.load(session, wish, by=actor, now=now)
    return contracts.NoticeLoaded.model_validate(row)
