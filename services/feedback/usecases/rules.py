"""The rules of this service for a use case: those of one object, not the whole table."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.rules import RulesInForce, RuleTable
from common.rules_table import Wanted
from common.rules_table import rules as rule_rows

_MOST: Final = 1_000  # rows of one object over all places


async def rules_about(session: AsyncSession, object_: str, now: datetime) -> RuleTable:
    """What holds today for an object, such as `rating`, in any place."""
    wanted = Wanted(on=city_day(now), object=object_)
    return RuleTable(row.as_value for row in await rule_rows(session, wanted, limit=_MOST))


async def rules_of(
    session: AsyncSession, object_: str, area_code: str, now: datetime
) -> RulesInForce:
    """What holds today for an object at a place."""
    return (await rules_about(session, object_, now)).at(city_day(now), area_code)
