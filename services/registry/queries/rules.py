"""The registry's own rules as they hold on a day at a place."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from common.rules import RulesInForce, RuleTable, short_jurisdiction
from common.rules_table import Wanted
from common.rules_table import rules as rows

_MOST = 200  # rules about one object


async def in_force(session: AsyncSession, about: str, *, area_code: str, on: date) -> RulesInForce:
    """The rules about one object; the most specific place wins when one is asked for."""
    place = short_jurisdiction(area_code)
    wanted = Wanted(on=on, jurisdiction=place, object=about)
    found = await rows(session, wanted, limit=_MOST)
    return RuleTable(row.as_value for row in found).at(on, place)
