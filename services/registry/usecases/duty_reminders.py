"""Reminders of duty: the city is looked over, and who keeps rosters is told where one is short."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.registry.duties import DutyGap
from common.ids import uuid7
from common.turns import has_turn
from registry.queries import duty_reminders as queries
from registry.queries import rules
from registry.usecases.duty_answers import gaps_of

AHEAD: Final = "duty.reminder_days"
_EVERYWHERE: Final = ""


async def remind(session: AsyncSession, *, now: datetime) -> int:
    """Raise, renew and settle reminders of all venues that keep rosters; how many are open."""
    if not await has_turn(session, "duty_reminder"):
        return 0  # another process looks
    today = city_day(now)
    table = await rules.about(session, "duty", on=today)
    known = await queries.rostered(session)
    found: list[DutyGap] = []
    for days in {rule.number for rule in table.of_code(AHEAD)}:  # one, unless a place sets its own
        ahead = await gaps_of(session, _EVERYWHERE, today, today + timedelta(days=days))
        found += [gap for gap in ahead if table.at(today, gap.area_code).rule(AHEAD).number == days]
    rows = [
        {
            "venue_id": gap.venue_id,
            "id": uuid7(),
            "area_code": gap.area_code,
            "first_gap_at": gap.stretches[0].starts_at,
            "uncovered_minutes": gap.uncovered_minutes,
            "raised_at": now,
        }
        for gap in found
        if gap.venue_id in known
    ]
    await queries.renew(session, rows, now=now)
    return len(rows)
