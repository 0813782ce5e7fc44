"""Loading a notice of holidays with its source; deadlines follow it in the background."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.calendar import WrongNotice
from common.contracts.feedback_calendar import NoticeIn
from common.errors import Conflict, Text
from common.records import made
from feedback import tables
from feedback.queries.ground import as_value

LONGEST: Final = 31  # days of one holiday


class NoticeLoadedAlready(Conflict):
    """A source is loaded once."""

    slug = "notice-loaded-already"
    title = Text("该安排已载入", "The notice is loaded already")
    detail = Text("此出处的节假日安排已载入。", "A notice of this source is loaded already.")


async def load(
    session: AsyncSession, wish: NoticeIn, *, by: Actor, now: datetime
) -> tables.CalendarNotice:
    """Keep a notice; a yearly one replaces what was known of its year. Raises `WrongNotice`."""
    holidays = [each.model_dump(mode="json") for each in wish.holidays]
    working = sorted(set(wish.working))
    row = tables.CalendarNotice(
        title=wish.title,
        year=wish.year,
        document=wish.document,
        issued_on=wish.issued_on,
        source=wish.source,
        arranged={"holidays": holidays, "working": [str(day) for day in working]},
        first_on=min([each.first for each in wish.holidays] + working),
        **made(by, now),
    )
    if any((each.last - each.first).days > LONGEST for each in wish.holidays):
        raise WrongNotice("一段放假不会超过一个月。", "No holiday lasts more than a month.")
    as_value(row)
    session.add(row)
    await session.flush()
    audit.note(
        session,
        by,
        action="calendar.load",
        target=("calendar_notice", row.id),
        after={"title": row.title, "year": row.year, "source": row.source},
    )
    return row
