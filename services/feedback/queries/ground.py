"""What every decision stands on: the rules in force and the calendar as far as it is known.

Both change seldom and are asked for with each case, so a process keeps what it has read and asks
only for their edition, which triggers renew with each change.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar import Calendar
from common.clock import city_day
from common.rules import RulesInForce, RuleTable
from common.rules_table import rule_table
from common.stamped import Stamped
from common.straight import rows
from common.working_days import calendar_of
from feedback.queries.calendar import in_force


@dataclass(frozen=True, slots=True)
class Ground:
    """Rules of all times and places, and the working days."""

    table: RuleTable
    calendar: Calendar

    def at(self, area_code: str, now: datetime) -> RulesInForce:
        """The rules as they hold now where a case is."""
        return self.table.at(city_day(now), area_code)


EDITION: Final = "(SELECT edition FROM ground_edition)"
_ASKED: Final = f"SELECT {EDITION}"


async def ground(session: AsyncSession) -> Ground:
    """The present ground; read anew only when a rule or a notice has changed."""
    [row] = await rows(session, _ASKED)
    return await standing_at(session, row[0])


async def standing_at(session: AsyncSession, edition: UUID) -> Ground:
    """The ground of an edition that was just read."""
    return await _GROUND.at(session, (edition,))


async def _read(session: AsyncSession) -> Ground:
    return Ground(await rule_table(session), await calendar(session))


_GROUND: Final = Stamped(_read)


async def calendar(session: AsyncSession) -> Calendar:
    """The notices of this release, and those loaded here on top of them, unless withdrawn."""
    return calendar_of(await in_force(session))
