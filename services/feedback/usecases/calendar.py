"""Loading a notice of holidays with its source, and taking it back; deadlines follow soon after."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts.feedback_calendar import NoticeIn
from common.contracts.feedback_proposals import WithdrawalIn
from common.edge import must_match
from common.errors import Conflict, Text
from common.records import made, touch
from common.working_days import as_notice, first_day
from feedback import tables
from feedback.queries import calendar as queries

KIND = "calendar_notice"


class NoticeLoadedAlready(Conflict):
    """A source is loaded once."""

    slug = "notice-loaded-already"
    title = Text("该安排已载入", "The notice is loaded already")
    detail = Text(
        "此出处的节假日安排已载入；如需更正，请先撤回再载入。",
        "A notice of this source is loaded already; to correct it, withdraw it and load it anew.",
    )


class NoticeWithdrawn(Conflict):
    """It counts no more, and is not taken back twice."""

    slug = "notice-withdrawn"
    title = Text("该安排已撤回", "The notice is withdrawn")
    detail = Text("该安排已于 {at} 撤回。", "The notice was withdrawn at {at}.")


async def load(
    session: AsyncSession, wish: NoticeIn, *, by: Actor, now: datetime
) -> tables.CalendarNotice:
    """Keep a notice; a yearly one replaces what was known of its year. Raises `WrongNotice`."""
    as_notice(wish)
    holidays = [each.model_dump(mode="json") for each in wish.holidays]
    row = tables.CalendarNotice(
        title=wish.title,
        year=wish.year,
        document=wish.document,
        issued_on=wish.issued_on,
        source=wish.source,
        arranged={"holidays": holidays, "working": [str(day) for day in sorted({*wish.working})]},
        first_on=first_day(wish),
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="calendar.load",
        target=(KIND, row.id),
        after={"title": row.title, "year": row.year, "source": row.source},
    )
    return row


async def withdraw(
    session: AsyncSession,
    notice_id: UUID,
    said: WithdrawalIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.CalendarNotice:
    """Take a notice back, with a reason: days are counted without it, deadlines set anew."""
    row = await queries.locked(session, notice_id)
    must_match(row.version, version)
    if row.withdrawn_at is not None:
        raise NoticeWithdrawn(at=row.withdrawn_at)
    row.withdrawn_at, row.withdrawal_reason = now, said.reason
    row.recounted_at = row.recounted_up_to = None
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="calendar.withdraw",
        target=(KIND, row.id),
        before={"title": row.title, "year": row.year, "source": row.source},
        reason=said.reason,
    )
    return row
