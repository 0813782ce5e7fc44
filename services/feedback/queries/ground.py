"""What every decision stands on: the rules in force and the calendar as far as it is known.

Both change seldom and are asked for with each case, so a process keeps what it has read and asks
only whether anything has changed since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar import Calendar, Holiday, Notice
from common.calendar.official import official_calendar
from common.clock import city_day
from common.rules import RulesInForce, RuleTable
from common.rules_table import rule_table
from common.stamped import Stamp, Stamped
from common.straight import rows
from feedback.tables import CalendarNotice


@dataclass(frozen=True, slots=True)
class Ground:
    """Rules of all times and places, and the working days."""

    table: RuleTable
    calendar: Calendar

    def at(self, area_code: str, now: datetime) -> RulesInForce:
        """The rules as they hold now where a case is."""
        return self.table.at(city_day(now), area_code)


# What changes with every rule and notice; rows of neither are ever deleted.
STAMP: Final = (
    "(SELECT count(*) FROM rule), (SELECT max(updated_at) FROM rule),"
    " (SELECT count(*) FROM calendar_notice), (SELECT max(updated_at) FROM calendar_notice)"
)
_STAMP: Final = f"SELECT {STAMP}"


async def ground(session: AsyncSession) -> Ground:
    """The present ground; read anew only when a rule or a notice has changed."""
    [stamp] = await rows(session, _STAMP)
    return await standing_at(session, tuple(stamp))


async def standing_at(session: AsyncSession, stamp: Stamp) -> Ground:
    """The ground of a stamp that was just read."""
    return await _GROUND.at(session, stamp)


async def _read(session: AsyncSession) -> Ground:
    return Ground(await rule_table(session), await calendar(session))


_GROUND: Final = Stamped(_read)


async def calendar(session: AsyncSession) -> Calendar:
    """The notices of this release, and those loaded here on top of them, as loaded."""
    found = official_calendar()
    for row in await notices(session):
        found = found.with_notice(as_value(row))
    return found


async def notices(session: AsyncSession) -> Sequence[CalendarNotice]:
    """The notices that were loaded here, in order."""
    return (await session.scalars(select(CalendarNotice).order_by(CalendarNotice.id))).all()


async def not_recounted(session: AsyncSession) -> CalendarNotice | None:
    """A notice by which deadlines are still to be set anew; another process may have it locked."""
    row: CalendarNotice | None = await session.scalar(
        select(CalendarNotice)
        .where(CalendarNotice.recounted_at.is_(None))
        .order_by(CalendarNotice.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return row


def as_value(row: CalendarNotice) -> Notice:
    """A loaded notice as the calendar takes it."""
    holidays = tuple(
        Holiday(each["name"], date.fromisoformat(each["first"]), date.fromisoformat(each["last"]))
        for each in row.arranged["holidays"]
    )
    working = frozenset(map(date.fromisoformat, row.arranged["working"]))
    return Notice(row.title, holidays, working, row.year, row.document, row.issued_on)
