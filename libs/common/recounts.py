"""What a changed calendar leaves to do: deadlines to be set anew, one row a change, in order.

A service that stores deadlines declares `class Recount(RecountColumns, Base)`. How far it got
stands in the row, so that a killed process loses nothing and repeats nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from common import mirrors
from common.contracts.feedback_calendar import CalendarNotice
from common.contracts.feeds import Kind
from common.feed.client import Change
from common.ids import uuid7
from common.working_days import first_day

KNOWN_TO_ALL: Final = timedelta(seconds=15)  # every process has looked at its database by then

WAITS: Final = "SELECT EXISTS (SELECT FROM calendar_recount WHERE done_at IS NULL)"
_ADD: Final = text(
    "INSERT INTO calendar_recount (id, title, first_on, told_at)"
    " VALUES (:id, :title, :first_on, :told_at)"
)
_NEXT: Final = text(
    "SELECT id, title, first_on, up_to FROM calendar_recount"
    " WHERE done_at IS NULL AND told_at <= :told_by ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_GONE_ON: Final = text(
    "UPDATE calendar_recount SET up_to = :up_to, done_at = :done_at WHERE id = :id"
)


class RecountColumns:
    """One change of the calendar, and how far deadlines were set anew by it."""

    __tablename__ = "calendar_recount"
    __table_args__: Any = ({"comment": "工作日历变动后待重算的期限：一次变动一行"},)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str] = mapped_column(comment="所据文件名称")
    first_on: Mapped[date] = mapped_column(comment="最早涉及的日期")
    told_at: Mapped[datetime] = mapped_column(comment="得知时间")
    up_to: Mapped[UUID | None] = mapped_column(Uuid, comment="重算进行到的记录")
    done_at: Mapped[datetime | None] = mapped_column(comment="重算完毕时间")


class Recounting(NamedTuple):
    """A change whose deadlines are to be set anew."""

    id: UUID
    title: str
    first_on: date
    up_to: UUID | None


async def later(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Effect of the feed of notices, before they are mirrored: what has changed is to be counted.

    A notice that is met again as it was (after a 410, say) changes nothing.
    """
    last = {change.id: change.data for change in changes}
    before = await mirrors.many(session, Kind.CALENDAR_NOTICE, list(last))
    for notice_id, state in last.items():
        was = before.get(notice_id)
        versions = [CalendarNotice.model_validate(each) for each in (was, state) if each]
        if was == state or not versions:
            continue
        row = {
            "id": uuid7(),
            "title": versions[-1].title,
            "first_on": min(map(first_day, versions)),
            "told_at": now,
        }
        await session.execute(_ADD, row)


async def next_one(session: AsyncSession, *, now: datetime) -> Recounting | None:
    """The oldest change that every process knows by now, locked; None when another has it."""
    row = (await session.execute(_NEXT, {"told_by": now - KNOWN_TO_ALL})).one_or_none()
    return None if row is None else Recounting(*row)


async def gone_on(
    session: AsyncSession, change: Recounting, *, up_to: UUID | None, done_at: datetime | None
) -> None:
    """Keep how far it got."""
    values = {"id": change.id, "up_to": up_to, "done_at": done_at}
    await session.execute(_GONE_ON, values)
